"""What the derivation needs of a patient's long tables, as a few values: when anything happened, in-person days, graded labs.

``summarise`` makes it from rows. ``warehouse.derive.columnar`` makes the same for thousands of patients at once from columns; a
test holds the two equal. So documents, laboratory values and vital signs need not become rows for the rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from warehouse.derive.common import Row, Rows, latest
from warehouse.derive.rules import Rules

Graded = tuple[date, int, Mapping[str, Any]]
"""Day, CTCAE grade (0: none) and the laboratory row."""

IN_PERSON = (
    ("surgery", "op_date"),
    ("radiotherapy", "start_date"),
    ("imaging_finding", "exam_date"),
    ("vital_sign", "measure_date"),
    ("lab_measurement", "sample_date"),
)
"""Tables whose structured rows show the patient in the hospital, beside encounters, follow-up visits and drugs given."""
GIVEN = ("ADMINISTERED", "DISPENSED")
"""Kinds of drug record that show the patient in the hospital."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One patient's long tables in short."""

    last_year: int = 0
    """Calendar year of the latest date in any table; 0 without any date."""
    visits: tuple[date, ...] = ()
    """Distinct in-person days in order."""
    last_document: date | None = None
    n_documents: int | None = None
    """None when no documents are at hand."""
    document_days: Mapping[str, date | None] = field(default_factory=dict)
    """Day of each document that a reported drug comes from (more may be there)."""
    graded: Mapping[str, Sequence[Graded]] = field(default_factory=dict)
    """Per CTCAE term with any grade: its values in order of day, worst first (values that change nothing may be left out)."""


def summarise(rows: Rows, rules: Rules) -> Summary:
    """The summary of one patient's rows."""
    documents = rows.get("document")
    return Summary(
        last_year=_last_year(rows),
        visits=in_person_days(rows),
        last_document=latest(r.get("doc_date") for r in documents or ()),
        n_documents=None if documents is None else len(documents),
        document_days={r["document_id"]: r.get("doc_date") for r in documents or () if r.get("document_id")},
        graded=graded_labs(rows.get("lab_measurement", ()), rules),
    )


def _last_year(rows: Rows) -> int:
    return max(
        (value.year for table in rows.values() for row in table for value in row.values() if isinstance(value, date)),
        default=0,
    )


def in_person_days(rows: Rows) -> tuple[date, ...]:
    """Distinct in-person days in order; what only a note tells does not count."""
    seen: set[date] = set()
    for row in rows.get("encounter", ()):
        if row.get("encounter_type") != "TELE":
            seen.update(d for d in (row.get("start_date"), row.get("end_date")) if d)
    for table, column in IN_PERSON:
        seen.update(r[column] for r in rows.get(table, ()) if r.get("source_kind") != "NLP" and r.get(column))
    for row in rows.get("drug_administration", ()):
        if row.get("record_kind") in GIVEN and row.get("source_kind") != "NLP":
            seen.add(row["start_date"])
    for row in rows.get("follow_up", ()):
        if row.get("channel") == "VISIT" and row.get("status") != "LOST":
            seen.add(row["contact_date"])
    return tuple(sorted(d for d in seen if d))


def grades_by_code(rules: Rules) -> Mapping[str, tuple[Mapping[str, Any], ...]]:
    """Laboratory code -> the grading entries that it feeds."""
    if "ae_by_code" not in rules.memo:
        table: dict[str, tuple[Mapping[str, Any], ...]] = {}
        for entry in rules.adverse_events["grade"]:
            for code in entry["codes"]:
                table[code] = (*table.get(code, ()), entry)
        rules.memo["ae_by_code"] = table
    return rules.memo["ae_by_code"]


def graded_labs(labs: Sequence[Row], rules: Rules) -> dict[str, list[Graded]]:
    """Values of each term that has any grade, in order of day, worst first."""
    table = grades_by_code(rules)
    values: dict[str, list[Graded]] = {}
    for lab in labs:
        for entry in table.get(lab.get("test_code") or "", ()):
            value = lab.get("value_num")
            if value is not None and lab.get("unit") in (None, entry["unit"]):
                values.setdefault(entry["ae_term"], []).append((lab["sample_date"], lab_grade(value, lab, entry), lab))
    return {
        term: sorted(found, key=lambda v: (v[0], -v[1]))
        for term, found in sorted(values.items())
        if any(grade for _, grade, _ in found)
    }


def grade_limits(lab: Mapping[str, Any], entry: Mapping[str, Any]) -> list[float]:
    """Limits of grades 1, 2, … in the canonical unit; the report's own limit of normal comes before the default."""
    bounds = list(entry["bounds"])
    if entry["of"] == "uln":
        upper = lab.get("ref_high") or entry["uln"]
        bounds = [b * upper for b in bounds]
    elif entry.get("lln_first") and lab.get("ref_low"):
        bounds[0] = max(lab["ref_low"], bounds[1])
    return bounds


def lab_grade(value: float, lab: Mapping[str, Any], entry: Mapping[str, Any]) -> int:
    """CTCAE grade (0: none) of a value in the canonical unit."""
    bounds = grade_limits(lab, entry)
    if entry["direction"] == "low":
        return sum(value < b for b in bounds)
    return sum(value > b for b in bounds)
