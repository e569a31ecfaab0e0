"""One metastatic site as written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MetastasisValue:
    """``certainty`` is CONFIRMED, SUSPECTED or NEGATED, by the words beside the statement itself."""

    site_text: str
    site_code: str
    laterality: str
    certainty: str
    confirmed_by: str | None = None
    multiple: bool = False
