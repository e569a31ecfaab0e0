"""Diseases and diagnoses (CCKS type 疾病和诊断), composed from sites, modifiers and heads."""

from __future__ import annotations

from nlp import grammar
from nlp.component import entity_component
from nlp.entities.disease import patterns
from nlp.model import Label, Mention, Note

ENGINE = "rule:disease@1"
_CLAIMED = (Label.SURGERY, Label.IMAGING_EXAM, Label.DRUG, Label.LAB_TEST)


def find(note: Note) -> list[Mention]:
    """Disease mentions outside operations, examinations and drugs."""
    taken = grammar.Taken(note.mentions, _CLAIMED)
    found = []
    for start, end in grammar.search(note, patterns.DISEASE):
        start, end = grammar.trimmed(note.norm, start, end)
        if note.norm[end - 1 : end + 1] == "病史":
            end -= 1
        if note.norm[start:end].endswith("癌转移"):
            end -= 2
        if note.norm[start:end] in patterns.NOT_ALONE:
            continue
        if end > start and not taken.overlaps(start, end):
            found.append(grammar.mention(note, start, end, Label.DISEASE, ENGINE))
    return found


component = entity_component("oncorwe_disease", find)
