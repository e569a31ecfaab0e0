"""From the columns of a bucket to the release tables of its plain patients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.derive.adverse import derive_adverse_events
from warehouse.derive.columnar.arrays import ROW, Group
from warehouse.derive.columnar.columns import READS, WRITES
from warehouse.derive.columnar.rows import passed, plain_schema, table_of_rows
from warehouse.derive.columnar.summaries import graded
from warehouse.derive.common import Row
from warehouse.derive.exposures import UNDATED
from warehouse.derive.place import WITH_CODE
from warehouse.derive.response import complete_responses
from warehouse.derive.sets.bucket import Bucket
from warehouse.derive.sets.endpoints import Cases, endpoint_table
from warehouse.derive.sets.staging import COMPLETED
from warehouse.derive.sets.tools import NEVER, PRECISIONS, DaySet, chosen, coded, day_array, days_of, numbers, truths
from warehouse.derive.sets.vital import STATES
from warehouse.derive.treatments import SPECIMEN_KINDS, complete_attributes, complete_dose, link_pathology
from warehouse.derive.tumours import RULE
from warehouse.derive.vital import RULE as VITAL_RULE

Columns = dict[str, pa.Array]
"""Written columns of an input table, one entry for every row of it."""


def plain_table(name: str, b: Bucket) -> pa.Table:
    """A derived table of the plain patients, with the contract's columns."""
    if name in _COURSE:
        return _COURSE[name](b)
    group = b.groups.get(name)
    if name == "adverse_event":
        return table_of_rows(name, list(_adverse_events(b)), group)
    found = [] if group is None else [_replaced(name, group, b)]
    if name == "drug_administration" and b.drugs.told:
        found.append(table_of_rows(name, _told(b), None))
    return pa.concat_tables(found) if found else plain_schema(name).empty_table()


def dropped(b: Bucket) -> list[Row]:
    """``_unplaced`` of the plain patients: facts that name no drug or no date."""
    return b.drugs.dropped


def _replaced(name: str, group: Group, b: Bucket) -> pa.Table:
    """The table's rows of plain patients, its written columns replaced."""
    written = _columns(name, group, b) if WRITES[name] else {}
    columns = [written[f.name] if f.name in written else passed(group.table, f) for f in plain_schema(name)]
    fields = zip(columns, plain_schema(name), strict=True)
    table = pa.table([c if c.type == f.type else c.cast(f.type) for c, f in fields], schema=plain_schema(name))
    keep = b.is_plain[group.person]
    return table if keep.all() else table.filter(pa.array(keep))


def _columns(name: str, group: Group, b: Bucket) -> Columns:
    own = _WRITTEN[name](group, b) if name in _WRITTEN else {}
    if "tumour_id" in WRITES[name] and "tumour_id" not in own:
        own["tumour_id"] = b.tumours.ids.take(pa.array(group.person))
    if name in WITH_CODE:
        own["tumour_code"] = chosen(b.tumours.plain.codes, b.tumours.plain.code[group.person])
    return own


# --- tables that derivation makes ----------------------------------------------------------------------------------------------


def _tumours(b: Bucket) -> pa.Table:
    t, c, count = b.tumours, b.course, len(b.is_plain)
    one = np.zeros(count, np.int64)
    columns = {
        **t.columns,
        "tumour_id": t.ids,
        "patient_id": t.patient_ids,
        "tumour_seq": pa.array(one + 1),
        "tumour_code": chosen(t.plain.codes, t.plain.code),
        "first_dx_date": day_array(t.first_dx),
        "dx_date_precision": chosen(PRECISIONS, t.precision),
        "age_at_dx": pa.array(t.age, mask=t.age < 0),
        "metastatic_date": day_array(c.metastatic.not_before(t.first_dx)),
        "recurrence_date": day_array(c.recurrence.not_before(t.first_dx)),
        "recurrence_date_precision": _precision(c.recurrence.known, c.recurrence.precision),
        "advanced_date": day_array(c.advanced.not_before(t.first_dx)),
        "advanced_date_precision": _precision(c.advanced.known, c.advanced.precision),
        "source_kind": chosen(["DERIVED"], one),
        "source_ref": chosen([RULE], one),
        "review_status": chosen(["NOT_REVIEWED"], one),
    }
    schema = plain_schema("tumour")
    made = pa.table([columns.get(f.name, pa.nulls(count, f.type)).cast(f.type) for f in schema], schema=schema)
    return made if b.is_plain.all() else made.filter(pa.array(b.is_plain))


def _precision(known: np.ndarray, precision: np.ndarray) -> pa.Array:
    return chosen(PRECISIONS, np.where(known, precision, -1))


def _endpoints(b: Bucket) -> pa.Table:
    return endpoint_table(Cases(b.tumours, b.course, b.lines, b.vital, b.last_document, b.rules))


_COURSE: Mapping[str, Callable[[Bucket], pa.Table]] = {
    "tumour": _tumours,
    "line_of_therapy": lambda b: b.lines.table,
    "regimen": lambda b: b.lines.regimen_table,
    "endpoint": _endpoints,
}


# --- columns that derivation writes ----------------------------------------------------------------------------------------------


def _patient(group: Group, b: Bucket) -> Columns:
    v, who = b.vital, group.person
    told, agreeing = v.told[who].tolist(), v.agreeing[who].tolist()
    refs = _texts(group, "source_ref")
    documents = group.column("n_documents")
    own = pa.nulls(len(who), pa.int32()) if documents is None else documents.cast(pa.int32())
    if letters := b.groups.get("document"):
        counted = np.bincount(letters.person, minlength=len(b.is_plain))[who].astype(np.int32)
        own = pc.if_else(pa.array(counted > 0), pa.array(counted), own)
    review = zip(v.conflict[who].tolist(), _texts(group, "review_status"), strict=True)
    year = b.birth_year[who]
    age = np.where(b.is_plain, b.tumours.age, -1)[who]
    return {
        "birth_year": pa.array(year, mask=year < 0),
        "age_top_coded": pa.array(b.top_coded[who]),
        "age_at_index": pa.array(age, mask=age < 0),
        "vital_status": chosen(STATES, v.state[who]),
        "death_date": day_array(v.death[who]),
        "death_date_precision": _precision(v.death[who] != NEVER, v.precision[who]),
        "death_source": chosen(v.sources, v.source[who]),
        "first_activity_date": day_array(v.first_visit[who]),
        "last_activity_date": day_array(v.last_activity[who]),
        "n_documents": own,
        "source_ref": pa.array(
            [f"{VITAL_RULE}:{a}/{t}" if t else r for a, t, r in zip(agreeing, told, refs, strict=True)], pa.string()
        ),
        "review_status": pa.array(["CONFLICT" if c else r or "NOT_REVIEWED" for c, r in review]),
    }


def _texts(group: Group, name: str) -> list[Any]:
    column = group.column(name)
    return [None] * len(group.person) if column is None else column.to_pylist()


def _diagnosis(group: Group, b: Bucket) -> Columns:
    """A diagnosis belongs to the tumour that it tells of."""
    members = b.tumours.members
    mine = np.zeros(len(group.person), bool)
    mine[members.row[members.table == 0]] = True
    return {"tumour_id": b.tumours.ids.take(pa.array(group.person, mask=~mine))}


def _attributes(group: Group, b: Bucket) -> Columns:
    recurrence = b.course.recurrence.not_before(b.tumours.first_dx)
    surgeries, lines = b.course.surgeries.lists(len(b.is_plain)), _lines_by_person(b)
    told = group.rows(("assessed_date", "timing"))
    for person in np.unique(group.person[b.is_plain[group.person]]).tolist():
        day = day_array(recurrence[person : person + 1])[0].as_py()
        complete_attributes(told[person], surgeries[person], lines.get(person, []), day)
    return {"timing": pa.array([r.get("timing") for rows in told for r in rows], pa.string())}


def _staging(group: Group, b: Bucket) -> Columns:
    types = {f.name: f.type for f in plain_schema("staging")}
    return {c: b.stages.column(c, types[c]) for c in COMPLETED} | {"stage_date": day_array(b.stages.day)}


def _metastasis(group: Group, b: Bucket) -> Columns:
    after = days_of(group, "first_seen_date") - b.tumours.first_dx[group.person]
    return {"synchronous": pa.array(after <= b.rules.tumours["synchronous_days"])}


def _pathology(group: Group, b: Bucket) -> Columns:
    """A specimen belongs to the operation that it came from."""
    ids = _texts(group, "surgery_id")
    surgery = b.groups.get("surgery")
    operated = np.zeros(len(b.is_plain), bool)
    operations: list[list[Row]] = [[] for _ in operated]
    if surgery is not None:
        operated[surgery.person[coded(surgery, "procedure_kind").among(*SPECIMEN_KINDS)]] = True
        operations = surgery.rows(("surgery_id", "op_date", "procedure_kind"))
    asked = operated[group.person] | coded(group, "surgery_id").among("")
    reports = group.rows(("specimen_date", "report_date", "surgery_id", "specimen_type"), asked)
    for person in np.unique(group.person[asked & b.is_plain[group.person]]).tolist():
        link_pathology({"surgery": operations[person], "pathology": reports[person]})
        for row in reports[person]:
            ids[row[ROW]] = row.get("surgery_id")
    return {"surgery_id": pa.array(ids, pa.string())}


def _radiotherapy(group: Group, b: Bucket) -> Columns:
    courses = [r for rows in group.rows(("total_dose_gy", "fractions", "dose_per_fraction_gy")) for r in rows]
    for course in courses:
        complete_dose(course)
    start, end = days_of(group, "start_date"), days_of(group, "end_date")
    end, person = np.where(end == NEVER, start, end), group.person.astype(np.int64)
    given = DaySet.of(np.zeros(0, np.int64), np.zeros(0, np.int64))
    if (drugs := b.drugs.group) is not None:
        where = truths(drugs, "is_antineoplastic") & ~coded(drugs, "date_precision").among("Y")
        given = DaySet.of(drugs.person[where], days_of(drugs, "start_date")[where])
    return {
        "dose_per_fraction_gy": pa.array([c.get("dose_per_fraction_gy") for c in courses], pa.float64()),
        "eqd2_gy": pa.array([c["eqd2_gy"] for c in courses], pa.float64()),
        "concurrent_systemic": pa.array(given.within(person, start, end)),
    }


def _drugs(group: Group, b: Bucket) -> Columns:
    """End of tablets: start + supply - 1."""
    start, end = days_of(group, "start_date"), days_of(group, "end_date")
    supply = np.nan_to_num(numbers(group, "days_supply")).astype(np.int64)
    tablets = (end == NEVER) & coded(group, "route").among("PO") & (supply != 0)
    return {"end_date": day_array(np.where(tablets, start + supply - 1, end))}


def _told(b: Bucket) -> list[Row]:
    """Drug rows that notes add, each with its tumour."""
    number = {p: n for n, p in enumerate(b.tumours.patient_ids.to_pylist())}
    ids = b.tumours.ids.to_pylist()
    rows = [{**row, "tumour_id": ids[number[row["patient_id"]]]} for row in b.drugs.told]
    for row in rows:
        row.pop(UNDATED, None)
    return rows


def _responses(group: Group, b: Bucket) -> Columns:
    lines = _lines_by_person(b)
    told = group.rows(("assessed_date", "response_id", "sum_target_mm", "pct_change"))
    for person in np.unique(group.person[b.is_plain[group.person]]).tolist():
        complete_responses(told[person], lines.get(person, []))
    rows = [r for found in told for r in found]
    return {
        "is_progression": pa.array(b.course.responses.is_progression),
        "line_id": pa.array([r.get("line_id") for r in rows], pa.string()),
        "pct_change": pa.array([r.get("pct_change") for r in rows], pa.float64()),
    }


def _comorbidity(group: Group, b: Bucket) -> Columns:
    first = days_of(group, "first_date")
    return {"before_index": pa.array((first != NEVER) & (first <= b.tumours.first_dx[group.person]))}


_WRITTEN: Mapping[str, Callable[[Group, Bucket], Columns]] = {
    "patient": _patient,
    "diagnosis": _diagnosis,
    "tumour_attribute": _attributes,
    "staging": _staging,
    "metastasis": _metastasis,
    "pathology": _pathology,
    "radiotherapy": _radiotherapy,
    "drug_administration": _drugs,
    "response_assessment": _responses,
    "comorbidity": _comorbidity,
}


# --- adverse events: a single patient's rule for who has some --------------------------------------------------------------------


def _lines_by_person(b: Bucket) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for person, row in zip(b.lines.person.tolist(), b.lines.rows, strict=True):
        found.setdefault(person, []).append(row)
    return found


def _adverse_events(b: Bucket) -> Iterator[Row]:
    group, count = b.groups.get("adverse_event"), len(b.is_plain)
    noted = group.rows(READS["adverse_event"]) if group else [[] for _ in range(count)]
    shown = graded(b.groups.get("lab_measurement"), count, b.rules)
    lines, ids, patients = _lines_by_person(b), b.tumours.ids.to_pylist(), b.tumours.patient_ids.to_pylist()
    for person in np.flatnonzero(b.is_plain).tolist():
        if noted[person] or (shown[person] and person in lines):
            told = [{**row, "tumour_id": ids[person]} for row in noted[person]]
            by_start = sorted(lines.get(person, []), key=lambda r: (r["start_date"], r["line_id"]))
            yield from derive_adverse_events(told, shown[person], by_start, b.rules, patients[person])
