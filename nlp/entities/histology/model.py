"""A histological type with its differentiation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HistologyValue:
    """``raw`` as written with its leading words, ``morphology`` ICD-O-3.2, ``grade`` 1-4 (the worst where two are named)."""

    raw: str
    morphology: str
    grade: int | None = None
