"""Derivation: from one patient's facts to tumours, stages, regimens, lines, responses, adverse events, endpoints.

``derive_patient`` is a pure function of one patient's rows and the rules; nothing it returns depends on another patient, on
the order of the rows or on the day it runs. Medical content of the rules awaits a clinician's sign-off.
"""

from __future__ import annotations

from warehouse.derive.adverse import derive_adverse_events
from warehouse.derive.common import Row, Rows
from warehouse.derive.course import complete_course, curative_surgeries, of_tumour
from warehouse.derive.endpoints import derive_endpoints
from warehouse.derive.exposures import UNDATED
from warehouse.derive.person import complete_comorbidities, complete_patient, top_coded
from warehouse.derive.place import find_tumour, place
from warehouse.derive.reported import mark_undated, reported_drugs
from warehouse.derive.response import complete_responses, flag_progressions
from warehouse.derive.rules import Rules, load_rules
from warehouse.derive.staging import complete_staging, pathological
from warehouse.derive.summary import Summary, summarise
from warehouse.derive.therapy import derive_lines, derive_regimens
from warehouse.derive.treatments import complete_attributes, complete_drugs, complete_radiotherapy, link_pathology
from warehouse.derive.tumours import Tumour, derive_tumours
from warehouse.derive.vital import derive_vital

__all__ = ["DERIVED_TABLES", "INPUT_TABLES", "Row", "Rows", "Rules", "derive_patient", "load_rules"]

DERIVED_TABLES = (
    "patient", "diagnosis", "tumour", "tumour_attribute", "staging", "metastasis", "pathology", "biomarker", "imaging_finding", "surgery", "radiotherapy",
    "drug_administration", "regimen", "line_of_therapy", "response_assessment", "adverse_event", "comorbidity", "follow_up", "endpoint",
)  # fmt: skip
"""Tables that ``derive_patient`` returns."""

INPUT_TABLES = (
    "patient", "encounter", "document", "diagnosis", "tumour_fact", "tumour_attribute", "staging", "metastasis", "pathology", "biomarker",
    "lab_measurement", "vital_sign", "imaging_finding", "surgery", "radiotherapy", "drug_administration", "regimen_fact", "response_assessment",
    "adverse_event", "comorbidity", "follow_up",
)  # fmt: skip
"""Tables that ``derive_patient`` reads. ``tumour_fact`` and ``regimen_fact`` are what notes say of tumours and regimens:
columns of ``tumour`` and ``regimen`` as far as the note gives them, ``fact_date`` (the note's day), ``certainty``,
``clinician_line``, ``start_date_precision`` and provenance."""


def derive_patient(rows: Rows, rules: Rules, summary: Summary | None = None) -> Rows:
    """One patient's conformed rows by table → that patient's rows of ``DERIVED_TABLES``, and ``_unplaced``.

    Dates are ``datetime.date``. Columns that the input lacks count as NULL. ``_unplaced`` holds ``{table, reason, row}`` of
    rows that need a tumour (or a drug, or a date) and have none; each is a declared drop. With a ``summary`` the tables that
    it stands for need not be in ``rows``.
    """
    summary = summary or summarise(rows, rules)
    rows = top_coded(rows, summary.last_year)
    tumours = derive_tumours(rows, rules)
    told, dropped = reported_drugs(rows, rules, [t.code for t in tumours])
    rows = {**rows, "drug_administration": [*mark_undated(rows, summary.document_days), *told]}
    facts, unplaced = place(rows, tumours, rules)
    facts["regimen_fact"] = [
        {**r, "tumour_id": t.id if (t := find_tumour(r, r.get("start_date"), tumours, rules)) else None}
        for r in rows.get("regimen_fact", ())
    ]
    facts["staging"] = _staging(facts, tumours, rules)
    flag_progressions(facts)
    complete_drugs(facts)
    complete_radiotherapy(facts)
    link_pathology(facts)
    vital = derive_vital(rows, summary.visits, rules)
    lines: list[Row] = []
    regimens: list[Row] = []
    endpoints: list[Row] = []
    for tumour in tumours:
        complete_course(tumour, facts, rules)
        built = derive_lines(tumour, facts, rules, vital)
        own = [row for _, row in built]
        complete_responses(of_tumour(facts, "response_assessment", tumour), own)
        complete_attributes(
            of_tumour(facts, "tumour_attribute", tumour),
            curative_surgeries(facts, tumour),
            own,
            tumour.row.get("recurrence_date"),
        )
        endpoints += derive_endpoints(tumour, tumours, facts, own, vital, summary.last_document, rules)
        regimens += derive_regimens(built, rules)
        lines += own
    for row in facts["drug_administration"]:
        row.pop(UNDATED, None)
    patient_id = (rows.get("patient") or [{}])[0].get("patient_id", "")
    by_start = sorted(lines, key=lambda r: (r["start_date"], r["line_id"]))
    return {
        "patient": [complete_patient(r, summary, tumours, vital) for r in rows.get("patient", ())],
        "tumour": [t.row for t in tumours],
        "line_of_therapy": lines,
        "regimen": regimens,
        "endpoint": endpoints,
        "adverse_event": derive_adverse_events(facts["adverse_event"], summary.graded, by_start, rules, patient_id),
        "comorbidity": complete_comorbidities(rows.get("comorbidity", ()), tumours),
        "follow_up": [dict(r) for r in rows.get("follow_up", ())],
        **{t: facts[t] for t in DERIVED_TABLES if t in facts and t != "adverse_event"},
        "_unplaced": [*unplaced, *dropped],
    }


def _staging(facts: Rows, tumours: list[Tumour], rules: Rules) -> list[Row]:
    by_id = {t.id: t for t in tumours}
    p16 = {
        r["tumour_id"]: r["result"]
        for r in facts["biomarker"]
        if r.get("marker") == "P16" and r.get("result") in ("POS", "NEG")
    }
    p16_types = rules.staging["variant"]["p16_types"]
    return [
        complete_staging(
            pathological(r, facts["surgery"], rules),
            rules,
            age=by_id[r["tumour_id"]].row["age_at_dx"],
            p16=p16.get(r["tumour_id"]) if r["tumour_code"] in p16_types else None,
        )
        for r in facts["staging"]
    ]
