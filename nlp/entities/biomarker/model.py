"""The result of one marker: protein, gene, signature."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BiomarkerValue:
    """``marker`` is the code of the marker table where it has one, else the name in capitals."""

    marker: str
    marker_class: str
    method: str
    status: str
    result: str
    result_raw: str
    value_num: float | None = None
    value_unit: str | None = None
    ihc_score: str | None = None
    variant: str | None = None
    exon: str | None = None
    fusion_partner: str | None = None
    vaf: float | None = None
    clone: str | None = None
