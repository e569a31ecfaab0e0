"""A laboratory value in prose."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LabValue:
    """``value_num`` in the unit as written; ``code`` and ``name`` of the item table (empty code when it has none)."""

    name_raw: str
    code: str
    value_num: float | None
    operator: str
    unit_raw: str
    value_raw: str
    value_text: str | None = None
    flag: str | None = None
    canonical_unit: str = ""
    canonical_value: float | None = None
