"""Drugs (CCKS type 药物): ingredients, brands and nicknames with salts and dosage forms, coded to ATC where known.

Names come from ``warehouse/codes/drugs.tsv`` and ``nlp/lexicons/drugs_general.tsv``. Latin short names (``CF``, ``CTX``)
count only beside a dose, a day or another drug.
"""

from __future__ import annotations

from functools import cache

from nlp.component import entity_component
from nlp.entities.drug import patterns
from nlp.entities.drug.model import DrugName
from nlp.model import Label, Mention, Note
from nlp.text import Dictionary, Match, fold

ENGINE = "rule:drug@1"


@cache
def _names() -> Dictionary[DrugName]:
    return Dictionary(patterns.names(), shared=True)


@cache
def _forms() -> Dictionary[str]:
    return Dictionary({form: form for form in patterns.forms()})


def find(note: Note) -> list[Mention]:
    """Drug mentions with ATC code and the ingredient as value."""
    return [_mention(note, match) for match in _names().find(note.norm) if _counts(note.norm, match)]


def _counts(norm: str, match: Match[DrugName]) -> bool:
    """A short Latin name needs a dose, day or drug beside it; a name before 抗体, 受体 or a lab value is none."""
    if patterns.NOT_A_DRUG_AFTER.match(norm, match.end) or patterns.NOT_A_DRUG_BEFORE.search(
        norm[max(0, match.start - 4) : match.start]
    ):
        return False
    word = norm[match.start : match.end]
    if word.endswith("菌") and _is_cultured(norm, match):
        return False
    if word.isascii() and len(word) <= 3:
        before = norm[max(0, match.start - 2) : match.start]
        return bool(patterns.DOSE_AFTER.match(norm, match.end)) or before.endswith(("+", "、", "("))
    if word in patterns.nutrients():
        return bool(patterns.WITH_UNIT.match(norm, match.end))
    return True


def _is_cultured(norm: str, match: Match[DrugName]) -> bool:
    """Does the clause tell of an infection or a culture, and of nothing given?"""
    before = patterns.CLAUSE.split(norm[max(0, match.start - 40) : match.start])[-1]
    clause = before + patterns.CLAUSE.split(norm[match.end : match.end + 40])[0]
    return bool(patterns.CULTURED.search(clause)) and not patterns.GIVEN.search(clause)


def _mention(note: Note, match: Match[DrugName]) -> Mention:
    start, end = match.start, match.end
    if prefix := patterns.PREFIX.search(note.norm[max(0, start - 8) : start]):
        start -= len(prefix[0])
    longest = max(
        (form.end for form in _forms().all(note.norm, end, min(len(note.norm), end + 8)) if form.start == end),
        default=end,
    )
    name = match.payload
    found = Mention(start, longest, Label.DRUG, note.text[start:longest], engine=ENGINE, value=name)
    found.code, found.code_system = (name.atc, "ATC") if name.atc else (None, None)
    return found


def ingredient(text: str) -> DrugName | None:
    """The drug that a name means, None when it is unknown."""
    return _names().get(fold(text))


component = entity_component("oncorwe_drug", find)
