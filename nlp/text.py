"""Text folding and dictionary search: the two things that every matcher needs.

Both keep offsets: a folded text has the same length as the text it came from, and a dictionary match speaks of the
folded text's offsets, which are those of the text as received.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

import ahocorasick
import numpy as np
import numpy.typing as npt

from nlp import lexicons

Payload = TypeVar("Payload")

_LONG = 100
_FULL_WIDTH = range(0xFF01, 0xFF5F)
_ROMAN_LOWER = range(0x2170, 0x217C)
_ASCII_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


@cache
def folding_table() -> dict[int, int]:
    """Code point to code point: width, Chinese brackets and dashes, case, and one-to-one traditional characters."""
    table = {code: code - 0xFEE0 for code in _FULL_WIDTH}
    table.update({code: code - 0x10 for code in _ROMAN_LOWER})
    table.update((ord(row["traditional"]), ord(row["simplified"])) for row in lexicons.rows("traditional"))
    table.update((int(row["from"], 16), int(row["to"], 16)) for row in lexicons.rows("folding"))
    for code in [*range(0x41, 0x5B), *range(0x391, 0x3AA)]:
        table[code] = ord(chr(code).lower())
    for code, target in list(table.items()):
        table[code] = ord(chr(target).lower()) if target < 0x80 else table.get(target, target)
    return table


def fold(text: str) -> str:
    """The text with one-to-one character folding; its length is that of ``text``, so offsets carry over.

    Full width becomes half width, Chinese brackets, dashes and quotes become ASCII, letters become lower case,
    traditional characters simplified where one character stands for one, small Roman numerals become capital ones.
    The ideographic full stop and the enumeration comma stay.
    """
    return _folding().apply(text)


class OneToOne:
    """A folding of single characters. Long texts go through an array over all code points, several times faster than a dict."""

    def __init__(self, table: Mapping[int, int | str]) -> None:
        self._table = dict(table)
        self._array: npt.NDArray[np.uint32] | None = None

    def apply(self, text: str) -> str:
        """The text folded; its length stays."""
        if len(text) < _LONG:
            return text.translate(self._table)
        if self._array is None:
            self._array = np.arange(0x110000, dtype=np.uint32)
            for code, target in self._table.items():
                self._array[code] = target if isinstance(target, int) else ord(target)
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        return self._array[codes].tobytes().decode("utf-32-le", "surrogatepass")


@cache
def _folding() -> OneToOne:
    return OneToOne(folding_table())


class Match(NamedTuple, Generic[Payload]):
    """A dictionary term found in a folded text."""

    start: int
    end: int
    payload: Payload


class Dictionary(Generic[Payload]):
    """Aho-Corasick search for many terms at once, over folded text.

    Terms are folded when added; where two terms fold to the same string the first one's payload stays. A term that
    begins or ends with an ASCII letter or digit only matches where the neighbour is not of the same kind (letter beside
    letter, digit beside digit), so ``er`` is not found in ``her2`` nor ``t1`` in ``t10``.

    ``shared=True`` is for a vocabulary that every note is searched for: all of these share one pass over the note.
    """

    def __init__(self, terms: Mapping[str, Payload] | Iterable[tuple[str, Payload]], *, shared: bool = False) -> None:
        items = terms.items() if isinstance(terms, Mapping) else terms
        self._automaton = ahocorasick.Automaton()
        self._payloads: dict[str, Payload] = {}
        for term, payload in items:
            folded = fold(term).strip()
            if folded and folded not in self._payloads:
                self._payloads[folded] = payload
                self._automaton.add_word(_halves(folded), (len(folded), _is_edged(folded), payload))
        if self._payloads:
            self._automaton.make_automaton()
        self._pass = _shared_pass() if shared and self._payloads else None
        self._number = self._pass.join(self._payloads) if self._pass else -1

    def __len__(self) -> int:
        return len(self._payloads)

    def __contains__(self, term: object) -> bool:
        return isinstance(term, str) and fold(term) in self._payloads

    def get(self, term: str) -> Payload | None:
        """The payload of a term, None when the dictionary does not hold it."""
        return self._payloads.get(fold(term))

    def all(self, norm: str, start: int = 0, end: int | None = None) -> Iterator[Match[Payload]]:
        """Every match in ``norm[start:end]``, overlapping ones too, ordered by where they end."""
        for first, last, payload in self._spans(norm, start, end):
            yield Match(first, last, payload)

    def _spans(self, norm: str, start: int, end: int | None) -> Iterator[tuple[int, int, Payload]]:
        """(start, end, payload) of every match, ordered by where they end."""
        if not self._payloads:
            return
        stop = len(norm) if end is None else min(end, len(norm))
        halves = _halves(norm)
        # The search copies the string it is given: a window is cut out first, or many windows cost many whole notes.
        window = halves if start == 0 and stop == len(norm) else halves[2 * start : 2 * stop]
        for place, (length, edged, payload) in self._automaton.iter(window):
            if place & 1:
                last = start + (place + 1) // 2
                if not (edged and _inside_word(norm, last - length, last)):
                    yield last - length, last, payload

    def find(self, norm: str, start: int = 0, end: int | None = None) -> list[Match[Payload]]:
        """The longest matches from the left, none overlapping another."""
        return [Match(first, last, payload) for first, last, payload in self._chosen(norm, start, end)]

    def cover(self, norm: str) -> list[tuple[int, int, Payload]]:
        """What :meth:`find` gives for the whole text, as plain (start, end, payload)."""
        return self._chosen(norm, 0, None)

    def _chosen(self, norm: str, start: int, end: int | None) -> list[tuple[int, int, Payload]]:
        longest = self._pass.longest(norm, self._number) if self._pass and start == 0 and end is None else None
        if longest is None:
            # Matches come ordered by their ends, so of those with one start the longest is the last.
            longest = {first: (last, payload) for first, last, payload in self._spans(norm, start, end)}
        chosen, free = [], 0
        for first in sorted(longest):
            if first >= free:
                free, payload = longest[first]
                chosen.append((first, free, payload))
        return chosen


def _is_edged(folded: str) -> bool:
    """Does a term begin or end with an ASCII letter or digit?"""
    return folded[0] in _ASCII_WORD or folded[-1] in _ASCII_WORD


class _SharedPass:
    """One automaton over the terms of many dictionaries: a note is searched once for all of them.

    A dictionary that joins late is searched on its own until the next note, when the automaton is made anew.
    """

    def __init__(self) -> None:
        self._members: list[Mapping[str, Any]] = []
        self._built = 0
        self._automaton = ahocorasick.Automaton()
        self._notes: list[tuple[str, list[dict[int, tuple[int, Any]]]]] = []

    def join(self, terms: Mapping[str, Any]) -> int:
        """The number under which a dictionary asks for its matches."""
        self._members.append(terms)
        return len(self._members) - 1

    def longest(self, norm: str, number: int) -> dict[int, tuple[int, Any]] | None:
        """Start to (end, payload) of the longest match that begins there; None for a member not built in yet."""
        for known, found in self._notes:
            if known is norm or known == norm:
                return found[number] if number < len(found) else None
        if self._built < len(self._members):
            self._build()
        # A note is read in two foldings (``norm`` and its surface), so the last two texts are kept.
        matches = self._search(norm)
        self._notes = [(norm, matches), *self._notes[:1]]
        return matches[number]

    def _build(self) -> None:
        words: dict[str, list[tuple[int, Any]]] = {}
        for number, terms in enumerate(self._members):
            for term, payload in terms.items():
                words.setdefault(term, []).append((number, payload))
        self._automaton = ahocorasick.Automaton()
        for term, owners in words.items():
            self._automaton.add_word(_halves(term), (len(term), _is_edged(term), tuple(owners)))
        self._automaton.make_automaton()
        self._built = len(self._members)

    def _search(self, norm: str) -> list[dict[int, tuple[int, Any]]]:
        found: list[dict[int, tuple[int, Any]]] = [{} for _ in range(self._built)]
        for place, (length, edged, owners) in self._automaton.iter(_halves(norm)):
            if place & 1:
                last = (place + 1) // 2
                first = last - length
                if not (edged and _inside_word(norm, first, last)):
                    for number, payload in owners:
                        found[number][first] = (last, payload)
        return found


@cache
def _shared_pass() -> _SharedPass:
    return _SharedPass()


@lru_cache(maxsize=8)
def _halves(text: str) -> str:
    """Two characters for each: the upper and the lower byte of its code point.

    A node of the automaton is searched child by child; with thousands of Chinese first characters that is slow, with
    some eighty upper bytes it is not. A character beyond the basic plane stands as one that no term holds.
    """
    halves = text.encode("utf-16-be", "surrogatepass")
    if len(halves) != 2 * len(text):
        halves = _BEYOND.sub("\ufffd", text).encode("utf-16-be", "surrogatepass")
    return halves.decode("latin-1")


_BEYOND = re.compile("[\U00010000-\U0010ffff]")


def _inside_word(norm: str, start: int, end: int) -> bool:
    """Does the match begin or end inside a Latin word or a number?"""
    if start > 0 and _same_kind(norm[start - 1], norm[start]):
        return True
    return end < len(norm) and _same_kind(norm[end - 1], norm[end])


def _same_kind(one: str, other: str) -> bool:
    """Are both ASCII letters, or both ASCII digits?"""
    if one not in _ASCII_WORD or other not in _ASCII_WORD:
        return False
    return one.isdigit() == other.isdigit()


_DIGITS = {
    "零": 0,
    "〇": 0,
    "○": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "双": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}


def number(words: str) -> float | None:
    """The value of Arabic or Chinese numerals (``12``, ``3.5``, ``十二``, ``二〇一五``, ``半``); None when it is neither."""
    words = words.strip()
    if not words:
        return None
    if words.replace(".", "", 1).isascii() and words.replace(".", "", 1).isdigit():
        return float(words)
    if words == "半":
        return 0.5
    if all(char in _DIGITS for char in words):
        return float(int("".join(str(_DIGITS[char]) for char in words)))
    return _tens(words)


def _tens(words: str) -> float | None:
    """Chinese numerals with 十 or 百, up to 999."""
    total, digit = 0, 0
    for char in words:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in "十百":
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            return None
    return float(total + digit)
