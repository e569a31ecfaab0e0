"""Diseases and diagnoses (CCKS type 疾病和诊断), composed from sites, modifiers and heads."""

from __future__ import annotations

from functools import cache

from nlp import grammar, lexicons
from nlp.component import entity_component
from nlp.entities.disease import patterns
from nlp.model import Label, Mention, Note
from nlp.text import fold

ENGINE = "rule:disease@1"
_CLAIMED = (Label.SURGERY, Label.IMAGING_EXAM, Label.DRUG, Label.LAB_TEST)


@cache
def _not_alone() -> frozenset[str]:
    return frozenset(
        fold(word) for row in lexicons.rows("not_alone") if row["class"] == "disease" for word in row["term"].split(";")
    )


def find(note: Note) -> list[Mention]:
    """Disease mentions outside operations, examinations and drugs."""
    taken = grammar.Taken(note.mentions, _CLAIMED)
    found = []
    for start, end in grammar.search(note, patterns.DISEASE):
        start, end = _bounds(note.norm, *grammar.trimmed(note.norm, start, end))
        if end > start and _counts(note.norm, start, end) and not taken.overlaps(start, end):
            found.append(grammar.mention(note, start, end, Label.DISEASE, ENGINE))
    return found


def _bounds(norm: str, start: int, end: int) -> tuple[int, int]:
    """The span with the stage, bracket or risk class that follows, without what belongs to the next word."""
    if norm[end - 1 : end + 1] == "病史":
        end -= 1
    if norm[start:end].endswith("癌转移"):
        end -= 2
    for source in (patterns.BRACKET, patterns.STAGE, patterns.RISK):
        if match := source.match(norm, end):
            end = match.end()
    return start, end


def _counts(norm: str, start: int, end: int) -> bool:
    if norm[start:end] in _not_alone() or patterns.AMOUNT.match(norm, start, end):
        return False
    if norm[end - 1] == "病" and patterns.GOES_ON.match(norm, end):
        return False
    before = norm[max(0, start - 6) : start]
    if patterns.SECOND.search(before) and patterns.SITELESS.match(norm, start, end):
        return False
    return not patterns.PARTLY_BEFORE.search(before)


component = entity_component("oncorwe_disease", find)
