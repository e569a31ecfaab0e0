"""How much the number of lines depends on the treatment gap: the same patients derived again with one gap for all tumours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from warehouse.derive import Row, Rows, Rules, derive_patient

GAPS = (60, 90, 120, 180)
"""Days; the published choices lie between them."""


@dataclass(frozen=True, slots=True)
class GapResult:
    """One gap: tumours with an advanced line by the default rules or by this gap, and how many change their line count."""

    gap_days: int
    tumours: int
    changed: int

    @property
    def share(self) -> float:
        """Share of tumours whose line count changes (0-1)."""
        return self.changed / self.tumours if self.tumours else 0.0


def line_counts(lines: Iterable[Row]) -> dict[str, int]:
    """Advanced lines by tumour."""
    counts: dict[str, int] = {}
    for row in lines:
        if row["setting"] == "ADVANCED":
            counts[row["tumour_id"]] = max(counts.get(row["tumour_id"], 0), row["line_number"])
    return counts


def compare(default: Mapping[str, int], other: Mapping[str, int], gap_days: int) -> GapResult:
    """Line counts under a gap against those of the default rules."""
    tumours = set(default) | set(other)
    return GapResult(gap_days, len(tumours), sum(default.get(t, 0) != other.get(t, 0) for t in tumours))


def sensitivity(patients: Iterable[Rows], rules: Rules, gaps: Iterable[int] = GAPS) -> list[GapResult]:
    """Re-derive ``patients`` with each gap. For whole releases use ``jobs.derive.sensitivity``."""
    kept = list(patients)

    def counts(with_rules: Rules) -> dict[str, int]:
        return line_counts(line for rows in kept for line in derive_patient(rows, with_rules)["line_of_therapy"])

    default = counts(rules)
    return [compare(default, counts(rules.with_gap(gap)), gap) for gap in gaps]
