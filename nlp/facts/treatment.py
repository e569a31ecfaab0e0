"""Rows of ``radiotherapy``, ``drug_administration`` and ``regimen``. Definitions: docs/variables-facts.md, "Treatment"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

from nlp.entities.drug import patterns as drug_words
from nlp.entities.drug.model import DrugName
from nlp.entities.radiotherapy import patterns as radiotherapy
from nlp.entities.radiotherapy.model import RadiotherapyValue
from nlp.entities.regimen import patterns
from nlp.entities.regimen.drugs import drug_spans
from nlp.entities.regimen.model import DrugSpan, RegimenValue
from nlp.facts.context import (
    When,
    asserted,
    between,
    confidence,
    date_of,
    dated,
    dates_of,
    fact,
    of_label,
    of_note,
    overlapping,
)
from nlp.facts.first_diagnosis import of_operation
from nlp.facts.sites import topography
from nlp.facts.surface import fold_words, sentence_span, surface
from nlp.model import Fact, Label, Mention, Note
from nlp.text import number
from warehouse import codes

_ALSO_INJECTED = (
    "tegafur",
    "etoposide",
    "cyclophosphamide",
    "methotrexate",
    "vinorelbine",
    "topotecan",
    "temozolomide",
)
"""Given by mouth and into the vein: without a word the route stays open."""


def build_radiotherapy(note: Note) -> list[Fact]:
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
    """``2014-07-15至2014-08-16放疗，范围…。GTV 50Gy/25F``: a dose without a date has that of the course it is told of."""
    for one in doses:
        before = [row for row in named if one.start - _TOLD_WITHIN <= row.end <= one.start]
        if before and not _is_dated(one) and _is_dated(before[-1]):
            one.values.pop("date_basis", None)
            one.values |= {key: before[-1].values[key] for key in ("start_date", "end_date") if key in before[-1].values}


def _is_dated(one: Fact) -> bool:
    return bool(one.values.get("start_date")) and "date_basis" not in one.values


def _is_counted_apart(one: Fact, others: list[Fact]) -> bool:
    """``腹部放疗15次，…右肩部放疗10次``: fractions of its own, at another place, and no dose in the note."""
    own = one.values.get("fractions")
    return bool(own) and all(
        row.kind != "dose" and row.values.get("fractions") not in (None, own) and row.values.get("site") != one.values.get("site")
        for row in others
    )


def _apart(one: Fact, other: Fact) -> bool:
    """More than the months of a course between two dated rows; fractions told without a date (``现已放疗14次``) are of the course before."""
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


@cache
def _row_of(inn: str) -> codes.Drug | None:
    found: codes.Drug | None = codes.lookup("drugs", inn)
    return found


def build_drugs(note: Note) -> list[Fact]:
    """One row per drug named as given; a planned, refused or allergenic one is none."""
    text, spans = surface(note), drug_spans(surface(note))
    rows = [_drug(note, text, span, overlapping(note, Label.DRUG, span.start, span.end)) for span in spans]
    return [row for row in rows if row is not None] + list(_general_drugs(note, text))


def _general_drugs(note: Note, text: str) -> Iterator[Fact]:
    """General medicines (``口服络活喜``), which have no row in the code table: named, without code."""
    for one in of_label(note, Label.DRUG):
        name = one.value.name if isinstance(one.value, DrugName) and not one.value.inn else None
        if (
            name is None
            or name in drug_words.aside()
            or not asserted(one)
            or any(span.start < one.end and one.start < span.end for span in drug_spans(text))
            or patterns.NOT_GIVEN.search(text[max(0, one.start - 12) : one.start])
            or _NO_DOSE_AFTER.match(text, one.end)
        ):
            continue
        values = {
            "drug_name_raw": note.text[one.start : one.end],
            "is_antineoplastic": False,
            "record_kind": "REPORTED",
            **dated("start_date", date_of(note, one.start, one.end)),
        }
        yield fact("drug_administration", values, [one], 0.85, kind="general")


_NO_DOSE_AFTER = re.compile(r"[、,和及\u4e00-\u9fff]{0,12}?(?:过敏|皮试|耐药)")
"""Behind a name: what the patient must not have or is tested for."""


def _drug(note: Note, text: str, span: DrugSpan, one: Mention | None) -> Fact | None:
    before = text[max(0, span.start - 12) : span.start]
    if (one is not None and not asserted(one)) or patterns.NOT_GIVEN.search(before):
        return None
    row = _row_of(span.inn)
    if row is None:
        return None
    dates = dates_of(note, span.start, span.end)
    values: dict[str, Any] = {
        "drug_name_raw": note.text[span.start : span.end],
        "drug_name_std": row.inn,
        "drug_code": row.code,
        "drug_class": row.drug_class,
        "is_antineoplastic": row.is_antineoplastic,
        "record_kind": "REPORTED",
        "dose": span.dose,
        "dose_unit": span.dose_unit,
        "route": span.route or ("PO" if row.oral and row.inn not in _ALSO_INJECTED else None),
        "cycle_no": _cycle_no(text, span),
        **dated("start_date", date_of(note, span.start, span.end)),
    }
    if len(dates) > 1:
        values |= {"start_date": dates[0], "end_date": dates[-1]}
    return fact(
        "drug_administration", values, [one] if one else [], 0.92, (span.start, min(span.tail, len(text)) or span.end),
        kind="dose" if span.dose else "named",
    )  # fmt: skip


def _cycle_no(text: str, span: DrugSpan) -> int | None:
    low, high = sentence_span(text, span.start)
    for window in (text[span.end : min(high, span.end + 60)], text[max(low, span.start - 30) : span.start]):
        match = patterns.CYCLE_NO.search(window)
        if match and not re.search(r"[,。]", window[: match.start()]):
            value = number(match["n"] or match["c"])
            return int(value) if value else None
    return None


def build_regimens(note: Note) -> list[Fact]:
    """One row per regimen named or made of drugs in one list."""
    text = surface(note)
    found = []
    regimens = of_label(note, Label.REGIMEN)
    ends = _last_dates(note, regimens)
    for one in regimens:
        covered = between(note, Label.DRUG, one.start, one.end)
        planned = any(not asserted(item) for item in covered)
        if asserted(one) and not planned and not patterns.NOT_GIVEN.search(text[max(0, one.start - 12) : one.start]):
            found.append(_regimen(note, one, one.value, ends.get(one.start)))
    rows = _courses_of(text, found)
    _add_later_cycles(note, text, rows)
    return _before_due(text, rows)


def _add_later_cycles(note: Note, text: str, rows: list[Fact]) -> None:
    """``03-02行第二周期化疗``: a cycle more of the course before, and its last date."""
    for match in patterns.LATER_CYCLE.finditer(text) if "第" in text else ():
        before = [one for one in rows if one.end <= match.start()]
        when, given = date_of(note, *match.span()), int(number(match["n"]) or 0)
        done = before[-1].values.get("n_cycles", 1) if before else given
        if when.basis == "text" and when.iso and done < given <= done + 2:
            before[-1].values |= {"n_cycles": given, "end_date": when.iso}


def _before_due(text: str, rows: list[Fact]) -> list[Fact]:
    """``此次为第3次化疗入院``: the only course without a number has had the cycles before this one that no other course had."""
    open_rows = [one for one in rows if "n_cycles" not in one.values]
    due = patterns.DUE.search(text) if len(open_rows) == 1 and "第" in text else None
    if due and rows[-1].end <= due.start():
        given = int(number(due["n"]) or 1) - 1 - sum(one.values.get("n_cycles", 0) for one in rows)
        if given > 0:
            open_rows[0].values["n_cycles"] = given
    return rows


def _courses_of(text: str, rows: list[Fact]) -> list[Fact]:
    """``第1周期XELOX…，05-22第2周期XELOX``: a later cycle of the regimen named before is no course of its own."""
    kept: list[Fact] = []
    for row in rows:
        last = kept[-1] if kept else None
        if _continued(text, row, kept):
            continue
        if last is not None and _is_next_cycle(text, last, row):
            last.values |= {"n_cycles": last.values.get("n_cycles", 1) + 1, "end_date": row.values["start_date"]}
            last.end = row.end
            continue
        later = row.mentions and _cycle_named(text, row.mentions[0])
        if last is None or not later or not _goes_on(last, row, later):
            kept.append(row)
            continue
        last.values["n_cycles"] = later
        if "date_basis" not in row.values and row.values.get("start_date"):
            last.values["end_date"] = row.values.get("end_date") or row.values["start_date"]
    return kept


_CYCLE_GAP = re.compile(r"(?:[^。;]{0,12}?)?(?:\([^。;]{0,160}\))?[^。;()复换改]{0,16}")
"""Between two cycles told one by one: dates, the drugs of the first in a bracket, no examination and no change."""
_LONGEST_GAP = 60
"""Days between the starts of two cycles of one course."""


def _is_next_cycle(text: str, last: Fact, row: Fact) -> bool:
    """``03-04予XELOX化疗、03-25予XELOX化疗``: the same regimen with the next date, neither with cycles of its own."""
    before, own = (str(one.get("end_date") or one.get("start_date") or "") for one in (last.values, row.values))
    told = "date_basis" not in last.values and not {"date_basis", "n_cycles", "end_date"} & row.values.keys()
    counted = "n_cycles" in last.values and "end_date" not in last.values
    if not told or counted or _course(last) != _course(row) or len(before) != 10 or len(own) != 10:
        return False
    days = (date.fromisoformat(own) - date.fromisoformat(before)).days
    return 0 < days <= _LONGEST_GAP and bool(_CYCLE_GAP.fullmatch(text, last.end, row.start))


_CONTINUED = re.compile(r"继续(?:给予|予以?|行|用|使用|口服|服用|应用|原)?[^,;。\d]{0,4}$")


def _continued(text: str, row: Fact, before: list[Fact]) -> bool:
    """``评效SD，继续替吉奥治疗``: a treatment that goes on is the course named before, unless it has cycles of its own."""
    same = any(_course(row) == _course(one) for one in before)
    return same and "n_cycles" not in row.values and bool(_CONTINUED.search(text, max(0, row.start - 16), row.start))


def _course(row: Fact) -> str:
    return str(row.values.get("drug_names") or row.values.get("regimen_alias"))


def _goes_on(last: Fact, row: Fact, later: int) -> bool:
    """The same drugs, and a cycle that follows those of the course before."""
    same = last.values.get("drug_names") and last.values.get("drug_names") == row.values.get("drug_names")
    given = last.values.get("n_cycles") or 0
    return bool(same) and 0 < given < later <= given + 2


def _last_dates(note: Note, regimens: list[Mention]) -> dict[int, str]:
    """``DP*5，末次2013-07-16``: the date of the last cycle, by the start of the last regimen named within 80 characters before."""
    text = surface(note)
    found: dict[int, str] = {}
    for match in patterns.LAST_DATE.finditer(text) if "末次" in text else ():
        named = [date.iso for date in note.dates if date.start == match.end() and date.iso]
        before = [one for one in regimens if match.start() - 80 <= one.end <= match.start()]
        if named and named[0] and before:
            found[before[-1].start] = named[0]
    for date in note.dates if "停" in text else ():
        before = [one for one in regimens if date.start - 80 <= one.end <= date.start]
        if date.iso and before and patterns.STOPPED_AT.match(text, date.end):
            found.setdefault(before[-1].start, date.iso)
    return found


def _cycle_named(text: str, one: Mention) -> int | None:
    """``行第1程化疗``, ``第1、2、3次``: the last cycle named beside the regimen, in its clause or the one of its end."""
    return max((each for _, each in _cycles_beside(text, one)), default=None)


def _cycles_of_own(text: str, one: Mention) -> int | None:
    """How many cycles the numbers beside a regimen say: all up to the last, of a span after a change (``第3-6周期改为SOX``) its own."""
    found = _cycles_beside(text, one)
    last = max((each for _, each in found), default=None)
    first = min((each for each, _ in found), default=1)
    changed = patterns.CHANGED.search(text, max(0, one.start - 20), one.start)
    return last - first + 1 if last and changed and first < last else last


def _cycles_beside(text: str, one: Mention) -> list[tuple[int, int]]:
    """First and last number of each ``第…周期`` beside a regimen."""
    if "第" not in text:
        return []
    low, high = sentence_span(text, one.start)
    before = re.split("[,。]", text[max(low, one.start - 20) : one.start])[-1]
    after = re.split("[,。+]", text[one.end : min(high, one.end + 20)])[0]
    found = [match for window in (before, after) for match in patterns.CYCLE_GIVEN.finditer(window)]
    pairs = [(number(match["n"]), number(match["m"] or match["n"])) for match in found]
    return [(int(first), int(last)) for first, last in pairs if first and last]


def _regimen(note: Note, one: Mention, value: RegimenValue, last: str | None) -> Fact:
    dates = dates_of(note, one.start, one.end)
    values: dict[str, Any] = {
        "regimen_alias": value.alias,
        "regimen_name": " + ".join(sorted(value.drugs)) or None,
        "drug_names": list(value.drugs) or None,
        "n_cycles": value.n_cycles
        or (len(dates) if len(dates) > 1 and not _is_period(note, dates, one) else None)
        or _cycles_of_own(surface(note), one),
        "clinician_line": value.line,
        **dated("start_date", _thereupon(note, one)),
    }
    if len(dates) > 1:
        values |= {"start_date": dates[0], "end_date": dates[-1]}
    elif last and (values.get("date_basis") == "note" or last >= (values.get("start_date") or "")[: len(last)]):
        values["end_date"] = last
    return fact("regimen", values, [one], confidence(one), kind=_regimen_kind(value))


_DURING = re.compile(r"术中|介入|灌注|栓塞|tace|tae|haic|hipec|同时|术前")
"""Drugs of the operation itself, or before it; what follows an operation in its sentence was given later."""
_THEREUPON = re.compile(r"(?:遂|故|随即|即|因此|予以?|给予)[^,;。\d]{0,8}$")


def _thereupon(note: Note, one: Mention) -> When:
    """The date tied to a regimen, else the last of the sentence that it follows from (``…CT示复发。遂改用索坦``)."""
    when = date_of(note, one.start, one.end)
    text = surface(note)
    low = sentence_span(text, one.start)[0]
    if of_operation(note, one.start, when):
        during = _DURING.search(text[max(low, one.start - 16) : one.start])
        return When(when.iso, "surgery") if during and during.group() != "术前" else when if during else of_note(note)
    if when.basis == "text" or not low or not _THEREUPON.fullmatch(text, low, one.start):
        return when
    before = sentence_span(text, low - 1)[0]
    named = [date.iso for date in note.dates if before <= date.start < low and date.iso]
    return When(named[-1], "text") if named else when


def _regimen_kind(value: RegimenValue) -> str:
    if len(value.drugs) == 1:
        return "one drug"
    return "drugs" if "+" in value.alias else "name"


def _is_period(note: Note, dates: list[str], one: Mention) -> bool:
    """``2014-03-05至2014-04-09`` is a span of time, not two cycles."""
    named = [date for date in note.dates if date.iso and date.end <= one.start][-2:]
    gap = surface(note)[named[0].end : named[1].start] if len(named) == 2 else ""
    return len(dates) == 2 and gap.strip() in ("至", "到", "~", "-")
