"""An assessment of the disease."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResponseValue:
    """``response`` as in ``response_assessment``; ``strength`` 1 for a doctor's verdict, lower for a change of one lesion."""

    response: str
    anchor: str
    criteria: str | None
    progression: bool
    new_lesion: bool
    strength: float = 1.0
