"""The gap sensitivity of a candidate: lines re-derived with 60, 90, 120 and 180 days, against the default rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from jobs.derive import derive
from warehouse.derive.sensitivity import GAPS, GapResult, compare

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def gap_sensitivity(inputs: Mapping[str, DataFrame], gaps: Iterable[int] = GAPS) -> list[GapResult]:
    """For each gap, how many tumours change their number of advanced lines."""
    default = _counts(inputs, None)
    return [compare(default, _counts(inputs, gap), gap) for gap in gaps]


def _counts(inputs: Mapping[str, DataFrame], gap_days: int | None) -> dict[str, int]:
    lines = derive(inputs, {"gap_days": gap_days}, ("line_of_therapy",))["line_of_therapy"].where(
        "setting = 'ADVANCED'"
    )
    return {
        r["tumour_id"]: r["n"]
        for r in lines.groupBy("tumour_id")
        .agg({"line_number": "max"})
        .withColumnRenamed("max(line_number)", "n")
        .collect()
    }
