"""Rows of ``drug_administration`` and ``regimen``. Definitions: docs/variables-facts.md, "Treatment"."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from nlp.entities.drug import patterns as drug_words
from nlp.entities.drug.model import DrugName
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
from nlp.facts.surface import sentence_span, surface
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
        if _continued(text, row, kept) or _is_last_told_again(row, kept):
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


_SAME_COURSE = r"(?:(?!进展|停|再次?予)[^。;()复换改后])"
_CYCLE_GAP = re.compile(rf"{_SAME_COURSE}{{0,12}}?(?:\([^。;]{{0,160}}\))?{_SAME_COURSE}{{0,16}}")
"""Between two cycles told one by one: dates, the drugs of the first in a bracket, no examination, no change and no new start."""
_LONGEST_GAP = 60
"""Days between the starts of two cycles of one course."""


def _is_next_cycle(text: str, last: Fact, row: Fact) -> bool:
    """``03-04予XELOX化疗、03-25予XELOX化疗``: the same regimen with the next date, neither with cycles of its own."""
    before, own = (str(one.get("end_date") or one.get("start_date") or "") for one in (last.values, row.values))
    told = "date_basis" not in last.values and not {"date_basis", "n_cycles", "end_date"} & row.values.keys()
    counted = "n_cycles" in last.values and "end_date" not in last.values
    if not told or counted or _course(last) != _course(row) or len(before) != 10 or len(own) != 10:
        return False
    days = (datetime.date.fromisoformat(own) - datetime.date.fromisoformat(before)).days
    return 0 < days <= _LONGEST_GAP and bool(_CYCLE_GAP.fullmatch(text, last.end, row.start))


_CONTINUED = re.compile(r"继续(?:给予|予以?|行|用|使用|口服|服用|应用|原)?[^,;。\d]{0,4}$")


def _continued(text: str, row: Fact, before: list[Fact]) -> bool:
    """``评效SD，继续替吉奥治疗``: a treatment that goes on is the course named before, unless it has cycles of its own."""
    same = any(_course(row) == _course(one) for one in before)
    return same and "n_cycles" not in row.values and bool(_CONTINUED.search(text, max(0, row.start - 16), row.start))


def _is_last_told_again(row: Fact, before: list[Fact]) -> bool:
    """``末次化疗2016-05-02，XELOX``: the date is that of the last cycle of the same course named before."""
    date = row.values.get("start_date")
    return "n_cycles" not in row.values and any(
        date and _course(row) == _course(one) and date == one.values.get("end_date") for one in before
    )


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
    inside = [date.iso for date in note.dates if one.start < date.start < one.end and date.iso]
    values: dict[str, Any] = {
        "regimen_alias": value.alias,
        "regimen_name": " + ".join(sorted(value.drugs)) or None,
        "drug_names": list(value.drugs) or None,
        "n_cycles": _on_each(note, one, value, dates)
        or value.n_cycles
        or (len(dates) if len(dates) > 1 and not _is_period(note, dates, one) else None)
        or _cycles_of_own(surface(note), one),
        "clinician_line": value.line,
        **dated("start_date", _thereupon(note, one)),
    }
    if len(dates) > 1:
        values |= {"start_date": dates[0], "end_date": dates[-1]}
    elif last and (values.get("date_basis") == "note" or last >= (values.get("start_date") or "")[: len(last)]):
        values["end_date"] = last
    elif inside and inside[-1] > (values.get("start_date") or ""):
        values["end_date"] = inside[-1]
    return fact("regimen", values, [one], confidence(one), kind=_regimen_kind(value))


def _on_each(note: Note, one: Mention, value: RegimenValue, dates: list[str]) -> int | None:
    """``10-09及11-01分别行CAV方案1程``: a cycle on each of the dates."""
    each = value.n_cycles == 1 and "分别" in surface(note)[max(0, one.start - 8) : one.start]
    return len(dates) if each and len(dates) > 1 else None


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
