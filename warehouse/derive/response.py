"""Response assessments: progression flags, change of target sums, the line each belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from warehouse.derive.common import Row, Rows

NO_PROGRESSION = ("PSEUDO_PD", "CR", "PR", "SD")
"""Answers that are no progression, whatever else the row says."""


def flag_progressions(rows: Rows) -> None:
    """``is_progression``: PD and documented recurrence; never pseudo-progression. Must run before lines are built."""
    for row in rows.get("response_assessment", ()):
        stated = row.get("is_progression")
        row["is_progression"] = row.get("response") == "PD" or (
            bool(stated) and row.get("response") not in NO_PROGRESSION
        )


def complete_responses(responses: Iterable[Row], lines: Sequence[Row]) -> None:
    """Fill ``line_id`` and ``pct_change`` of the assessments of one tumour."""
    responses = sorted(responses, key=lambda r: (r["assessed_date"], str(r.get("response_id"))))
    baseline: dict[str | None, float] = {}
    for row in responses:
        line = line_at(lines, row["assessed_date"])
        row["line_id"] = line["line_id"] if line else None
        row["pct_change"] = _change(row, baseline)


def line_at(lines: Sequence[Row], when: date) -> Row | None:
    """The line that an assessment judges: the last one begun before that day. On the day a line begins the scan still
    judges the line before it, unless there is none."""
    begun = [line for line in lines if line["start_date"] < when]
    if begun:
        return begun[-1]
    return next((line for line in lines if line["start_date"] == when), None)


def _change(row: Row, baseline: dict[str | None, float]) -> float | None:
    """Change of the target sum against the first sum of the same line, in per cent."""
    total = row.get("sum_target_mm")
    if row.get("pct_change") is not None or total is None:
        return row.get("pct_change")
    first = baseline.setdefault(row["line_id"], total)
    return round(100.0 * (total - first) / first, 1) if first and first != total else 0.0 if first else None
