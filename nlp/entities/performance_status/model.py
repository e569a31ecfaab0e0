"""A performance or pain score."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScoreValue:
    """``measure`` as in vital_sign; ``value`` the worse end of a range."""

    measure: str
    value: float
