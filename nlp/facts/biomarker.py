"""Rows of ``biomarker``: one per marker and result. Definition: docs/variables-facts.md, "Marker"."""

from __future__ import annotations

import re

from nlp.entities.biomarker.model import BiomarkerValue
from nlp.facts.context import date_of, dated, fact, of_label
from nlp.model import Experiencer, Fact, Label, Mention, Note


def build(note: Note) -> list[Fact]:
    """A negative result is a fact, so the polarity of the mention is not asked."""
    return [
        _row(note, one, one.value) for one in of_label(note, Label.BIOMARKER) if one.experiencer is Experiencer.PATIENT
    ]


def _row(note: Note, one: Mention, value: BiomarkerValue) -> Fact:
    protein = value.variant and re.fullmatch(r"[A-Z]\d+[A-Z*]", value.variant)
    values = {
        "marker": value.marker,
        "marker_class": value.marker_class,
        "method": value.method,
        "status": value.status,
        "result": value.result,
        "result_raw": value.result_raw,
        "value_num": value.value_num,
        "value_unit": value.value_unit,
        "ihc_score": value.ihc_score,
        "antibody_clone": value.clone,
        "variant": value.variant,
        "variant_hgvs_p": f"p.{value.variant}" if protein else None,
        "exon": value.exon,
        "fusion_partner": value.fusion_partner,
        "vaf": None if value.vaf is None else round(value.vaf / 100, 6),
        **dated("report_date", date_of(note, one.start, one.end)),
    }
    return fact("biomarker", values, [one], 0.93 if value.status == "TESTED" else 0.8, kind=_kind(value))


def _kind(value: BiomarkerValue) -> str:
    if value.status != "TESTED":
        return "not tested"
    return {"IHC": "stain", "SIGNATURE": "signature"}.get(value.marker_class, "gene")
