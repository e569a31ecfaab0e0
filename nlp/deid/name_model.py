"""One score for "these characters are a person's name here": evidence of the characters and of both sides, weighed by ``name_weights.tsv``."""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np

from nlp.deid.lexicon import rows, surname_weight
from nlp.deid.name_context import Side, left_of, right_of, title_heads
from nlp.deid.name_forms import chars
from nlp.deid.name_words import given_odds, readings, run_bounds, surname_odds
from nlp.deid.scan import Hit

CALLING = frozenset(("relation", "named", "label", "agent", "before"))
"""Kinds of words that call for a person behind them."""
CLIP = 12.0
_QUICK = -1.5
"""Odds of the characters alone from which a place is looked at."""
_CLEAR = 1.5
"""Evidence of the characters from which a reading gets one more point: few words look like it."""
_HOPELESS = -4.2
"""Score with the best right side below which no support makes a name of a reading."""
_UNEXPLAINED = 5.0
"""Evidence from which a reading behind a mark is a name whatever follows."""
_SUPPORT = {
    ("relation", ""): -3.5,
    ("before", ""): 2.0,
    ("label", ""): -2.0,
    ("place", "colon"): -4.5,
    ("place", ""): 1.0,
    ("agent", ""): 1.0,
}
"""(word before, mark behind) → evidence from which a reading that touches the word is a name, though text follows."""
_TITLED = -4.0
"""Evidence from which a whole name right before a title is one."""
_USUAL = 2
"""Weight of family names for which that holds."""


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


def _tier(surname: str) -> str:
    return "compound" if len(surname) > 1 else str(surname_weight()[surname])


def side_features(left: Side, right: Side) -> list[str]:
    """Named features of both sides."""
    before = "glued" if left.gap == "none" else "apart"
    behind = "glued" if right.gap == "none" else "apart"
    found = [f"left.gap.{left.gap}", f"left.word.{left.word}", f"left.{before}.{left.word}"]
    found += [f"right.gap.{right.gap}", f"right.word.{right.word}", f"right.{behind}.{right.word}"]
    if left.word in CALLING:
        found.append(f"called.{behind}.{right.word}")
    if before == "apart" and right.word == "person":
        found.append("person.apart")
    if before == behind:
        found.append("alone" if before == "apart" else "inside")
    return found


def features(surname: str, size: int, evidence: float, left: Side, right: Side) -> dict[str, float]:
    """Named features of a reading with their values; ``size`` is the number of given characters."""
    clipped = max(-CLIP, min(CLIP, evidence))
    found = {"evidence": clipped, "evidence.against": min(0.0, clipped)}
    found |= dict.fromkeys((f"given.{size}", f"surname.{_tier(surname)}"), 1.0)
    return found | dict.fromkeys(side_features(left, right), 1.0)


@cache
def _sides(left: Side, right: Side) -> float:
    """What both sides and the bias are worth."""
    weight = weights()
    return weight["bias"] + sum(weight.get(name, 0.0) for name in side_features(left, right))


@cache
def _shape(surname: str, size: int) -> float:
    weight = weights()
    return weight.get(f"given.{size}", 0.0) + weight.get(f"surname.{_tier(surname)}", 0.0)


def _characters(surname: str, size: int, evidence: float) -> float:
    """What the characters of a reading are worth, whatever stands around."""
    weight, clipped = weights(), max(-CLIP, min(CLIP, evidence))
    return _shape(surname, size) + clipped * weight["evidence"] + min(0.0, clipped) * weight["evidence.against"]


@lru_cache(maxsize=1 << 15)
def _weighed(run: str, at: int, surname: str) -> tuple[tuple[int, float, float], ...]:
    """Readings at a place of a run with what their characters are worth; the same few characters come again and again."""
    return tuple(
        (size, evidence, _characters(surname, size, evidence)) for size, evidence in readings(run, at, surname)
    )


@cache
def _at_best(left: Side) -> float:
    """What a left side is worth with the right side that suits it best."""
    gaps = {name.split(".")[2] for name in weights() if name.startswith("right.gap.")}
    kinds = {name.split(".")[2] for name in weights() if name.startswith("right.word.")}
    return max(_sides(left, Side(gap, kind)) for gap in gaps for kind in kinds)


def read(text: str, at: int, surname: str, least: float, *, supported: bool = False) -> list[Reading]:
    """Readings of the characters at an offset as surname and given name that score more than ``least``; ``supported``: with what the single features
    do not say. The right side is only looked at where it could still decide: most places are no names."""
    left = left_of(text, at)
    best, gain = _at_best(left), _least_gain(left, len(surname) > 1) if supported else math.inf
    found = []
    first, last = run_bounds(text, at)
    for size, evidence, value in _weighed(text[first:last], at - first, surname):
        end = at + len(surname) + size
        score = value + (supported and evidence > _CLEAR)
        if score + best > least or (
            (evidence > gain or (supported and evidence > _TITLED and text[end : end + 1] in title_heads()))
            and value + best >= _HOPELESS
        ):
            right = right_of(text, end)
            score += _sides(left, right)
            if supported and (evidence > gain or right.word == "title"):
                score = max(score, _support(surname, evidence, left, right))
            if score > least:
                found.append(Reading(at, end, surname, score, evidence, left, right))
    return found


@cache
def _least_gain(left: Side, compound: bool) -> float:
    """Evidence from which support may change a score, by what is known before the right side is; a title behind aside."""
    known = min((least for (word, _), least in _SUPPORT.items() if word == left.word), default=math.inf)
    return min(known if left.gap == "none" else _UNEXPLAINED, 0.0 if compound else math.inf)


def _support(surname: str, evidence: float, left: Side, right: Side) -> float:
    """The score that a reading has at least by what the model's single features do not say: kinship or a department right before, a title right behind,
    characters that no words explain."""
    touches, weight = left.gap == "none", surname_weight()[surname]
    unexplained = evidence > _UNEXPLAINED and not touches
    if unexplained or (len(surname) > 1 and evidence > 0 and surname not in chars("compound_words")):
        return 0.0
    called = (right.gap, right.word) == ("none", "title") and evidence > _TITLED and weight >= 1
    if not called and touches and weight >= _USUAL:
        needed = _SUPPORT.get((left.word, right.gap), _SUPPORT.get((left.word, ""), math.inf))
        called = evidence > needed
    return evidence / 100 if called else -math.inf


@cache
def _tables() -> tuple[Any, Any]:
    """Odds of every character as family name and in a given name, by code point."""
    surname, given = (np.full(1 << 16, -99.0, dtype=np.float32) for _ in range(2))
    for char in surname_weight():
        if len(char) == 1 and ord(char) < 1 << 16:
            surname[ord(char)] = surname_odds(char)
    for char, odds in given_odds().items():
        if ord(char) < 1 << 16:
            given[ord(char)] = odds
    return surname, given


def spots(text: str, compound: list[Hit]) -> list[tuple[int, str]]:
    """(offset, family name) wherever the characters alone may be a name; a cheap look in one pass."""
    points = np.frombuffer((text + "\n\n").encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    points = np.minimum(points, 0xFFFF)
    surname, given = _tables()
    odds = given[points]
    worth = surname[points[:-2]] + odds[1:-1] + np.maximum(odds[2:], 0.0) > _QUICK
    found = {at: text[at] for at in worth.nonzero()[0].tolist()}
    found |= {h.start: h.word for h in reversed(compound) if odds[h.end] > _QUICK - surname_odds(h.word)}
    return sorted(found.items())


def may_start(text: str, at: int) -> bool:
    """May a name start here by its left side alone: a boundary, or touching text that calls for a person?"""
    left = left_of(text, at)
    return left.gap not in ("none", "ascii") or left.word in ("relation", "named", "label", "title", "before")
