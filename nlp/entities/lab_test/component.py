"""Laboratory items (CCKS type 实验室检验), coded to LOINC where ``warehouse/codes/lab_items.tsv`` knows them.

Chinese names count by themselves; Latin short names (``K``, ``PT``) count beside a value, an arrow or another such item.
An immunohistochemical result (``CEA(+)``) is no laboratory item.
"""

from __future__ import annotations

from functools import cache

from nlp import lexicons
from nlp.component import entity_component
from nlp.entities.lab_test import patterns
from nlp.grammar import Taken
from nlp.model import Label, Mention, Note
from nlp.text import Dictionary, Match
from warehouse import codes

ENGINE = "rule:lab@1"


@cache
def _items() -> Dictionary[bool]:
    """Names to whether they are short Latin ones."""
    rows = lexicons.rows("labs")
    return Dictionary(
        {term: row["class"] == "short" for row in rows for term in row["term"].split(";") if term}, shared=True
    )


def find(note: Note) -> list[Mention]:
    """Laboratory mentions with LOINC code."""
    taken = Taken(note.mentions, (Label.DRUG,))
    matches = (match for match in _items().find(note.norm) if not taken.overlaps(match.start, match.end))
    return [_mention(note, match) for match in matches if _counts(note.norm, match)]


def _counts(norm: str, match: Match[bool]) -> bool:
    if patterns.MARKER_RESULT.match(norm, match.end) or patterns.OTHER_WORD.match(norm, match.end):
        return False
    if not match.payload and match.end - match.start > 1:
        return not patterns.NOT_BEFORE.search(norm[max(0, match.start - 3) : match.start])
    if match.start and norm[match.start - 1] in "abcdefghijklmnopqrstuvwxyz0123456789-/":
        return False
    return bool(patterns.VALUE.match(norm, match.end))


@cache
def _code(name: str) -> str | None:
    row = codes.lookup("lab_items", name)
    return getattr(row, "code", None)


def _mention(note: Note, match: Match[bool]) -> Mention:
    text = note.text[match.start : match.end]
    try:
        code = _code(text)
    except FileNotFoundError:
        code = None
    return Mention(
        match.start, match.end, Label.LAB_TEST, text, engine=ENGINE, code=code, code_system="LOINC" if code else None
    )


component = entity_component("oncorwe_lab_test", find)
