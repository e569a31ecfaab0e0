"""Which tumour a fact belongs to.

One tumour: all facts are its own. Several: what the fact says (tumour type, site, histology) decides, else the tumour most
recently diagnosed when the fact arose.
"""

from __future__ import annotations

from datetime import date

from warehouse.derive.coding import icd_stem, morphology_stem, tumour_code
from warehouse.derive.common import Row, Rows
from warehouse.derive.rules import Rules
from warehouse.derive.tumours import Tumour

DATE_COLUMN = {
    "tumour_attribute": "assessed_date",
    "staging": "stage_date",
    "metastasis": "first_seen_date",
    "pathology": "report_date",
    "biomarker": "report_date",
    "imaging_finding": "exam_date",
    "surgery": "op_date",
    "radiotherapy": "start_date",
    "drug_administration": "start_date",
    "response_assessment": "assessed_date",
    "adverse_event": "onset_date",
}
REQUIRED = frozenset({"tumour_attribute", "staging", "metastasis", "response_assessment"})
WITH_CODE = frozenset({"tumour_attribute", "staging", "metastasis", "biomarker", "response_assessment"})
LEAD_DAYS = 30
"""A work-up precedes the diagnosis: facts up to this many days before it still belong to the tumour."""


def place(rows: Rows, tumours: list[Tumour], rules: Rules) -> tuple[Rows, list[Row]]:
    """Copies of the fact rows with ``tumour_id`` (and ``tumour_code``); rows that need a tumour and have none, with the reason."""
    placed: Rows = {}
    unplaced: list[Row] = []
    by_row = {id(e.row): t for t in tumours for e in t.evidence}
    only = tumours[0] if len(tumours) == 1 else None
    for table, date_column in DATE_COLUMN.items():
        kept = placed[table] = []
        for row in rows.get(table, ()):
            tumour = only or by_row.get(id(row)) or find_tumour(row, row.get(date_column), tumours, rules)
            if tumour is None and table in REQUIRED:
                unplaced.append({"table": table, "reason": "no_tumour", "row": row})
                continue
            kept.append(_with_tumour(table, row, tumour))
    placed["diagnosis"] = [_with_tumour("diagnosis", row, by_row.get(id(row))) for row in rows.get("diagnosis", ())]
    return placed, unplaced


def _with_tumour(table: str, row: Row, tumour: Tumour | None) -> Row:
    new = dict(row)
    new["tumour_id"] = tumour.id if tumour else None
    if table in WITH_CODE:
        new["tumour_code"] = tumour.code if tumour else row.get("tumour_code")
    return new


def find_tumour(row: Row, when: date | None, tumours: list[Tumour], rules: Rules) -> Tumour | None:
    """The tumour that a fact speaks of, or None when the patient has none."""
    if len(tumours) <= 1:
        return tumours[0] if tumours else None
    return _stated(row, tumours, rules) or _most_recent(when, tumours)


def _stated(row: Row, tumours: list[Tumour], rules: Rules) -> Tumour | None:
    code = row.get("tumour_code")
    if code:
        exact = [t for t in tumours if t.code == code]
        if exact:
            return exact[0]
    morphology = morphology_stem(row.get("morphology_icdo3"))
    site = icd_stem(row.get("topography_icdo3") or row.get("icd10_code"))
    if site or morphology:
        named = tumour_code(rules, site, "", morphology)
        return next((t for t in tumours if t.code == named or (site and t.group[:3] == site[:3])), None)
    return None


def _most_recent(when: date | None, tumours: list[Tumour]) -> Tumour:
    if when is None:
        return tumours[0]
    started = [t for t in tumours if (t.first_dx - when).days <= LEAD_DAYS]
    return started[-1] if started else tumours[0]
