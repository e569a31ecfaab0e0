"""A toxicity."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AdverseEventValue:
    """``grade`` 0-5 (the higher of a range), None when none is written."""

    term: str
    raw: str
    soc: str | None
    grade: int | None
    graded_by_number: bool
    attribution: str
    irae: bool
    action: str | None = None
    outcome: str | None = None
