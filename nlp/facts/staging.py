"""Rows of ``staging``: one per written stage. Definition: docs/variables-facts.md, "Stage"."""

from __future__ import annotations

from nlp.entities.stage.model import StageValue
from nlp.facts.context import asserted, confidence, date_of, dated, fact, of_label, overlapping
from nlp.model import Experiencer, Fact, Label, Mention, Note


def build(note: Note) -> list[Fact]:
    """A stage that the note plans or denies is none."""
    return [_row(note, one, one.value) for one in of_label(note, Label.STAGE) if asserted(one) and _is_own(note, one)]


def _is_own(note: Note, one: Mention) -> bool:
    """``父亲患肺癌IV期``: the stage of a relative's disease."""
    disease = overlapping(note, Label.DISEASE, one.start - 2, one.end)
    return disease is None or disease.experiencer is Experiencer.PATIENT


def _row(note: Note, one: Mention, value: StageValue) -> Fact:
    values = {
        "stage_class": value.stage_class,
        "staging_system": value.system,
        "t_category": value.t,
        "n_category": value.n,
        "m_category": value.m,
        "stage_group_recorded": value.group,
        "suffix": value.suffix,
        **dated("stage_date", date_of(note, one.start, one.end)),
    }
    return fact("staging", values, [one], confidence(one), kind="tnm" if value.t or value.n or value.m else "group")
