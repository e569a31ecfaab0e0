"""A stage: TNM categories, a stage group, or both; the system it belongs to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StageValue:
    """Categories as ``T3``, ``N2a``, ``M1``; ``group`` Roman with letter (``IIIB``) or the system's own (``B``, ``ED``)."""

    stage_class: str
    system: str
    t: str | None = None
    n: str | None = None
    m: str | None = None
    group: str | None = None
    suffix: str | None = None
