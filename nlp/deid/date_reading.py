"""One date of a text as its parts, before it is shifted."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from nlp.deid.numerals import parse_small, parse_year

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PRINTED = frozenset("ymdw")


class Found(NamedTuple):
    """One date of the text before shifting; ``parts`` are (start, end, kind) of its year, month, day, weekday."""

    start: int
    end: int
    parts: tuple[tuple[int, int, str], ...]
    rule: str
    year: int | None
    month: int | None
    day: int | None


def _parts(match: re.Match[str]) -> tuple[tuple[int, int, str], ...]:
    spans = [(*match.span(k), k) for k in match.re.groupindex if k in _PRINTED and match[k]]
    return tuple(sorted(spans))


@lru_cache(maxsize=512)
def _month(text: str) -> int | None:
    return MONTHS.index(text[:3].lower()) + 1 if text[:3].lower() in MONTHS else parse_small(text)


_year, _small = lru_cache(maxsize=512)(parse_year), lru_cache(maxsize=512)(parse_small)


def read(match: re.Match[str], rule: str) -> Found:
    """The parts of a match of a form of ``FORMS``; ``rule`` is the form's name."""
    groups = match.re.groupindex
    written = {k: match[k] for k in ("y", "m", "d") if k in groups}
    year = _year(written.get("y") or "")
    month = _month(written["m"]) if written.get("m") else None
    day = _small(written["d"]) if written.get("d") else None
    if rule == "date.dmy" and month and month > 12 and day and day <= 12:
        return _read_swapped(match, year, month, day)
    parts = _parts(match)
    return Found(parts[0][0], match.end(), parts, rule, year, month, day)


def _read_swapped(match: re.Match[str], year: int | None, month: int, day: int) -> Found:
    swap = {"m": "d", "d": "m"}
    parts = tuple((s, e, swap.get(k, k)) for s, e, k in _parts(match))
    return Found(match.start(), match.end(), parts, "date.dmy", year, day, month)


def valid(found: Found) -> bool:
    """Does the calendar know the day (29 February always), in a year between 1850 and 2150?"""
    try:
        date(found.year or 2000, found.month or 1, found.day or 1)
    except ValueError:
        return False
    return found.year is None or 1850 <= found.year <= 2150
