"""Summaries of many patients at once: what ``warehouse.derive.summary.summarise`` says of each, from columns."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.derive.columnar.arrays import NO_DAY, Group, dates, values
from warehouse.derive.rules import Rules
from warehouse.derive.summary import GIVEN, IN_PERSON, Graded, Summary

_SHIFT = 1 << 32
"""Patient and day in one number: patient * 2**32 + day + 2**31."""


def summaries(groups: Mapping[str, Group], count: int, rules: Rules) -> list[Summary]:
    """One summary a patient, in the patients' order."""
    visits = _visits(groups, count)
    years = _last_years(groups, count)
    last_documents, numbers = _documents(groups.get("document"), count)
    named = _document_days(groups, count)
    labs = graded(groups.get("lab_measurement"), count, rules)
    return [Summary(*each) for each in zip(years, visits, last_documents, numbers, named, labs, strict=True)]


def _last(group: Group, days: np.ndarray, count: int) -> np.ndarray:
    """Latest of ``days`` (one a row) of each patient, ``NO_DAY`` without any."""
    found = np.full(count, NO_DAY, np.int32)
    starts = np.array(group.starts)
    filled = starts[1:] > starts[:-1]
    if len(days):
        found[filled] = np.maximum.reduceat(days, starts[:-1][filled])
    return found


def last_days(groups: Mapping[str, Group], count: int) -> np.ndarray:
    """Latest day in any table of each patient, ``NO_DAY`` without any."""
    last = np.full(count, NO_DAY, np.int32)
    for group in groups.values():
        for field in group.source.schema:
            if pa.types.is_date(field.type):
                last = np.maximum(last, _last(group, group.days(field.name), count))
    return last


def _last_years(groups: Mapping[str, Group], count: int) -> list[int]:
    last = last_days(groups, count)
    years = last.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return np.where(last == NO_DAY, 0, years).tolist()


def visit_days(groups: Mapping[str, Group]) -> np.ndarray:
    """Distinct in-person days as sorted numbers of patient and day."""
    seen = [
        group.person[(days != NO_DAY) & counts].astype(np.int64) * _SHIFT
        + days[(days != NO_DAY) & counts]
        + _SHIFT // 2
        for group, days, counts in _in_person(groups)
    ]
    keys = np.sort(np.concatenate([np.empty(0, np.int64), *seen]))
    return keys[np.flatnonzero(np.diff(keys, prepend=-1))]


def _visits(groups: Mapping[str, Group], count: int) -> list[tuple[date, ...]]:
    """Distinct in-person days of each patient in order."""
    keys = visit_days(groups)
    day_of = dates(keys % _SHIFT - _SHIFT // 2)
    starts = np.searchsorted(keys, np.arange(count + 1, dtype=np.int64) * _SHIFT).tolist()
    return [tuple(day_of[a:b]) for a, b in itertools.pairwise(starts)]  # type: ignore[arg-type]


def _in_person(groups: Mapping[str, Group]) -> Iterable[tuple[Group, np.ndarray, np.ndarray]]:
    """(table, days, which of its rows show the patient in the hospital)."""
    if encounter := groups.get("encounter"):
        present = ~encounter.equals("encounter_type", "TELE")
        yield from ((encounter, encounter.days(c), present) for c in ("start_date", "end_date"))
    for table, column in IN_PERSON:
        if group := groups.get(table):
            yield group, group.days(column), ~group.equals("source_kind", "NLP")
    if drugs := groups.get("drug_administration"):
        yield drugs, drugs.days("start_date"), drugs.equals("record_kind", *GIVEN) & ~drugs.equals("source_kind", "NLP")
    if follow_up := groups.get("follow_up"):
        came = follow_up.equals("channel", "VISIT") & ~follow_up.equals("status", "LOST")
        yield follow_up, follow_up.days("contact_date"), came


def _documents(group: Group | None, count: int) -> tuple[list[date | None], list[int | None]]:
    if group is None:
        return [None] * count, [None] * count
    numbers = np.diff(group.starts).tolist()
    return dates(_last(group, group.days("doc_date"), count)), [n or None for n in numbers]


def _document_days(groups: Mapping[str, Group], count: int) -> list[dict[str, date | None]]:
    """Days of the documents that reported drugs come from."""
    found: list[dict[str, date | None]] = [{} for _ in range(count)]
    drugs, documents = groups.get("drug_administration"), groups.get("document")
    told = drugs.column("document_id") if drugs else None
    if drugs is None or documents is None or told is None:
        return found
    wanted = told.filter(pa.array(drugs.equals("record_kind", "REPORTED"))).drop_null()
    ids = documents.column("document_id")
    if ids is None or not len(wanted):
        return found
    hits = np.flatnonzero(pc.is_in(ids, value_set=wanted.unique()).to_numpy(zero_copy_only=False))
    days = dates(documents.days("doc_date")[hits])
    for person, key, day in zip(
        documents.person[hits].tolist(), ids.take(pa.array(hits)).to_pylist(), days, strict=True
    ):
        found[person][key] = day
    return found


def graded(group: Group | None, count: int, rules: Rules) -> list[dict[str, list[Graded]]]:
    """Graded laboratory values of each patient by term."""
    found: list[dict[str, list[Graded]]] = [{} for _ in range(count)]
    if group is None or group.no_rows:
        return found
    entries: dict[str, list[Mapping[str, Any]]] = {}
    for entry in rules.adverse_events["grade"]:
        entries.setdefault(entry["ae_term"], []).append(entry)
    for term in sorted(entries):
        _add_term(found, term, entries[term], group)
    return found


def _add_term(found: list[dict[str, list[Graded]]], term: str, entries: list[Mapping[str, Any]], group: Group) -> None:
    parts = [_grade_rows(group, entry) for entry in entries]
    rows, grades = (np.concatenate(column) for column in zip(*parts, strict=True))
    days, person = group.days("sample_date")[rows], group.person[rows]
    order = np.lexsort((rows, -grades, days, person))
    rows, grades, days, person = rows[order], grades[order], days[order], person[order]
    # A value of no grade matters only where it ends an episode: right after a graded one of the same patient.
    ends = np.zeros(len(rows), bool)
    ends[1:] = (grades[:-1] > 0) & (person[1:] == person[:-1])
    kept = (grades > 0) | ends
    origin = (_texts(group, c, rows[kept]) for c in ("hospital_id", "release_id"))
    sources = [_source(*each) for each in zip(*origin, strict=True)]
    graded = zip(person[kept].tolist(), dates(days[kept]), grades[kept].tolist(), sources, strict=True)
    for patient, day, grade, source in graded:
        found[patient].setdefault(term, []).append((day, grade, source))  # type: ignore[arg-type]


def _texts(group: Group, name: str, rows: np.ndarray) -> list[Any]:
    column = group.stored(name)
    return [None] * len(rows) if column is None else values(column.take(pa.array(rows)))


def _source(hospital_id: str | None, release_id: str | None) -> dict[str, str | None]:
    return {"hospital_id": hospital_id, "release_id": release_id}


def _numbers(group: Group, name: str) -> np.ndarray:
    column = group.column(name)
    if column is None:
        return np.full(len(group.person), np.nan)
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)


def _grade_rows(group: Group, entry: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Rows that an entry grades, and their grades: ``lab_grade`` for columns."""
    unit, value = group.column("unit"), group.column("value_num")
    usable = group.equals("test_code", *entry["codes"])
    if value is None:
        usable = np.zeros_like(usable)
    else:
        usable &= value.is_valid().to_numpy(zero_copy_only=False)
    if unit is not None:
        usable &= group.equals("unit", entry["unit"]) | unit.is_null().to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(usable)
    numbers = _numbers(group, "value_num")[rows]
    grades = np.zeros(len(rows), np.int64)
    for bound in _bounds(entry, _numbers(group, "ref_low")[rows], _numbers(group, "ref_high")[rows]):
        grades += numbers < bound if entry["direction"] == "low" else numbers > bound
    return rows, grades


def _bounds(entry: Mapping[str, Any], low: np.ndarray, high: np.ndarray) -> list[np.ndarray]:
    """The limits of grades 1, 2, ... of each value; a missing or zero limit of normal in the report counts as none."""
    bounds = [np.full(len(low), float(b)) for b in entry["bounds"]]
    if entry["of"] == "uln":
        upper = np.where(np.isnan(high) | (high == 0), entry["uln"], high)
        return [b * upper for b in bounds]
    if entry.get("lln_first"):
        own = ~np.isnan(low) & (low != 0)
        bounds[0] = np.where(own, np.maximum(low, bounds[1]), bounds[0])
    return bounds
