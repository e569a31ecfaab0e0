"""A vital sign or body measure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VitalValue:
    """``value`` in ``unit`` (UCUM)."""

    measure: str
    value: float
    unit: str
