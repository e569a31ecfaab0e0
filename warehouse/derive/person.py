"""The patient row's derived columns, and flags of other tables that depend on the first diagnosis."""

from __future__ import annotations

from collections.abc import Sequence

from warehouse.derive.common import Row, Rows
from warehouse.derive.summary import Summary
from warehouse.derive.tumours import Tumour, age_at
from warehouse.derive.vital import RULE, Vital

TOP_AGE = 90
"""Ages from here on are shown as this one (de-identification); the column notes of ``patient`` say so."""


def top_coded(rows: Rows, last_year: int) -> Rows:
    """The rows, with the year of birth hidden when the person is 90 or older by the calendar year of any recorded event.

    With the year of birth or a lower age beside it, the date of the late event would tell the age that the cap hides: all ages
    of such a person are shown as 90.
    """
    patient = next(iter(rows.get("patient", ())), None)
    if not patient or patient.get("birth_year") is None or last_year - int(patient["birth_year"]) < TOP_AGE:
        return rows
    return {**rows, "patient": [{**row, "birth_year": None, "age_top_coded": True} for row in rows["patient"]]}


def complete_patient(row: Row, summary: Summary, tumours: Sequence[Tumour], vital: Vital) -> Row:
    """Age at index, vital status, death, first and last activity; CONFLICT when sources of a death disagree."""
    first_dx = tumours[0].first_dx if tumours else None
    return {
        **row,
        "age_at_index": age_at(row, first_dx) if first_dx else None,
        "age_top_coded": bool(row.get("age_top_coded")),
        "vital_status": vital.status,
        "death_date": vital.death,
        "death_date_precision": vital.death_precision,
        "death_source": vital.death_source,
        "first_activity_date": vital.visits[0] if vital.visits else None,
        "last_activity_date": vital.last_activity,
        "n_documents": row.get("n_documents") if summary.n_documents is None else summary.n_documents,
        "source_ref": f"{RULE}:{vital.agreeing}/{vital.sources}" if vital.sources else row.get("source_ref"),
        "review_status": "CONFLICT" if vital.conflict else row.get("review_status") or "NOT_REVIEWED",
    }


def complete_comorbidities(rows: Sequence[Row], tumours: Sequence[Tumour]) -> list[Row]:
    """``before_index``: first recorded no later than the first diagnosis; false when either date is unknown."""
    first_dx = tumours[0].first_dx if tumours else None
    return [{**r, "before_index": bool(first_dx and r.get("first_date") and r["first_date"] <= first_dx)} for r in rows]
