"""Finds the dates of a note and resolves them.

Anchors: ``N前`` and ``入院前N`` count back from the admission date if the note names it, else from the note's date;
``术后N`` counts on from the last date before it whose clause speaks of an operation (likewise 化疗, 放疗, 出院 …);
``次日`` and ``同年`` look at the date named before. What has no anchor keeps its words and has no ISO date.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from datetime import date

from nlp.component import note_component
from nlp.dates import arithmetic, patterns
from nlp.model import DateValue, Note
from nlp.text import number

_YEAR_REACH = 600
"""How far back the year of a month and day may stand: an operation's findings come between."""
_CUE = re.compile(r"(?:19|20)\d\d|[前后]|[年月日天]")


def find(note: Note) -> None:
    """Fill ``note.dates``, ordered, none overlapping another."""
    if not _CUE.search(note.norm):
        return
    found = sorted([*_absolute(note), *_chinese(note)], key=lambda value: (value.start, -value.end))
    note.dates = _without_overlaps(found)
    if note.dates and ("-" in note.norm or "." in note.norm):
        found = [*note.dates, *_short_years(note)]
        note.dates = _without_overlaps(sorted(found, key=lambda value: (value.start, -value.end)))
    resolver = _Resolver(note)
    found = [*note.dates, *resolver.month_days(), *resolver.partial(), *resolver.relative(), *resolver.day_words()]
    note.dates = _without_overlaps(sorted(found, key=lambda value: (value.start, -value.end)))
    note.date_starts = [value.start for value in note.dates]


def _without_overlaps(values: list[DateValue]) -> list[DateValue]:
    kept: list[DateValue] = []
    for value in values:
        if not kept or value.start >= kept[-1].end:
            kept.append(value)
    return kept


def _absolute(note: Note) -> Iterator[DateValue]:
    for match in patterns.ABSOLUTE.finditer(note.norm):
        if match["m"] is None and not _is_year(note.norm, match):
            continue
        value = _value(match.start(), match.end(), match["y"], match["m"], match["d"])
        if value:
            yield value
            yield from _listed(note.norm, value)
    for match in patterns.GLUED.finditer(note.norm):
        value = _value(match.start(), match.end(), f"20{match['y']}", match["m"], match["d"])
        if value:
            yield value
    for match in patterns.COMPACT.finditer(note.norm):
        value = _value(match.start(), match.end(), match["y"], match["m"], match["d"])
        if value and not _in_a_number(note.norm, match):
            yield value


def _is_year(norm: str, match: re.Match[str]) -> bool:
    """A bare ``2015`` is a year only with 年, which does not begin a duration."""
    return norm[match.end() - 1] == "年"


def _short_years(note: Note) -> Iterator[DateValue]:
    """``15-10-03`` within two years of a year that the note writes in full."""
    years = {int(value.iso[:4]) for value in note.dates if value.iso}
    for match in patterns.SHORT_YEAR.finditer(note.norm):
        year = 2000 + int(match["y"])
        if any(abs(year - other) <= 2 for other in years):
            value = _value(match.start(), match.end(), str(year), match["m"], match["d"])
            if value:
                yield value


def _in_a_number(norm: str, match: re.Match[str]) -> bool:
    """Is the eight-digit run a specimen or record number (``病理号20151003``, ``(20151003)`` after 病理)?"""
    before = norm[max(0, match.start() - 6) : match.start()]
    return bool(re.search(r"[a-z号\-]\s?:?\s?$|病理\w{0,2}\s?\(?$|no\.?$", before))


def _value(
    start: int, end: int, year: str, month: str | None, day: str | None, kind: str = "absolute"
) -> DateValue | None:
    """The value as precise as its parts; None when there is no such day."""
    iso = arithmetic.iso(int(year), int(month) if month else None, int(day) if day else None)
    return DateValue(start, end, iso, arithmetic.PRECISION[len(iso)], kind) if iso else None


def _listed(norm: str, first: DateValue) -> Iterator[DateValue]:
    """Dates that go on a list after a full one, taking its year and month (``2015-10-03、11-05``), 40 at most."""
    current: DateValue | None = first
    for _ in range(40):
        following = _following(norm, current) if current and current.iso else None
        if following is None or current is None or (following.iso or "") < (current.iso or ""):
            return
        yield following
        current = following


def _following(norm: str, current: DateValue) -> DateValue | None:
    """The next date of a list, of the same precision; from the last months to the first it goes on in the next year."""
    iso = current.iso or ""
    if current.precision == "M":
        month = patterns.LISTED_MONTH.match(norm, current.end)
        return _value(month.start("m"), month.end(), iso[:4], month["m"], None, "partial") if month else None
    match = patterns.LISTED.match(norm, current.end) if current.precision == "D" else None
    if not match or (match["m"] is None and norm[match.end() - 1] not in "日号"):
        return None
    start = match.start("m") if match["m"] else match.start("d")
    into_next = match["m"] and int(match["m"]) <= 3 and int(iso[5:7]) >= 10
    return _value(
        start, match.end(), str(int(iso[:4]) + bool(into_next)), match["m"] or iso[5:7], match["d"], "partial"
    )


def _chinese(note: Note) -> Iterator[DateValue]:
    for match in patterns.CHINESE.finditer(note.norm):
        parts = [number(match[name] or "") for name in ("y", "m", "d")]
        year, month, day = (str(int(part)) if part is not None else None for part in parts)
        value = _value(match.start(), match.end(), year or "0", month, day)
        if value:
            yield value


class _Resolver:
    """Dates that need an anchor, against the absolute ones already in ``note.dates``."""

    def __init__(self, note: Note) -> None:
        self.note = note
        self.fixed = note.dates
        self.fixed_ends = [value.end for value in note.dates]
        self.note_date = arithmetic.parse(note.note_date)
        self.admission = self._admission() or self.note_date

    def _admission(self) -> date | None:
        """The admission date that the note itself names."""
        match = patterns.ADMISSION.search(self.note.norm)
        near = [value for value in self.fixed if match and 0 <= value.start - match.end() <= 2]
        return arithmetic.parse(near[0].iso) if near else None

    def _before(self, pos: int, event: re.Pattern[str] | None = None, reach: int = 300) -> DateValue | None:
        """The last fixed date before ``pos``, of those whose clause names the event; no further back than ``reach`` characters."""
        first = bisect_right(self.fixed_ends, pos) - 1
        for value in reversed(self.fixed[max(0, first - 200) : first + 1]):
            if pos - value.end > reach:
                return None
            end = self.note.clause_at(value.start)[1]
            if event is None or event.search(self.note.norm, value.end, min(end + 20, pos)):
                return value
        return None

    def partial(self) -> Iterator[DateValue]:
        """``同年10月``, ``10月3日``, ``去年``, ``上月``."""
        if "年" not in self.note.norm and "月" not in self.note.norm:
            return
        for match in patterns.PARTIAL.finditer(self.note.norm):
            iso = self._partial(match)
            yield DateValue(match.start(), match.end(), iso, iso and arithmetic.PRECISION[len(iso)], "partial")

    def month_days(self) -> Iterator[DateValue]:
        """``10-03复查`` after a date in full."""
        for match in self._parts_of_dates() if self.fixed else ():
            before = self._before(match.start(), reach=_YEAR_REACH)
            anchor = before.iso if before else None
            if anchor:
                iso = arithmetic.nearest_year(anchor, self._note_iso(), int(match["m"]), int(match["d"]))
                yield DateValue(match.start(), match.end(), iso, iso and arithmetic.PRECISION[len(iso)], "partial")

    def _parts_of_dates(self) -> Iterator[re.Match[str]]:
        """Month and day at the start of a clause, behind 于 or in a list, and in a bracket before a value."""
        norm = self.note.norm
        for way in (patterns.MONTH_DAY, *((patterns.SLASHED,) if "/" in norm else ())):
            for match in way.finditer(norm):
                lead = norm[match.start() - 1 : match.start()] if match.start() else "。"
                if (
                    lead in "。,，;；."
                    or (lead.isspace() and "-" in match.group())
                    or (lead in "于、" and patterns.DONE.match(norm, match.end()))
                ):
                    yield match
        yield from patterns.BRACKETED.finditer(norm)

    def _partial(self, match: re.Match[str]) -> str | None:
        before = self._before(match.start())
        anchor = before.iso if before else None
        if ref := match["ref"]:
            base = self._note_iso() if ref in ("今年", "本年", "去年", "前年", "上一年") else anchor or self._note_iso()
            month = number(match["m"]) if match["m"] else None
            year = base and int(base[:4]) + patterns.YEAR_SHIFT[ref]
            day = int(match["d"]) if match["d"] else None
            return arithmetic.iso(year, int(month) if month else None, day) if year else None
        if match["mref"]:
            base = self._note_iso() if match["mref"] in ("本月", "上月", "上个月") else anchor or self._note_iso()
            return arithmetic.month_shift(base, patterns.MONTH_SHIFT[match["mref"]], match["d3"])
        return arithmetic.nearest_year(anchor, self._note_iso(), int(match["m2"]), int(match["d2"]))

    def _note_iso(self) -> str | None:
        return self.note_date.isoformat() if self.note_date else None

    def relative(self) -> Iterator[DateValue]:
        """``术后3月``, ``入院前1年``, ``3天前``."""
        if "前" not in self.note.norm and "后" not in self.note.norm:
            return
        for match in patterns.RELATIVE.finditer(self.note.norm):
            if match["after"]:
                yield self._after(match)
            elif match["before"] or match["ago"]:
                yield self._ago(match)

    def _after(self, match: re.Match[str]) -> DateValue:
        event = patterns.EVENT[match["after"].removesuffix("后")]
        anchor = self._before(match.start(), event)
        vague = bool(match["ao"] or match["ao2"])
        iso = arithmetic.shift(anchor.iso if anchor else None, number(match["an"]), match["au"], 1, vague)
        return DateValue(match.start(), match.end(), iso, iso and arithmetic.PRECISION[len(iso)], "relative")

    def _ago(self, match: re.Match[str]) -> DateValue:
        base = self.admission if match["before"] in ("入院前", "住院前", "来院前") else self.note_date
        if match["before"] == "术前":
            anchor = self._before(match.start(), patterns.EVENT["术"])
            base = arithmetic.parse(anchor.iso) if anchor else None
        vague = bool(match["o"] or match["o2"])
        iso = arithmetic.shift(base.isoformat() if base else None, number(match["n"]), match["u"], -1, vague)
        return DateValue(match.start(), match.end(), iso, iso and arithmetic.PRECISION[len(iso)], "relative")

    def day_words(self) -> Iterator[DateValue]:
        """``次日``, ``今日`` and the like."""
        for match in patterns.DAY_WORD.finditer(self.note.norm):
            before = None if match[0] in patterns.FROM_NOTE_DATE else self._before(match.start())
            base = before.iso if before and before.precision == "D" else None if before else self._note_iso()
            iso = arithmetic.shift(base, abs(patterns.DAY_WORD_SHIFT[match[0]]), "天", _sign(match[0]), False)
            yield DateValue(match.start(), match.end(), iso, "D" if iso else None, "relative")


def _sign(word: str) -> int:
    return -1 if patterns.DAY_WORD_SHIFT[word] < 0 else 1


component = note_component("oncorwe_dates", find)
