"""Columns of treatment and finding tables that depend on other tables: timing, concurrency, dose arithmetic, links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from warehouse.derive.common import Row, Rows, days

SPECIMEN_WINDOW = 45
"""A resection's pathology report follows within this many days."""
SPECIMEN_KINDS = ("RESECTION", "TRANSPLANT", "ENDOSCOPIC", "BIOPSY")
"""Operations that give a specimen."""


def complete_radiotherapy(rows: Rows) -> None:
    """Dose per fraction, EQD2 (alpha/beta 10) and concurrency with an antineoplastic drug."""
    drug_days = sorted(
        {
            r["start_date"]
            for r in rows.get("drug_administration", ())
            if r.get("is_antineoplastic") and r.get("date_precision") != "Y"
        }
    )
    for row in rows.get("radiotherapy", ()):
        complete_dose(row)
        end = row.get("end_date") or row["start_date"]
        row["concurrent_systemic"] = any(row["start_date"] <= d <= end for d in drug_days)


def complete_dose(course: Row) -> None:
    """Dose per fraction and EQD2 (alpha/beta 10) of one course."""
    total, fractions = course.get("total_dose_gy"), course.get("fractions")
    if total and fractions and not course.get("dose_per_fraction_gy"):
        course["dose_per_fraction_gy"] = round(total / fractions, 3)
    per = course.get("dose_per_fraction_gy")
    course["eqd2_gy"] = round(total * (per + 10.0) / 12.0, 2) if total and per else None


def link_pathology(rows: Rows) -> None:
    """A resection specimen belongs to the last resection or transplant of its tumour in the weeks before its report."""
    operations = [s for s in rows.get("surgery", ()) if s.get("procedure_kind") in SPECIMEN_KINDS]
    operations.sort(key=lambda s: (s["op_date"], str(s.get("surgery_id"))))
    for row in rows.get("pathology", ()):
        when = row.get("specimen_date") or row.get("report_date")
        if row.get("surgery_id") or when is None:
            continue
        near = [
            s
            for s in operations
            if s.get("tumour_id") == row.get("tumour_id")
            and 0 <= (when - s["op_date"]).days <= SPECIMEN_WINDOW
            and _kinds_fit(row, s)
        ]
        row["surgery_id"] = near[-1]["surgery_id"] if near else None


def _kinds_fit(pathology: Row, surgery: Row) -> bool:
    specimen, kind = pathology.get("specimen_type"), surgery["procedure_kind"]
    if kind == "BIOPSY":
        return specimen in ("BIOPSY", "CYTOLOGY")
    return specimen in (None, "RESECTION", "FROZEN") or (kind == "ENDOSCOPIC" and specimen == "BIOPSY")


def complete_attributes(
    attributes: Iterable[Row], surgeries: list[date], lines: Sequence[Row], recurrence: date | None
) -> None:
    """``timing`` of each attribute of a tumour: before any treatment, around surgery, on treatment, after recurrence."""
    starts = [*surgeries, *(line["start_date"] for line in lines)]
    for row in attributes:
        if not row.get("timing") and row.get("assessed_date"):
            row["timing"] = _timing(row["assessed_date"], surgeries, min(starts, default=None), recurrence)


def _timing(when: date, surgeries: list[date], treated: Any, recurrence: Any) -> str:
    if recurrence and when >= recurrence:
        return "RELAPSE"
    if treated is None or when <= treated:
        return "BASELINE"
    if surgeries and when < surgeries[0]:
        return "PREOP"
    if surgeries and surgeries[0] <= when <= surgeries[0] + days(SPECIMEN_WINDOW):
        return "POSTOP"
    return "ON_TREATMENT"


def complete_drugs(rows: Rows) -> None:
    """End date of tablets: start + supply - 1."""
    for row in rows.get("drug_administration", ()):
        if row.get("end_date") is None and row.get("route") == "PO" and row.get("days_supply"):
            row["end_date"] = row["start_date"] + days(int(row["days_supply"]) - 1)
