"""The gap sensitivity of a candidate: lines re-derived with 60, 90, 120 and 180 days, against the default rules.

    python -m jobs.derive.sensitivity WAREHOUSE/candidate/RUN/conformed

prints, for all tumours and by type, how many advanced lines each gap gives and which share of tumours changes its line count.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.derive import derive
from warehouse.derive.sensitivity import GAPS, GapResult, compare_by_type, table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Counts = dict[str, int]


def gap_sensitivity(inputs: Mapping[str, DataFrame], gaps: Iterable[int] = GAPS) -> list[GapResult]:
    """For each gap, how many tumours change their number of advanced lines; all together and by type."""
    default, types = _counts(inputs, None)
    found: list[GapResult] = []
    for gap in gaps:
        other, more = _counts(inputs, gap)
        found += compare_by_type(default, other, types | more, gap)
    return found


def _counts(inputs: Mapping[str, DataFrame], gap_days: int | None) -> tuple[Counts, dict[str, str]]:
    """Advanced lines by tumour, and the tumours' types."""
    lines = derive(inputs, {"gap_days": gap_days}, ("line_of_therapy",))["line_of_therapy"].where(
        "setting = 'ADVANCED'"
    )
    rows = lines.groupBy("tumour_id", "tumour_code").agg({"line_number": "max"}).collect()
    return {r[0]: r[2] for r in rows}, {r[0]: r[1] for r in rows}


def read_conformed(spark: SparkSession, folder: Path) -> dict[str, DataFrame]:
    """The tables of a conformed candidate."""
    found = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("_"))
    return {p.name: spark.read.parquet(str(p)) for p in found}


def main() -> None:
    """Print the comparison of a conformed candidate."""
    from jobs.runtime.session import spark_session
    from jobs.runtime.settings import SparkSettings

    parser = argparse.ArgumentParser(description="How line counts depend on the treatment gap")
    parser.add_argument("conformed", type=Path, help="candidate/<run>/conformed of a warehouse")
    folder = parser.parse_args().conformed
    if not (folder / "patient").is_dir():
        parser.error(f"{folder.name} holds no conformed tables: name the folder candidate/<run>/conformed")
    spark = spark_session(SparkSettings(), "gap-sensitivity")
    print(table(gap_sensitivity(read_conformed(spark, folder))))  # noqa: T201
    spark.stop()


if __name__ == "__main__":
    main()
