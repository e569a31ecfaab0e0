"""How much the number of lines depends on the treatment gap: the same patients derived again with one gap for all tumours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from warehouse.derive import Row, Rows, Rules, derive_patient

GAPS = (60, 90, 120, 180)
"""Days; the published choices lie between them."""
ALL = "ALL"
SMALLEST = 10
"""Tumour types with fewer tumours that have a line are shown in the sum only."""


@dataclass(frozen=True, slots=True)
class GapResult:
    """One gap: tumours with an advanced line by the default rules or by this gap, and how many change their line count."""

    gap_days: int
    tumours: int
    changed: int
    lines: int = 0
    """Advanced lines with this gap."""
    tumour_code: str = ALL

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


def compare(default: Mapping[str, int], other: Mapping[str, int], gap_days: int, tumour_code: str = ALL) -> GapResult:
    """Line counts under a gap against those of the default rules."""
    tumours = set(default) | set(other)
    changed = sum(default.get(t, 0) != other.get(t, 0) for t in tumours)
    return GapResult(gap_days, len(tumours), changed, sum(other.values()), tumour_code)


def compare_by_type(
    default: Mapping[str, int], other: Mapping[str, int], types: Mapping[str, str], gap_days: int
) -> list[GapResult]:
    """The comparison of all tumours, then of each type with enough of them; ``types`` gives the type of a tumour."""
    found = [compare(default, other, gap_days)]
    for code in sorted(set(types.values())):
        mine = [{t: n for t, n in counts.items() if types.get(t) == code} for counts in (default, other)]
        result = compare(mine[0], mine[1], gap_days, code)
        if result.tumours >= SMALLEST:
            found.append(result)
    return found


def sensitivity(patients: Iterable[Rows], rules: Rules, gaps: Iterable[int] = GAPS) -> list[GapResult]:
    """Re-derive ``patients`` with each gap. For whole candidates use ``jobs.derive.sensitivity``."""
    kept = list(patients)

    def counts(with_rules: Rules) -> dict[str, int]:
        return line_counts(line for rows in kept for line in derive_patient(rows, with_rules)["line_of_therapy"])

    default = counts(rules)
    return [compare(default, counts(rules.with_gap(gap)), gap) for gap in gaps]


def table(results: Iterable[GapResult]) -> str:
    """The comparison as text, one line a gap and tumour type."""
    head = f"{'type':10} {'gap':>4} {'tumours':>8} {'lines':>7} {'changed':>8} {'share':>6}"
    rows = [
        f"{r.tumour_code:10} {r.gap_days:4} {r.tumours:8,} {r.lines:7,} {r.changed:8,} {r.share:6.1%}"
        for r in sorted(results, key=lambda r: (r.tumour_code != ALL, r.tumour_code, r.gap_days))
    ]
    return "\n".join([head, *rows])
