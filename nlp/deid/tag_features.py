"""What the tagger sees of a folded text: a row of the embedding table for each character and column.

Columns: the character, the pair with the character before it, what the word lists know of the character, and the kinds of cue words over it. Digits
count as one character, upper case as lower.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
import numpy.typing as npt

from nlp.deid.lexicon import surname_weight
from nlp.deid.name_words import given_odds, word_share
from nlp.deid.scan import Hit

Ids = npt.NDArray[np.int32]

_POINTS = 1 << 16
_PLACES = 1 << 21
"""Size of a table of everyday words; with 2 % of the places taken, few stretches are mistaken for one."""
_SPREAD = np.uint32(2_654_435_761)
_SHARES = (-12.5, -10.0)
"""Logarithms of the share of an everyday word from which it is usual and very usual."""
_GIVEN = (-2.0, 0.0, 2.0)
"""Odds of a character in given names that part its kinds."""
_KINDS = {"name": 1, "staff": 1, "hospital": 2, "place": 2}
_CUES = ("label", "place", "act", "compound", "part", "title")
"""Lists of cue words by the order of their bits; a label or a place has a second bit for its commonest kinds."""
KNOWN = 2 * 4 * 5 * 5
"""Rows of the column of word lists: a protected term or not, kind of everyday word, of family name, of given name."""
CUED = 1 << 8


def letters(text: str) -> npt.NDArray[np.uint32]:
    """The code point of each character, every digit as 0, capitals as small letters, what lies beyond the first plane as 0."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return _lower()[np.where(points < _POINTS, points, 0)]


@cache
def _lower() -> npt.NDArray[np.uint32]:
    table = np.arange(_POINTS, dtype=np.uint32)
    for point in range(_POINTS):
        char = chr(point)
        lower = char.lower()
        table[point] = ord("0") if char.isdecimal() else ord(lower) if len(lower) == 1 else point
    return table


def pairs(points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Each character with the one before it as one number."""
    before = np.concatenate((np.zeros(1, np.uint32), points[:-1]))
    return (before << np.uint32(16)) | points


def known(points: npt.NDArray[np.uint32], keep: Iterable[Hit]) -> Ids:
    """Row of the column of word lists for each character; ``keep`` are the protected terms of the text."""
    protected = np.zeros(len(points), np.int32)
    for start, end, _, _ in keep:
        protected[start:end] = 1
    surname, given = _name_kinds()
    return ((protected * 4 + _everyday(points)) * 5 + surname[points]) * 5 + given[points]


def cued(size: int, hits: dict[str, list[Hit]]) -> Ids:
    """Bits of the cue words over each character."""
    bits = np.zeros(size, np.int32)
    for number, name in enumerate(_CUES):
        for start, end, _, kind in hits[name]:
            bits[start:end] |= 1 << number
            if kind in _KINDS:
                bits[start:end] |= 32 << _KINDS[kind]
    return bits


@cache
def _name_kinds() -> tuple[Ids, Ids]:
    surname, given = np.zeros(_POINTS, np.int32), np.zeros(_POINTS, np.int32)
    for name, weight in surname_weight().items():
        if len(name) == 1:
            surname[ord(name)] = weight + 1
    for char, odds in given_odds().items():
        given[ord(char)] = 1 + sum(odds >= least for least in _GIVEN)
    return surname, given


def _everyday(points: npt.NDArray[np.uint32]) -> Ids:
    """How usual the most usual everyday word of two to four characters over each character is: 0 none to 3."""
    best = np.zeros(len(points) + 3, np.int32)
    for size, table in _everyday_words().items():
        if len(points) < size:
            continue
        level = table[_places(points, size)]
        for shift in range(size):
            part = best[shift : shift + len(level)]
            np.maximum(part, level, out=part)
    return best[: len(points)]


def _places(points: npt.NDArray[np.uint32], size: int) -> npt.NDArray[np.uint32]:
    """Place in a table of everyday words of each stretch of ``size`` characters."""
    last = len(points) - size + 1
    return _hashed([points[step : step + last] for step in range(size)])


def _hashed(columns: list[npt.NDArray[np.uint32]]) -> npt.NDArray[np.uint32]:
    key = columns[0]
    for column in columns[1:]:
        key = key * _SPREAD + column
    return (key * _SPREAD) >> np.uint32(11)


@cache
def _everyday_words() -> dict[int, npt.NDArray[np.uint8]]:
    """Size of the words → table of how usual they are."""
    tables: dict[int, npt.NDArray[np.uint8]] = {}
    for size in (2, 3, 4):
        shares = {word: share for word, share in word_share().items() if len(word) == size}
        points = letters("".join(shares)).reshape(-1, size)
        levels = 1 + sum((np.array(list(shares.values())) >= least).astype(np.uint8) for least in _SHARES)
        tables[size] = np.zeros(_PLACES, np.uint8)
        np.maximum.at(tables[size], _hashed(list(points.T)), levels)
    return tables
