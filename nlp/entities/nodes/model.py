"""A count of lymph nodes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NodesValue:
    """``positive`` of ``examined``; ``station`` as written (第3组, 肠周), empty when the count has none."""

    positive: int
    examined: int
    station: str = ""
