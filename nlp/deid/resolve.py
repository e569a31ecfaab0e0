"""Propagation inside the note, and one set of disjoint spans out of overlapping candidates."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cache, lru_cache
from itertools import islice

from nlp.deid.lexicon import surname_weight, words
from nlp.deid.model import Candidate
from nlp.deid.name_forms import pattern
from nlp.deid.name_words import given_odds, token_evidence
from nlp.deid.scan import occurrences

_SPREAD_LABELS = frozenset(
    {"NAME", "RECORD_NO", "PHONE", "ID_CARD", "HOSPITAL", "ORG", "ADDRESS", "PASSPORT", "WECHAT", "QQ", "BANK_CARD"}
)
_MIN_LENGTH = {"NAME": 2, "HOSPITAL": 3, "ORG": 4, "ADDRESS": 5}
_GIVEN_ALONE = -6.0
"""Logarithm of the share of a given name alone in a note that holds the whole name."""
_CLEAR = 4.0
"""Evidence from which a given name alone is one, whatever stands around."""
_GIVEN_LEAST = -3.0
"""Odds of each character from which the two last characters of a name are learned alone."""
_SEPARATORS = re.compile(r"[\s，,、:：;；|/()（）\-.^]+")


@cache
def everyday_given() -> frozenset[str]:
    """Given names that are everyday words (国庆)."""
    return frozenset(words("cues.tsv")["everyday_given"])


def propagate(text: str, candidates: list[Candidate], blocked: set[int]) -> list[Candidate]:
    """Repeat what one place of the note taught: the same value without a label is the same identifier.

    A name learned from context only does not enter protected terms; one learned from a field label does not either, unless
    it stands between boundaries.
    """
    covered = sorted((c.start, c.end) for c in candidates)
    starts = [s for s, _ in covered]
    out = []
    for value, taught in islice(_taught(text, candidates).items(), 500):
        for start in occurrences(text, value):
            end = start + len(value)
            at = bisect_right(starts, start) - 1
            if (at >= 0 and covered[at][1] >= end) or (start in blocked and taught.label in ("NAME", "HOSPITAL")):
                continue
            if taught.rule == "given" and not _given_fits(text, start, end):
                continue
            if not (value.isascii() and _inside_token(text, start, end)):
                out.append(Candidate(start, end, taught.label, "propagate", taught.rule, 46))
    return out


def _taught(text: str, candidates: list[Candidate]) -> dict[str, Candidate]:
    """value → the surest candidate that taught it; the given name of a whole name is taught too."""
    values: dict[str, Candidate] = {}
    for c in sorted(candidates, key=lambda c: -c.priority):
        value = text[c.start : c.end]
        if c.label in _SPREAD_LABELS and len(value) >= _MIN_LENGTH.get(c.label, 5) and not c.rule.startswith("known"):
            values.setdefault(value, c)
            if c.label == "NAME" and _teaches_given(value):
                values.setdefault(value[-2:], c._replace(rule="given"))
    return values


@lru_cache(maxsize=1 << 14)
def _teaches_given(name: str) -> bool:
    """Is this a family name with two characters that given names are made of?"""
    return (
        len(name) in (3, 4)
        and name[:-2] in surname_weight()
        and all(given_odds().get(g, -9.0) > _GIVEN_LEAST for g in name[-2:])
    )


def _given_fits(text: str, start: int, end: int) -> bool:
    """May a given name stand alone here, or do its characters say so by themselves?"""
    if like_a_person(text, start, end):
        return True
    return text[start:end] not in everyday_given() and token_evidence(text, start, end, _GIVEN_ALONE) >= _CLEAR


def like_a_person(text: str, start: int, end: int) -> bool:
    """May a given name stand alone here: a boundary or a word of persons before, and behind it what persons do?"""
    return (
        pattern("alone", "left").search(text[max(0, start - 3) : start]) is not None
        and pattern("alone", "right").match(text[end : end + 3]) is not None
    )


def _inside_token(text: str, start: int, end: int) -> bool:
    return (text[start - 1 : start].isalnum() and text[start - 1 : start].isascii() and start > 0) or (
        text[end : end + 1].isalnum() and text[end : end + 1].isascii()
    )


def resolve(text: str, candidates: list[Candidate]) -> list[Candidate]:
    """Disjoint candidates in order. The higher priority (then the longer) wins; what a loser covers beyond the winner stays
    covered under the loser's label, so no character that a rule wanted hidden comes back."""
    placed: list[Candidate] = []
    starts: list[int] = []
    for candidate in sorted(candidates, key=lambda c: (-c.priority, c.start - c.end, c.start)):
        before = bisect_right(starts, candidate.start) - 1
        if before >= 0 and placed[before].end >= candidate.end:
            continue
        for piece in _uncovered(candidate, placed, before):
            trimmed = piece if piece is candidate else _trim(text, piece)
            if trimmed.end > trimmed.start:
                at = bisect_left(starts, trimmed.start)
                placed.insert(at, trimmed)
                starts.insert(at, trimmed.start)
    return placed


def _uncovered(candidate: Candidate, placed: list[Candidate], before: int) -> list[Candidate]:
    """Parts of a candidate that no placed one covers; a printed replacement only fits the whole. ``before``: the last one that begins no later, or -1."""
    at = max(before, 0)
    position, pieces = candidate.start, []
    while at < len(placed) and placed[at].start < candidate.end:
        other = placed[at]
        if other.end > position:
            if other.start > position:
                pieces.append((position, other.start))
            position = other.end
        at += 1
    if position < candidate.end:
        pieces.append((position, candidate.end))
    if pieces == [(candidate.start, candidate.end)]:
        return [candidate]
    return [candidate._replace(start=s, end=e, replacement=None, rule=candidate.rule + "+rest") for s, e in pieces]


def _trim(text: str, piece: Candidate) -> Candidate:
    """Without separators at either end."""
    start, end = piece.start, piece.end
    while start < end and _SEPARATORS.match(text[start]):
        start += 1
    while end > start and _SEPARATORS.match(text[end - 1]):
        end -= 1
    return piece._replace(start=start, end=end)


def join_neighbours(candidates: list[Candidate]) -> list[Candidate]:
    """Neighbours of one label without a gap become one span (a name and its rest, the pieces of an address)."""
    out: list[Candidate] = []
    for c in candidates:
        last = out[-1] if out else None
        if (
            last
            and last.end == c.start
            and last.label == c.label
            and last.replacement is None
            and c.replacement is None
        ):
            out[-1] = last._replace(end=c.end)
        else:
            out.append(c)
    return out
