"""One score for "these characters are a person's name here": evidence of the characters and of both sides, weighed by ``name_weights.tsv``."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from nlp.deid.lexicon import rows, surname_weight
from nlp.deid.name_context import Side, left_of, right_of
from nlp.deid.name_words import given_odds, readings, surname_odds

CLIP = 12.0
_QUICK = -4.0


class Reading(NamedTuple):
    """A possible name with its score (above 0: rather a name) and what decided."""

    start: int
    end: int
    surname: str
    score: float
    evidence: float
    left: Side
    right: Side

    @property
    def cue(self) -> str:
        """What stood around, for the span's report."""
        return f"{self.left.gap} {self.left.word}, {self.right.gap} {self.right.word}".replace(" ,", ",").strip()


@cache
def weights() -> dict[str, float]:
    """feature → weight, in natural logarithms of odds."""
    return {name: float(value) for name, value in rows("name_weights.tsv")}


def features(surname: str, size: int, evidence: float, left: Side, right: Side) -> dict[str, float]:
    """Named features of a reading; ``size`` is the number of given characters."""
    evidence = max(-CLIP, min(CLIP, evidence))
    tier = "compound" if len(surname) > 1 else str(surname_weight()[surname])
    glued = "glued" if left.gap == "none" else "apart"
    found = {
        "evidence": evidence,
        "evidence.against": min(0.0, evidence),
        f"given.{size}": 1.0,
        f"surname.{tier}": 1.0,
        f"left.gap.{left.gap}": 1.0,
        f"left.word.{left.word}": 1.0,
        f"left.{glued}.{left.word}": 1.0,
        f"right.gap.{right.gap}": 1.0,
        f"right.word.{right.word}": 1.0,
        f"right.{'glued' if right.gap == 'none' else 'apart'}.{right.word}": 1.0,
    }
    if left.gap != "none" and right.word == "person":
        found["person.apart"] = 1.0
    if left.gap != "none" and right.gap != "none":
        found["alone"] = 1.0
    if left.gap == "none" and right.gap == "none":
        found["inside"] = 1.0
    return found


def score(surname: str, size: int, evidence: float, left: Side, right: Side) -> float:
    """Logarithm of the odds that a reading is a name."""
    weight = weights()
    return weight["bias"] + sum(
        weight.get(name, 0.0) * value for name, value in features(surname, size, evidence, left, right).items()
    )


def read(text: str, at: int, surname: str) -> list[Reading]:
    """Every reading of the characters at an offset as surname and given name."""
    left = left_of(text, at)
    found = []
    for end, evidence in readings(text, at, surname):
        right = right_of(text, end)
        value = score(surname, end - at - len(surname), evidence, left, right)
        found.append(Reading(at, end, surname, value, evidence, left, right))
    return found


def worth_reading(text: str, at: int, surname: str) -> bool:
    """A cheap look at the characters alone: may they be a name at all?"""
    odds = given_odds()
    start = at + len(surname)
    first = odds.get(text[start : start + 1], -9.0)
    return surname_odds(surname) + first + max(0.0, odds.get(text[start + 1 : start + 2], -9.0)) > _QUICK


def may_start(text: str, at: int) -> bool:
    """May a name start here by its left side alone: a boundary, or touching text that calls for a person?"""
    left = left_of(text, at)
    return left.gap not in ("none", "ascii") or left.word in ("relation", "named", "label", "title", "before")
