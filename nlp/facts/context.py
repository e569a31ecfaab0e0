"""What the builders of facts ask of a note: is a mention asserted, when was it, what section stands it in."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nlp.facts.surface import clause_span, sentence_span, surface
from nlp.model import DateValue, Experiencer, Fact, Label, Mention, Note, Polarity, Temporality

BASE_CONFIDENCE = 0.9
SUSPECTED_FACTOR = 0.7


@dataclass(frozen=True, slots=True)
class When:
    """A date as precise as the text, and what it rests on: text, surgery, note, or unknown."""

    iso: str | None
    basis: str


def asserted(mention: Mention, *, planned: bool = False) -> bool:
    """The patient's own, not negated, and (unless ``planned``) not merely intended."""
    if mention.polarity is Polarity.NEGATED or mention.experiencer is not Experiencer.PATIENT:
        return False
    return planned or mention.temporality is not Temporality.PLANNED


@lru_cache(maxsize=2)
def _by_label(note: Note, count: int) -> dict[Label, tuple[list[Mention], list[int]]]:
    """Mentions by label with their starts, both by position (``count`` renews the index when mentions were added)."""
    found: dict[Label, list[Mention]] = {}
    for one in sorted(note.mentions, key=lambda one: (one.start, one.end)):
        found.setdefault(one.label, []).append(one)
    return {label: (members, [one.start for one in members]) for label, members in found.items()}


def of_label(note: Note, label: Label) -> list[Mention]:
    """Mentions with a label, by position."""
    return _by_label(note, len(note.mentions)).get(label, ([], []))[0]


def between(note: Note, label: Label, low: int, high: int) -> list[Mention]:
    """Mentions with a label that begin in ``[low, high)``."""
    members, starts = _by_label(note, len(note.mentions)).get(label, ([], []))
    return members[bisect_left(starts, low) : bisect_left(starts, high)]


_LONGEST = 120


def overlapping(note: Note, label: Label, start: int, end: int) -> Mention | None:
    """The first mention with a label that overlaps a span (mentions are at most 120 characters long)."""
    return next((one for one in between(note, label, start - _LONGEST, end) if one.end > start), None)


def last_before(note: Note, label: Label, at: int) -> Mention | None:
    """The last mention with a label that ends before a place."""
    return next((one for one in reversed(between(note, label, max(0, at - 3000), at)) if one.end <= at), None)


def certainty(mention: Mention) -> str:
    """CONFIRMED, or SUSPECTED when the note hedges."""
    return "SUSPECTED" if mention.polarity is Polarity.UNCERTAIN else "CONFIRMED"


def confidence(mention: Mention, base: float = BASE_CONFIDENCE) -> float:
    """Lower for what the note only suspects."""
    return round(base * (SUSPECTED_FACTOR if mention.polarity is Polarity.UNCERTAIN else 1.0), 3)


_REPORT_BACK = 3
"""Sentences of one report: as far back an undated verdict looks for the date of the examination."""
_EXAMINED_SINCE = re.compile(
    r"(?:(?!化疗|放疗|切除|手术|术后|入院|方案|周期|口服|治疗|术中|(?<![出发呈表再])现|目前)[^\n]){0,120}?(?:(?<![a-z])(?:ct|mri?|pet|ect)(?![a-z])|超声|b超|骨扫描|(?<!腔)镜|病理|复查)"
)
"""Behind a date: an examination, and no treatment before it."""
_GOES_ON = re.compile(
    r"(?<=[,;。])\s?(?:现|今|目前|此次|本次)|[行予给](?:[^,;。]{0,20})(?:化疗|治疗|放疗|切除|术)|入院|收住"
)
"""Between an examination and a verdict: the note has left the report."""


def carried_date(note: Note, start: int, end: int) -> When:
    """The date tied to a span; of a verdict without one, that of the examination reported in the sentences right before."""
    when = date_of(note, start, end)
    text = surface(note)
    low = sentence_span(text, start)[0]
    if when.basis == "text" or not low:
        return when
    first = low
    for _ in range(_REPORT_BACK):
        first = sentence_span(text, first - 1)[0] if first else 0
    before = _dates_in(note, first, low)
    last = before[-1] if before else None
    if last is None or not last.iso or _LAST_BEFORE.search(text, max(0, last.start - 12), last.start):
        return when
    seen = _EXAMINED_SINCE.match(text, last.end, start)
    return When(last.iso, "text") if seen and not _GOES_ON.search(text, seen.end(), start) else when


def of_note(note: Note) -> When:
    """The note's own date."""
    return When(note.note_date, "note") if note.note_date else When(None, "unknown")


def date_of(note: Note, start: int, end: int) -> When:
    """The date the text ties to a span: in its clause, before it in its sentence, else the note's own date."""
    known = _known_dates(note, len(note.dates))
    if (start, end) not in known:
        known[start, end] = _date_of(note, start, end)
    return known[start, end]


@lru_cache(maxsize=1)
def _known_dates(note: Note, count: int) -> dict[tuple[int, int], When]:
    """Dates already asked for: several builders ask for the same span."""
    return {}


def _date_of(note: Note, start: int, end: int) -> When:
    text = surface(note)
    low, high = clause_span(text, start)
    sentence, high = sentence_span(text, start)[0], max(high, end)
    dates, starts = _own_dates(note, len(note.dates))
    first = bisect_left(starts, _now_from(text, sentence, start))
    at, stop = bisect_left(starts, start), bisect_left(starts, high)
    earlier = None
    for one in reversed(dates[first : min(at, stop)]):
        if one.iso and one.start >= low and one.end <= high:
            return When(one.iso, "text")
        earlier = earlier or (None if _LAST_BEFORE.search(text, max(0, one.start - 12), one.start) else one.iso)
    for one in dates[at:stop]:
        if text[end : one.start].strip(" (:") != "" or (one.start == end and text[end - 1].isdigit()):
            break
        if one.iso and one.start >= low and one.end <= high:
            return When(one.iso, "text")
    if earlier:
        return When(earlier, "text")
    return of_note(note)


_LAST_BEFORE = re.compile(r"末次(?:化疗|放疗|治疗|用药|给药|时间|日期|为|是|于|在|[:\s])*$")
"""Before a date: it is the last cycle's alone, not that of what follows it."""
_NOW = re.compile(r"(?<=[,;])\s?(?:现(?![象症])|今(?!年)|目前|此次|本次)")


def _now_from(text: str, low: int, at: int) -> int:
    """Where a sentence turns to the present (``2015年12月便血，…，现行放疗``): dates before it are not those of what follows."""
    turns = _turns(text)
    if not turns:
        return low
    index = bisect_right(turns, at) - 1
    return max(low, turns[index]) if index >= 0 else low


@lru_cache(maxsize=2)
def _turns(text: str) -> list[int]:
    return [match.end() for match in _NOW.finditer(text)]


_BETWEEN_DATES = frozenset(" 日、,至~-和及与开始年月分别)(")
_TIGHT = (".", "/")
_GIVEN = re.compile(r"\s?(?:分别)?[行予给]")
"""Behind dates that a point or a stroke joins (``2016-03-02/2016-03-24行``): they are one list."""


def dates_of(note: Note, start: int, end: int) -> list[str]:
    """All dates of the sentence before a span that stand in one list (a series of cycles), else the one date."""
    text = surface(note)
    low = _now_from(text, sentence_span(text, start)[0], start)
    run: list[DateValue] = []
    for one in _dates_in(note, low, start):
        if one.iso:
            gap = text[run[-1].end : one.start] if run else ""
            listed = not set(gap) - _BETWEEN_DATES or (gap in _TIGHT and bool(_GIVEN.match(text, one.end)))
            run = [*run, one] if run and listed else [one]
    return [one.iso for one in run if one.iso]


_COURSE_OVER = re.compile(
    r"[,。]\s?(?:[此之]?后(?:予以?|行)?(?:复查|查)|\d,?\s?个?(?:周期|疗?程|次)(?:化疗|治疗|放疗)?(?:结束)?后)"
)
"""Behind a course: the note tells of what was found when it was over, or after some of its cycles."""


def after_course(note: Note, at: int) -> bool:
    """Does a course stand between the last date of the sentence and a place, and the place after it (``2015-03行SOX化疗3周期,后复查CEA``)?"""
    text = surface(note)
    low = sentence_span(text, at)[0]
    dates = _dates_in(note, low, at)
    given = [one for one in between(note, Label.REGIMEN, dates[-1].end, at) if one.end <= at] if dates else []
    return bool(given) and _COURSE_OVER.search(text, given[-1].end, at) is not None


_COMPARED_BEFORE = re.compile(r"(?:对比|比较|相比|参照|对照|与|较|和|比)(?:[患本我外]者?院?|前次|上次|原|老)?[((]?$")
_COMPARED_AFTER = re.compile(
    r"^[))]?[^,;。\d]{0,10}?(?:片|ct|mr|pet|b超|超声|检查|图像|扫描|旧|相比|对比|比较|相仿|明显增|增[大多]|缩小|减[小少]|变化)"
)


def _dates_in(note: Note, low: int, high: int) -> list[DateValue]:
    """Dates that begin in ``[low, high)``, without those of an earlier film that this one is compared with."""
    dates, starts = _own_dates(note, len(note.dates))
    return dates[bisect_left(starts, low) : bisect_left(starts, high)]


@lru_cache(maxsize=2)
def _own_dates(note: Note, count: int) -> tuple[list[DateValue], list[int]]:
    text = surface(note)
    dates = [one for one in note.dates if not _compared(text, one)]
    return dates, [one.start for one in dates]


def _compared(text: str, one: DateValue) -> bool:
    """``对比2019-03-17片`` names the film before."""
    before, after = text[max(0, one.start - 6) : one.start], text[one.end : one.end + 16]
    return bool(_COMPARED_BEFORE.search(before) and _COMPARED_AFTER.match(after))


def dated(column: str, when: When) -> dict[str, Any]:
    """The date column, and ``date_basis`` where the date is not the text's own."""
    values: dict[str, Any] = {column: when.iso}
    if when.basis in ("note", "surgery"):
        values["date_basis"] = when.basis
    return values


def fact(
    table: str,
    values: dict[str, Any],
    mentions: list[Mention],
    conf: float,
    span: tuple[int, int] | None = None,
    kind: str = "",
) -> Fact:
    """A fact whose evidence covers its mentions (or ``span``); empty values are left out.

    ``conf`` is what its builder believes; a measured level of the table and ``kind`` takes its place.
    """
    start, end = span or (min(one.start for one in mentions), max(one.end for one in mentions))
    kept = {key: value for key, value in values.items() if value is not None and value != ""}
    return Fact(
        table=table, values=kept, start=start, end=end, mentions=list(mentions), confidence=round(conf, 3), kind=kind
    )
