"""A course of radiotherapy, or a dose to one target."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RadiotherapyValue:
    """Doses in Gy; ``fractions`` planned or given as written."""

    total_gy: float | None = None
    fractions: int | None = None
    fraction_gy: float | None = None
    technique: str | None = None
    target: str | None = None
    intent: str | None = None
    site_text: str | None = None
