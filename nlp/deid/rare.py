"""Patterns that are tried on a note only when the note holds what they cannot do without.

Most written forms are rare, and looking for each costs a pass over the note. So every ``Rare`` pattern is read once for its *needs*: sets of characters
and of neighbouring characters of which every match holds at least one. One pass over the note finds which needs are met; only then are the patterns
tried. The needs are derived from the patterns, so there is no second list to keep in step with the first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, pairwise, product
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple, TypeAlias

import numpy as np

_POINTS = 1 << 16
"""Characters beyond the basic plane count as its last one."""
_WIDE = 1200
"""Sets with more characters say nothing about a note."""
_PAIRS = 300
"""Most pairs of neighbours looked for; with few characters in pairs the table of pairs stays small enough for the processor's cache."""
_NEEDS = 3
"""Needs kept of a pattern: the rarest ones."""
_SHARES = ((0x30, 0.02), (0x3A, 0.2), (0x7F, 0.004), (0x3400, 0.01), (_POINTS, 0.001))
"""Rough share of one character below each code point; only the choice among the needs of a pattern depends on it."""

Grams: TypeAlias = frozenset[str]
"""Characters and pairs of neighbours, of which one must be in the text."""
Part: TypeAlias = Grams | None
"""One character of a match: a set of them, or None where any may stand or nothing is known."""


class _Need(NamedTuple):
    """One of ``grams`` is needed; ``first`` and ``last`` are the characters with which what it stands for begins and ends."""

    share: float
    grams: Grams
    first: Part = None
    last: Part = None


@lru_cache(maxsize=1)
def plain() -> tuple[str, ...]:
    """code point → the character that stands for it: digits of all scripts are 0, spaces a blank, letters that match each other
    without regard to case are one."""
    return tuple(_plain_char(chr(point)) for point in range(_POINTS))


def _plain_char(char: str) -> str:
    if unicodedata.category(char) == "Nd":
        return "0"
    if char.isspace():
        return " "
    return "i" if char == "ı" else char.casefold()[0]


def needs(pattern: re.Pattern[str]) -> tuple[Grams, ...]:
    """The rarest needs of a pattern: every text in which it is found holds one of each. () when nothing is known."""
    parts = _sequence(parser.parse(pattern.pattern, pattern.flags))
    found = {need.grams: need for need in _listed(parts)}
    return tuple(need.grams for need in sorted(found.values(), key=lambda need: need.share)[:_NEEDS])


def _listed(parts: list[Part | _Need]) -> Iterator[_Need]:
    """Needs of a sequence: its branches, its single characters, and its neighbours."""
    for part in parts:
        if part:
            yield part if isinstance(part, _Need) else _need(part)
    for before, behind in pairwise(parts):
        left, right = _edge(before, -1), _edge(behind, 0)
        if left and right and len(left) * len(right) <= _PAIRS:
            yield _need(frozenset(a + b for a, b in product(left, right)))


def _edge(part: Part | _Need, side: int) -> Part:
    """The characters with which a part begins (``side`` 0) or ends (-1)."""
    return (part.last if side else part.first) if isinstance(part, _Need) else part


def _need(grams: Grams) -> _Need:
    return _Need(sum(_share(gram) for gram in grams), grams)


def _share(gram: str) -> float:
    share = 1.0
    for char in gram:
        share *= next(share for limit, share in _SHARES if ord(char) < limit)
    return share


def _sequence(items: Any) -> list[Part | _Need]:
    return [part for kind, value in items for part in _parts(kind, value)]


def _parts(kind: Any, value: Any) -> list[Part | _Need]:
    """The characters that one element of a parsed pattern asks for; elements without width ask for none and part no neighbours."""
    match kind:
        case op.LITERAL:
            return [_members([(kind, value)])]
        case op.IN:
            return [_members(value)]
        case op.SUBPATTERN:
            return _sequence(value[3])
        case op.BRANCH:
            return [_either([_sequence(way) for way in value[1]])]
        case op.MAX_REPEAT | op.MIN_REPEAT:
            return _repeated(value[0], value[1], _sequence(value[2]))
        case op.ASSERT if value[0] > 0:
            return [*_sequence(value[1]), None]
        case op.ASSERT | op.ASSERT_NOT | op.AT:
            return []
        case _:
            return [None]


def _repeated(least: int, most: Any, inner: list[Part | _Need]) -> list[Part | _Need]:
    """Copies that must be there touch what stands before and what stands behind; those that may be there part both."""
    if not least:
        return [None]
    return [*inner, *inner] if least == most == 2 else [*inner, None, *inner] if most != 1 else inner


def _either(ways: list[list[Part | _Need]]) -> Part | _Need:
    """One need that is met whichever way a branch goes."""
    rarest = [min(_listed(way), key=lambda need: need.share, default=None) for way in ways]
    if not all(rarest):
        return None
    first, last = (_union([_edge(way[side], side) for way in ways]) for side in (0, -1))
    return _need(frozenset().union(*(need.grams for need in rarest if need)))._replace(first=first, last=last)


def _union(sets: list[Part]) -> Part:
    known = [found for found in sets if found]
    return frozenset().union(*known) if len(known) == len(sets) else None


def _members(items: Any) -> Part:
    """The set of characters that a class holds, each by the one that stands for it."""
    points: list[int] = []
    for kind, value in items:
        if kind is op.CATEGORY and value in (op.CATEGORY_DIGIT, op.CATEGORY_SPACE):
            points.append(ord("0" if value is op.CATEGORY_DIGIT else " "))
        elif kind in (op.LITERAL, op.RANGE):
            first, final = (value, value) if kind is op.LITERAL else value
            points += range(min(first, _POINTS - 1), min(final, _POINTS - 1, first + 2 * _WIDE) + 1)
        else:
            return None
    found = frozenset(plain()[point] for point in points)
    return found if len(found) <= _WIDE else None


def last_chars(pattern: re.Pattern[str]) -> Part:
    """Characters with which a match may end, each by the one that stands for it (``plain``); None when they are not known."""
    return _last(parser.parse(pattern.pattern, pattern.flags))


def _last(items: Any) -> Part:
    """Of a sequence: those of its last element, and of the one before where the last may be absent."""
    found: Grams = frozenset()
    for kind, value in reversed(list(items)):
        if kind in (op.ASSERT, op.ASSERT_NOT, op.AT):
            continue
        chars = _last_of(kind, value)
        if chars is None:
            return None
        found |= chars
        if not (kind in (op.MAX_REPEAT, op.MIN_REPEAT) and value[0] == 0):
            return found
    return None


def _last_of(kind: Any, value: Any) -> Part:
    match kind:
        case op.LITERAL | op.IN:
            return _members([(kind, value)] if kind is op.LITERAL else value)
        case op.SUBPATTERN:
            return _last(value[3])
        case op.MAX_REPEAT | op.MIN_REPEAT:
            return _last(value[2])
        case op.BRANCH:
            return _union([_last(way) for way in value[1]])
        case _:
            return None


_registered: list[tuple[Grams, ...]] = []
"""Needs of every rare pattern of the process, by its number."""


class Rare:
    """A compiled pattern with its number among the rare ones."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern = pattern
        self.number = len(_registered)
        _registered.append(needs(pattern))

    def finditer(self, text: str) -> Iterable[re.Match[str]]:
        """As ``re.Pattern.finditer``."""
        return () if self.number in _absent(text) else self.pattern.finditer(text)

    def is_in(self, text: str) -> bool:
        """Is the pattern found in a text?"""
        return any(True for _ in self.finditer(text))


def rare(source: str, flags: int = 0) -> Rare:
    """Compile a pattern that few notes hold."""
    return Rare(re.compile(source, flags))


@lru_cache(maxsize=4)
def _absent(text: str) -> frozenset[int]:
    """Numbers of the patterns whose needs a text does not meet, among those made before it was looked at."""
    return frozenset(_gate(len(_registered)).unmet(text))


class _Gate:
    """Tables that find the needs of all patterns in one pass: a bit for each need, rows of bits by character and by pair."""

    def __init__(self, wanted: list[tuple[Grams, ...]]) -> None:
        bits = {grams: i for i, grams in enumerate(dict.fromkeys(chain.from_iterable(wanted)))}
        needed: dict[str, set[int]] = {}
        for grams, bit in bits.items():
            for gram in grams:
                needed.setdefault(gram, set()).add(bit)
        kinds = {found: i + 1 for i, found in enumerate(dict.fromkeys(map(frozenset, needed.values())))}
        rows = {gram: kinds[frozenset(found)] for gram, found in needed.items()}
        paired = sorted(set("".join(gram for gram in rows if len(gram) > 1)))
        order = {char: i + 1 for i, char in enumerate(paired)}
        self.size = len(order) + 1
        self.single = np.array([rows.get(char, 0) for char in plain()], dtype=np.uint16)
        self.kinds = np.array([order.get(char, 0) for char in plain()], dtype=np.uint16)
        self.pair = np.zeros(self.size**2, dtype=np.uint16)
        for gram in (gram for gram in rows if len(gram) > 1):
            self.pair[order[gram[0]] * self.size + order[gram[1]]] = rows[gram]
        self.rows = _bits(len(kinds) + 1, len(bits), ((row, bit) for found, row in kinds.items() for bit in found))
        self.wanted = _bits(len(wanted), len(bits), ((i, bits[g]) for i, grams in enumerate(wanted) for g in grams))

    def unmet(self, text: str) -> list[int]:
        """Numbers of the patterns of which a text lacks every gram of some need."""
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        points = np.minimum(points, _POINTS - 1)
        kinds = self.kinds[points]
        found = np.zeros(len(self.rows), dtype=np.bool_)
        found[self.single[points]] = True
        found[self.pair[kinds[:-1].astype(np.int32) * self.size + kinds[1:]]] = True
        missing = ~np.bitwise_or.reduce(self.rows[found], axis=0)
        numbers: list[int] = np.bitwise_or.reduce(self.wanted & missing, axis=1).nonzero()[0].tolist()
        return numbers


def _bits(height: int, width: int, places: Iterable[tuple[int, int]]) -> Any:
    """A table of rows of bits, 64 a word."""
    table = np.zeros((height, width // 64 + 1), dtype=np.uint64)
    for row, bit in places:
        table[row, bit // 64] |= np.uint64(1 << bit % 64)
    return table


@lru_cache(maxsize=1)
def _gate(known: int) -> _Gate:
    """Tables for the first ``known`` patterns."""
    return _Gate(_registered[:known])
