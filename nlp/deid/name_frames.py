"""Names in places where only a person stands (其兄程序送入, 放疗柯改名：, 沙胜 男 60岁), so that words and rare family names count too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from nlp.deid.lexicon import surname_weight, words
from nlp.deid.model import Candidate
from nlp.deid.name_forms import Frame, chars, followed, frames, listed, surname_at
from nlp.deid.name_labels import nobody
from nlp.deid.name_words import readings, run_bounds
from nlp.deid.ordinary import ordinary
from nlp.deid.rare import last_chars, plain

_PRIORITY = 57
_RARE = -3.0
"""Evidence below which a word that is hardly ever a family name opens none."""
_POINTS = 1 << 16
"""Characters beyond the basic plane count as its last one."""
_REACH = 48
"""Characters of the longest left side, blanks before a signature and all."""
_ODD_END = frozenset("等们的了着过是")


@cache
def _never() -> frozenset[str]:
    """Words that are no name even there, and titles."""
    return frozenset((*listed("not_person"), *words("cues.tsv")["title_after"], *words("cues.tsv")["relation"]))


def framed_names(text: str, blocked: set[int], labels: set[int]) -> Iterator[Candidate]:
    """Candidates of all frames of a folded text; ``blocked`` are places inside protected terms, ``labels`` where a field label begins."""
    for frame, start, end in _framed(text):
        places = range(start, end)
        termed = all(i in blocked for i in places) and not frame.words
        if not (termed or any(i in labels for i in places)) and _is_name(text, frame, start, end):
            yield Candidate(start, end, "NAME", "name.frame", frame.name, _PRIORITY)


def _framed(text: str) -> Iterator[tuple[Frame, int, int]]:
    """(frame, start, end) of everything between the sides of a frame. Places are found in one pass by the characters around the beginning of a name; there
    the right side is tried, and only then the left one."""
    opened = "\n" + text
    for start, kind in _places(opened):
        sides = _kinds()[kind]
        if not sides.any_right.match(text, start):
            continue
        for frame, left, right in sides.each:
            match = right.match(text, start)
            if match and left.search(opened, max(0, start + 1 - _REACH), start + 1):
                yield frame, start, match.end("name")


class _Sides(NamedTuple):
    """``any_right``: a name before the right side of one of some frames; ``each`` of them with its own left and right side."""

    any_right: re.Pattern[str]
    each: tuple[tuple[Frame, re.Pattern[str], re.Pattern[str]], ...]


def _sides(standing: list[Frame]) -> _Sides:
    each = ((f, re.compile(rf"{f.left.pattern}\Z"), followed((f.right,))) for f in standing)
    return _Sides(followed(tuple(f.right for f in standing)), tuple(each))


def _places(opened: str) -> Iterator[tuple[int, int]]:
    """(offset in the text, kind of the character before it) wherever a family name and another character stand behind a character with which the left
    side of a frame may end."""
    kinds, parts = _tables()
    points = np.frombuffer((opened + "\n").encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    points = np.minimum(points, _POINTS - 1)
    part = parts[points]
    found = kinds[points[:-2]] * (part[1:-1] & part[2:] >> 1)
    places = found.nonzero()[0]
    return zip(places.tolist(), found[places].tolist(), strict=True)


@cache
def _standing() -> tuple[tuple[int, ...], ...]:
    """By kind of character: the numbers of the frames whose left side may end with it; kind 0 has none."""
    return tuple(dict.fromkeys([(), *_by_char().values()]))


@cache
def _kinds() -> tuple[_Sides, ...]:
    return tuple(_sides([frames()[number] for number in numbers]) for numbers in _standing())


@cache
def _by_char() -> dict[str, tuple[int, ...]]:
    """character (as of ``plain``) → the numbers of the frames whose left side may end with it. Raises ValueError on one that may end
    with any."""
    found: dict[str, list[int]] = {}
    for number, frame in enumerate(frames()):
        last = last_chars(frame.left)
        if last is None:
            raise ValueError(
                f"frame {frame.name!r}: its left side may end with any character; end it with a class or a word"
            )
        for char in last:
            found.setdefault(char, []).append(number)
    return {char: tuple(numbers) for char, numbers in found.items()}


@cache
def _tables() -> tuple[Any, Any]:
    """By code point: the kind of the character; 1 where a family name may begin with it, with 2 added where it is Chinese."""
    number = {standing: kind for kind, standing in enumerate(_standing())}
    kinds = np.array([number[_by_char().get(char, ())] for char in plain()], dtype=np.uint8)
    parts = np.zeros(_POINTS, dtype=np.uint8)
    parts[0x3400:0xA000] = parts[0x3007] = parts[_POINTS - 1] = 2
    parts[[ord(surname[0]) for surname in surname_weight() if ord(surname[0]) < _POINTS]] |= 1
    return kinds, parts


def _is_name(text: str, frame: Frame, start: int, end: int) -> bool:
    """May the characters of a frame be a name?"""
    surname, value = surname_at(text, start), text[start:end]
    given = value[len(surname) :]
    if not (surname and given) or given[0] in chars("not_first") or given[-1] in _ODD_END:
        return False
    if value in _never() or value[:2] in _never() or nobody(text, start, end):
        return False
    first, last = run_bounds(text, start)
    evidence = dict(readings(text[first:last], start - first, surname)).get(len(given), -99.0)
    doubtful = surname_weight()[surname] < 1 and evidence < _RARE
    if not frame.words and (doubtful or value in ordinary()):
        return False
    return evidence > frame.least
