"""Rows for the warehouse's tables from the mentions of a note. One module per table; :func:`build` runs them all.

A builder takes the note and returns facts: affirmed or suspected, the patient's own (only ``history`` speaks of
relatives), with evidence offsets and, where the date is the note's own, ``date_basis = "note"``.
"""

from __future__ import annotations

from nlp.facts import (
    biomarker,
    conditions,
    imaging,
    measurements,
    metastasis,
    outcome,
    pathology,
    staging,
    surgery,
    treatment,
    tumour,
)
from nlp.model import Fact, Note

BUILDERS = (
    tumour.build, staging.build, metastasis.build, pathology.build, biomarker.build, measurements.build_labs, measurements.build_vitals,
    treatment.build_radiotherapy, treatment.build_drugs, treatment.build_regimens, outcome.build_responses, outcome.build_adverse_events,
    outcome.build_history, outcome.build_follow_up, imaging.build, surgery.build, conditions.build_attributes,
    conditions.build_comorbidities, conditions.build_diagnoses,
)  # fmt: skip


def build(note: Note) -> list[Fact]:
    """All facts of a note, ordered by table and place; identical rows of one table are given once (node stations may agree)."""
    seen: set[tuple[str, str]] = set()
    facts: list[Fact] = []
    for builder in BUILDERS:
        for one in builder(note):
            place = one.start if "ln_examined" in one.values else -1
            key = (one.table, f"{place}|{sorted(one.values.items(), key=str)!r}")
            if key not in seen:
                seen.add(key)
                facts.append(one)
    return facts
