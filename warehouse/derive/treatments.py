"""Columns of treatment and finding tables that depend on other tables: timing, concurrency, dose arithmetic, links."""

from __future__ import annotations

from datetime import date
from typing import Any

from warehouse.derive.common import Row, Rows, days
from warehouse.derive.course import curative_surgeries, of_tumour
from warehouse.derive.tumours import Tumour

SPECIMEN_WINDOW = 45
"""A resection's pathology report follows within this many days."""


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
        total, fractions = row.get("total_dose_gy"), row.get("fractions")
        if total and fractions and not row.get("dose_per_fraction_gy"):
            row["dose_per_fraction_gy"] = round(total / fractions, 3)
        per = row.get("dose_per_fraction_gy")
        row["eqd2_gy"] = round(total * (per + 10.0) / 12.0, 2) if total and per else None
        end = row.get("end_date") or row["start_date"]
        row["concurrent_systemic"] = any(row["start_date"] <= d <= end for d in drug_days)


def link_pathology(rows: Rows) -> None:
    """A resection specimen belongs to the last resection or transplant of its tumour in the weeks before its report."""
    operations = [
        s
        for s in rows.get("surgery", ())
        if s.get("procedure_kind") in ("RESECTION", "TRANSPLANT", "ENDOSCOPIC", "BIOPSY")
    ]
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


def complete_attributes(tumour: Tumour, rows: Rows, lines: list[Row]) -> None:
    """``timing`` of each attribute: before any treatment, around surgery, on treatment, after recurrence."""
    surgeries = curative_surgeries(rows, tumour)
    starts = [*surgeries, *(line["start_date"] for line in lines)]
    recurrence = tumour.row.get("recurrence_date")
    for row in of_tumour(rows, "tumour_attribute", tumour):
        if not row.get("timing") and row.get("assessed_date"):
            row["timing"] = _timing(row["assessed_date"], tumour, surgeries, min(starts, default=None), recurrence)


def _timing(when: date, tumour: Tumour, surgeries: list[date], treated: Any, recurrence: Any) -> str:
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
