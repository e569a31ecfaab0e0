"""Histological types: 低分化腺癌, 浸润性导管癌II级, 肠溃疡型管状腺癌, (直肠)腺癌(中度分化)."""

from __future__ import annotations

import re
from functools import cache

from nlp.component import entity_component
from nlp.entities.histology import patterns
from nlp.entities.histology.model import HistologyValue
from nlp.facts.surface import mention, roman_int, surface
from nlp.model import Label, Mention, Note
from nlp.text import Dictionary

ENGINE = "rule:histology@1"


@cache
def _dictionary() -> Dictionary[str]:
    return Dictionary(patterns.terms(), shared=True)


def find(note: Note) -> list[Mention]:
    """One mention a type, its leading words included."""
    text = surface(note)
    found = []
    for hit in _dictionary().find(text):
        if text[hit.start : hit.end] == "恶性肿瘤" or (text[hit.end : hit.end + 1] == "症"):
            continue
        window = text[max(0, hit.start - 14) : hit.start]
        if text[hit.start] == "腺" and patterns.GLAND.search(window):
            continue
        lead = patterns.LEAD.search(window)
        start = hit.start - (lead.end() - lead.start() if lead else 0)
        value = HistologyValue(note.text[start : hit.end], hit.payload, _grade(text, start, hit.end))
        found.append(mention(note, start, hit.end, Label.HISTOLOGY, value, ENGINE))
    return found


def _grade(text: str, start: int, end: int) -> int | None:
    before = patterns.GRADE.search(text[max(0, start - 4) : end])
    if before:
        return _worst(before["words"])
    after = patterns.GRADE_AFTER.match(text[end : end + 18])
    if after is None:
        return None
    if after["words"]:
        return _worst(after["words"])
    if after["g"]:
        return int(after["g2"] or after["g"])
    return roman_int(after["roman2"] or after["roman"])


def _worst(words: str) -> int:
    return max(patterns.WORD_GRADE[char] for char in re.findall("[高中低未]", words))


component = entity_component("oncorwe_histology", find)
