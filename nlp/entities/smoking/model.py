"""A habit: smoking or drinking, with amounts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HabitValue:
    """``kind`` SMOKING or ALCOHOL; ``status`` NEVER, FORMER, CURRENT; cigarettes or grams of alcohol a day."""

    kind: str
    status: str
    per_day: float | None = None
    years: float | None = None
    quit_years: float | None = None
