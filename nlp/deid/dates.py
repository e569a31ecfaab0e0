"""Dates: found in every written form, shifted by one offset, printed as the doctor wrote them. Year-only dates stay.

A month without a day is completed to the 15th, shifted, and printed as a month. A day without a year takes the year of the
nearest full date before it, else the note's. What looks like a date and is none (2019-02-30) is masked, and counted.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from datetime import date, timedelta

from nlp.deid.date_context import YEARLESS, plausible
from nlp.deid.date_evidence import likely_days, listed_days
from nlp.deid.date_forms import FORMS, MONTH_TAIL, RANGE_TAIL, TIME_TAIL, WEEKDAYS
from nlp.deid.date_reading import MONTHS, Found, read, valid
from nlp.deid.date_series import series, taught
from nlp.deid.model import Candidate
from nlp.deid.numerals import is_chinese, parse_small, print_small, print_year

_COMPLETED_DAY = 15
_MASK = "[日期]"


def shift_iso(iso: str, precision: str, offset_days: int) -> str:
    """Shift an ISO date (``2019``, ``2019-03``, ``2019-03-05`` or longer) by days, as precise as ``precision`` (D, M, Y) says.

    M is completed to the 15th and printed as ``YYYY-MM``; Y is returned as the year, unshifted. Raises ValueError on a value
    that is no ISO date, OverflowError never: years are kept within 1-9999 by ``datetime``.
    """
    if precision == "Y":
        return iso[:4]
    day = date.fromisoformat(iso[:10]) if precision == "D" else date(int(iso[:4]), int(iso[5:7]), _COMPLETED_DAY)
    moved = (day + timedelta(days=offset_days)).isoformat()
    return moved if precision == "D" else moved[:7]


def find(text: str) -> list[Found]:
    """All dates of a folded text in order, without overlaps; earlier forms of ``FORMS`` win a place."""
    taken: list[Found] = []
    hints = {hint: hint is None or hint.is_in(text) for hint in dict.fromkeys(hint for _, _, hint in FORMS)}
    for rule, pattern, hint in FORMS:
        matches = list(pattern.finditer(text)) if hints[hint] else []
        if matches and (fresh := _collect(text, rule, matches, taken)):
            taken = sorted(taken + fresh)
    return _with_ranges(text, sorted(taken + _more_days(text, matches, taken)))


def _collect(text: str, rule: str, matches: list[re.Match[str]], taken: list[Found]) -> list[Found]:
    starts, fresh = [f.start for f in taken], []
    previous_end = -99
    listed = series(text, matches) if rule == "date.md_num" else frozenset()
    for match in matches:
        inside = bisect_right(starts, match.end() - 1) - 1
        if inside >= 0 and taken[inside].end >= match.end():
            continue  # the usual case of a second form at the same place, settled before it is read
        found = read(match, rule)
        at = bisect_right(starts, found.start)
        before_end = taken[at - 1].end if at else -99
        if before_end > found.start or (at < len(taken) and taken[at].start < found.end):
            continue
        if rule in YEARLESS and not valid(found) and (rule != "date.md_cn" or (found.month or 13) > 12):
            continue
        if found.start in listed or plausible(text, found, max(previous_end, before_end)):
            fresh.append(found)
            previous_end = found.end
    return fresh


def _more_days(text: str, matches: list[re.Match[str]], taken: list[Found]) -> list[Found]:
    """Days among the pairs of a month and a day (``matches``, of the last form) that other days of the note or many small signs give away."""
    known = {f.start: f.end for f in taken if f.rule == "date.md_num"}
    rest = [m for m in matches if m.start("m") not in known]
    starts = taught(text, rest, list(known.items())) | likely_days(text, matches, frozenset(known))
    more = [read(m, "date.md_num") for m in rest if m.start("m") in starts] + _listed(text)
    if not more:
        return []
    covered = {i for f in taken for i in range(f.start, f.end)}
    return [f for f in more if valid(f) and covered.isdisjoint((f.start, f.end - 1))]


def _listed(text: str) -> list[Found]:
    """The days of a list with slashes."""
    parts = ((m, ((*m.span(1), "m"), (*m.span(2), "d"))) for m in listed_days(text))
    return [Found(m.start(), m.end(), p, "date.md_num", None, int(m[1]), int(m[2])) for m, p in parts]


def _with_ranges(text: str, found: list[Found]) -> list[Found]:
    """Add the day-only ends of ranges (3月5-8日, 2019.3.5-8) and the clock time and weekday behind a date."""
    out: list[Found] = []
    for i, item in enumerate(found):
        limit = found[i + 1].start if i + 1 < len(found) else len(text)
        out.append(timed(text, item, limit))
        if item.day is None and item.month is not None and item.year is not None:
            out += _later_month(text, out[-1].end, limit)
        while item.day is not None and item.month is not None:
            tail = RANGE_TAIL.match(text, out[-1].end, min(limit, out[-1].end + 12))
            day = parse_small(tail.group("d")) if tail else None
            if tail is None or day is None or not 1 <= day <= 31:
                break
            out.append(
                Found(
                    tail.start("d"), tail.end(), ((tail.start("d"), tail.end("d"), "d"),), "date.day", None, None, day
                )
            )
    return out


def _later_month(text: str, at: int, limit: int) -> list[Found]:
    """The end of a range of months (2019.3-8月)."""
    tail = MONTH_TAIL.match(text, at, min(limit, at + 10))
    if tail is None:
        return []
    return [Found(*tail.span("m"), ((*tail.span("m"), "m"),), "date.m_cn", None, int(tail["m"]), None)]


def timed(text: str, item: Found, limit: int) -> Found:
    """A date with the clock time and the weekday behind it, up to an offset."""
    tail = TIME_TAIL.match(text, item.end, min(limit, item.end + 24))
    if tail is None or not tail.group().strip():
        return item
    parts = item.parts + (((tail.start("w"), tail.end("w"), "w"),) if tail.group("w") else ())
    return item._replace(end=tail.end(), parts=parts)


def shifted(raw: str, text: str, found: list[Found], offset_days: int, note_date: str | None) -> list[Candidate]:
    """Candidates with their printed replacement; ``raw`` and ``text`` (folded) share offsets."""
    default_year = (
        int(note_date[:4]) if note_date and note_date[:4].isdecimal() else next((f.year for f in found if f.year), 2000)
    )
    out: list[Candidate] = []
    told_month = int(note_date[5:7]) if note_date and note_date[5:7].isdecimal() else 0
    year, month, printed_month = default_year, told_month or 1, told_month
    loose = any(e - s == 1 and k in "md" and text[s].isascii() for f in found for s, e, k in f.parts)
    for item in found:
        year, month = item.year or year, item.month or month
        moved = _moved(item, (year, month), offset_days)
        if moved is None:
            out.append(Candidate(item.start, item.end, "DATE", item.rule, "unparsable", 55, _MASK))
            continue
        new = _print(raw, text, item, moved, moved.month != printed_month, loose)
        printed_month = moved.month
        out.append(Candidate(item.start, item.end, "DATE", item.rule, "calendar", 55, new))
    return out


def _moved(item: Found, context: tuple[int, int], offset_days: int) -> date | None:
    """The shifted date, with year and month supplied by ``context``; None when the calendar has no such day."""
    year = item.year or context[0]
    if item.month == 2 and item.day == 29 and item.year is None:
        year = next((y for y in range(year, year - 8, -1) if y % 4 == 0 and (y % 100 or y % 400 == 0)), 2000)
    try:
        day = date(year, item.month or context[1], item.day or _COMPLETED_DAY)
        return day + timedelta(days=offset_days) if valid(item) else None
    except (ValueError, OverflowError):
        return None


def _print(raw: str, text: str, item: Found, moved: date, month_changed: bool, loose: bool) -> str:
    pad = _padded(text, item, loose)
    pieces, at = [], item.start
    for start, end, kind in item.parts:
        like = text[start:end]
        pieces += [raw[at:start], _print_part(kind, like, moved, pad)]
        if kind == "d" and item.rule == "date.day" and month_changed:
            pieces[-1] = f"{moved.month}月{pieces[-1]}"
        at = end
    return "".join([*pieces, raw[at : item.end]])


def _print_part(kind: str, like: str, moved: date, pad: bool) -> str:
    if kind == "y":
        return print_year(moved.year, like)
    if kind == "w":
        return WEEKDAYS[moved.weekday()] if like not in "日天" or moved.weekday() != 6 else like
    if like[:1].isalpha() and like.isascii():
        name = MONTHS[moved.month - 1]
        return name.upper() if like.isupper() else name.capitalize()
    return print_small(moved.month if kind == "m" else moved.day, like, pad=pad)


def _padded(text: str, item: Found, loose: bool) -> bool:
    """Are one-digit months and days written with a zero? Decided by a zero, by a single digit (in this date, else anywhere in
    the note: ``loose``), else by the separator."""
    smalls = [text[s:e] for s, e, k in item.parts if k in "md" and not is_chinese(text[s:e])]
    if any(len(v) == 1 for v in smalls):
        return False
    if any(v.startswith("0") for v in smalls) or item.rule == "date.compact":
        return True
    return not loose and "月" not in text[item.start : item.end] and item.rule not in ("date.md_num", "date.day")
