"""Rows of ``radiotherapy``. Definition: docs/variables-facts.md, "Treatment"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from nlp.entities.radiotherapy import patterns as radiotherapy
from nlp.entities.radiotherapy.model import RadiotherapyValue
from nlp.facts.context import When, asserted, confidence, date_of, dated, dates_of, fact, of_label
from nlp.facts.first_diagnosis import of_operation
from nlp.facts.sites import topography
from nlp.facts.surface import fold_words, sentence_span, surface
from nlp.model import Fact, Label, Mention, Note


def build(note: Note) -> list[Fact]:
    """One row per dose or, without dose, per course named."""
    told = [one for one in of_label(note, Label.RADIOTHERAPY) if asserted(one, planned=_has_plan_dose(note, one))]
    rows = _courses([_radiotherapy(note, one, one.value) for one in told])
    for iso, at in _last_fractions(note):
        before = [one for one in rows if at - 80 <= one.end <= at and "end_date" not in one.values]
        last = before[-1].values.get("start_date") if before else None
        for one in before:
            if one.values.get("start_date") == last and (last or "") < iso:
                one.values["end_date"] = iso
    return rows


def _last_fractions(note: Note) -> Iterator[tuple[str, int]]:
    """Dates of a last fraction (``末次放疗2013-08-01``, ``2014-10-14放疗结束``) with their places."""
    text = surface(note)
    stops = {match.end() for match in radiotherapy.LAST_DATE.finditer(text)} if "末次" in text else set()
    for date in note.dates if stops or "结束" in text or "完成" in text else ():
        if date.iso and (date.start in stops or radiotherapy.ENDED.match(text, date.end)):
            yield date.iso, date.start


_COURSE_MONTHS = 4
"""A course of external irradiation and its follow-up lie within this time: the word 放疗 in it tells of the same course."""


def _courses(rows: list[Fact]) -> list[Fact]:
    """Rows with a dose, and of those without one each that lies apart in time from all before it."""
    kept = [one for one in rows if one.kind == "dose"]
    _date_doses(kept, [one for one in rows if one.kind != "dose"])
    named = sorted(
        (one for one in rows if one.kind != "dose"),
        key=lambda one: "date_basis" in one.values or not one.values.get("start_date"),
    )
    for one in named:
        if not kept or all(_apart(one, other) for other in kept) or _is_counted_apart(one, kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


_TOLD_WITHIN = 240
"""Characters between the beginning of a course and the dose that the plan for it gives."""


def _date_doses(doses: list[Fact], named: list[Fact]) -> None:
    """``2016-03-01至2016-04-06放疗，范围…。PTV 46Gy/23F``: a dose without a date has that of the course it is told of."""
    for one in doses:
        before = [row for row in named if one.start - _TOLD_WITHIN <= row.end <= one.start]
        if before and not _is_dated(one) and _is_dated(before[-1]):
            one.values.pop("date_basis", None)
            one.values |= {
                key: before[-1].values[key] for key in ("start_date", "end_date") if key in before[-1].values
            }


def _is_dated(one: Fact) -> bool:
    return bool(one.values.get("start_date")) and "date_basis" not in one.values


def _is_counted_apart(one: Fact, others: list[Fact]) -> bool:
    """``胸椎放疗12次，…左股骨放疗8次``: fractions of its own, at another place, and no dose in the note."""
    own = one.values.get("fractions")
    return bool(own) and all(
        row.kind != "dose"
        and row.values.get("fractions") not in (None, own)
        and row.values.get("site") != one.values.get("site")
        for row in others
    )


def _apart(one: Fact, other: Fact) -> bool:
    """More than the months of a course between two dated rows; fractions told without a date (``现已放疗11次``) are of the course before."""
    if "date_basis" in one.values and 0 < one.values.get("fractions", 0) <= other.values.get("fractions", 0):
        return False
    own, theirs = (str(row.values.get("start_date") or "") for row in (one, other))
    if len(own) < 7 or len(theirs) < 7:
        return False
    months = [int(date[:4]) * 12 + int(date[5:7]) for date in (own, theirs)]
    return abs(months[0] - months[1]) > _COURSE_MONTHS


_PLAN_DOSE = re.compile(r"计划(?!行|予|给予|于)[^。;]{0,40}$")
_ONLY_INTENDED = re.compile(r"(?:拟|建议|择期|预约|考虑|待)[^,。;]{0,14}$")


def _has_plan_dose(note: Note, one: Mention) -> bool:
    """``计划量DT 45Gy``, ``计划CTV 50Gy/25F`` is the dose of a course that has been planned out, not one only intended."""
    if one.value.total_gy is None:
        return False
    before = surface(note)[max(0, one.start - 60) : one.start]
    return bool(_PLAN_DOSE.search(before)) and not _ONLY_INTENDED.search(before)


def _radiotherapy(note: Note, one: Mention, value: RadiotherapyValue) -> Fact:
    dates = dates_of(note, one.start, one.end)
    values = {
        "total_dose_gy": value.total_gy,
        "fractions": value.fractions,
        "dose_per_fraction_gy": value.fraction_gy,
        "technique": value.technique,
        "target": value.target,
        "site": topography(fold_words(value.site_text)) if value.site_text else None,
        "intent": value.intent,
        **dated("start_date", date_of(note, one.start, one.end)),
    }
    if len(dates) > 1:
        values |= {"start_date": dates[0], "end_date": dates[-1]}
    elif "date_basis" not in values:
        values |= _until(note, one, values["start_date"])
    if value.total_gy is None and of_operation(note, one.start, When(values["start_date"], "text")):
        values["date_basis"] = "surgery"
    if value.total_gy is None and surface(note)[one.end : one.end + 1] == "后":
        values |= {"start_date": None, "end_date": None, "date_basis": None}
    return fact(
        "radiotherapy",
        values,
        [one],
        confidence(one, 0.92 if value.total_gy else 0.75),
        kind="dose" if value.total_gy else "named",
    )


def _until(note: Note, one: Mention, iso: str | None) -> dict[str, Any]:
    """``2014-03-01开始放疗,2014-04-10结束,共DT50Gy``: the date tied to the dose is that of the end, the one before it of the start."""
    text = surface(note)
    low = sentence_span(text, one.start)[0]
    dates = [date for date in note.dates if date.iso and low <= date.start < one.start]
    if len(dates) < 2 or dates[-1].iso != iso or not radiotherapy.ENDED.match(text, dates[-1].end):
        return {}
    return {"start_date": dates[-2].iso, "end_date": iso}
