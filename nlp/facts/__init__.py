"""Rows for the warehouse's tables from the mentions of a note. One module per table; :func:`build` runs them all.

A builder takes the note and returns facts: affirmed or suspected, the patient's own (only ``history`` speaks of
relatives), with evidence offsets and, where the date is the note's own, ``date_basis = "note"``.
"""

from __future__ import annotations

from nlp.facts import (
    biomarker,
    conditions,
    imaging,
    levels,
    measurements,
    metastasis,
    outcome,
    pathology,
    radiotherapy,
    spread,
    staging,
    surgery,
    treatment,
    tumour,
)
from nlp.model import Experiencer, Fact, Label, Mention, Note, Polarity

BUILDERS = (
    tumour.build, staging.build, metastasis.build, spread.build, pathology.build, biomarker.build, measurements.build_labs, measurements.build_vitals,
    radiotherapy.build, treatment.build_drugs, treatment.build_regimens, outcome.build_responses, outcome.build_adverse_events,
    outcome.build_history, outcome.build_follow_up, imaging.build, surgery.build, conditions.build_attributes,
    conditions.build_comorbidities, conditions.build_diagnoses,
)  # fmt: skip


def build(note: Note) -> list[Fact]:
    """All facts of a note, ordered by table and place; identical rows of one table are given once (node stations may agree)."""
    seen: set[tuple[str, str]] = set()
    # Every builder finishes before the first evidence becomes a mention: those made here would change what a later builder finds.
    facts: list[Fact] = []
    for one in [one for builder in BUILDERS for one in builder(note)]:
        place = one.start if "ln_examined" in one.values else -1
        key = (one.table, f"{place}|{one.values!r}")
        if key not in seen:
            seen.add(key)
            facts.append(levels.settle(_with_mention(note, one)))
    return facts


_KIND_OF = {
    "comorbidity": Label.DISEASE,
    "diagnosis": Label.DISEASE,
    "tumour": Label.TUMOUR,
    "drug_administration": Label.DRUG,
    "metastasis": Label.METASTASIS,
}
"""Label of a mention that only a builder of facts has seen; of other tables it is a finding."""
_ENGINE = "rule:facts@1"


def _with_mention(note: Note, one: Fact) -> Fact:
    """Every fact can be traced to a mention: one that the evidence holds, else the evidence itself becomes one."""
    if not one.mentions:
        label = _KIND_OF.get(one.table, Label.FINDING)
        one.mentions = [next((m for m in note.mentions if _bears(m, one, label)), None) or _evidence(note, one, label)]
    return one


def _bears(mention: Mention, one: Fact, label: Label) -> bool:
    """Does a mention, the patient's own and not negated, overlap the evidence (of its kind) or lie in it (of any)?"""
    if (
        mention.experiencer is not Experiencer.PATIENT
        or mention.polarity is Polarity.NEGATED
        or mention.label is Label.DATE
    ):
        return False
    if mention.label is label:
        return mention.start < one.end and one.start < mention.end
    return one.start <= mention.start and mention.end <= one.end


def _evidence(note: Note, one: Fact, label: Label) -> Mention:
    made = Mention(
        one.start, one.end, label, note.text[one.start : one.end], note.section_at(one.start).code, engine=_ENGINE
    )
    note.mentions.append(made)
    return made
