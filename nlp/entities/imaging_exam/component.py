"""Imaging and functional examinations (CCKS type 影像检查)."""

from __future__ import annotations

from nlp import grammar
from nlp.component import entity_component
from nlp.entities.imaging_exam import patterns
from nlp.model import Label, Mention, Note

ENGINE = "rule:imaging@1"


def find(note: Note) -> list[Mention]:
    """Examination mentions."""
    found = []
    for start, end in grammar.search(note, patterns.EXAM):
        start, end = grammar.trimmed(note.norm, start, end)
        if end - start > 1 and not patterns.STAGE_AFTER.match(note.norm, end):
            found.append(grammar.mention(note, start, end, Label.IMAGING_EXAM, ENGINE))
    return found


component = entity_component("oncorwe_imaging_exam", find)
