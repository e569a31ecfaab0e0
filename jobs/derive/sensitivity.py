"""The gap sensitivity of a release: lines re-derived with 60, 90, 120 and 180 days, against the default rules.

    python -m jobs.derive.sensitivity WAREHOUSE/releases/ID

prints, for all tumours and by type, how many advanced lines each gap gives and which share of tumours changes its line count.
A run that was not published still has candidate/RUN/conformed, which does as well.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from jobs.derive import derived_table
from jobs.runtime.storage import Store
from warehouse.derive.sensitivity import GAPS, GapResult, compare_by_type, table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Counts = dict[str, int]


def gap_sensitivity(spark: SparkSession, folder: Path, gaps: Iterable[int] = GAPS) -> list[GapResult]:
    """For each gap, how many tumours change their number of advanced lines; all together and by type."""
    default, types = _counts(spark, folder, None)
    found: list[GapResult] = []
    for gap in gaps:
        other, more = _counts(spark, folder, gap)
        found += compare_by_type(default, other, types | more, gap)
    return found


def _counts(spark: SparkSession, folder: Path, gap_days: int | None) -> tuple[Counts, dict[str, str]]:
    """Advanced lines by tumour, and the tumours' types."""
    store = Store(str(folder.parent))
    lines = derived_table(spark, store, folder.name, {"gap_days": gap_days}, "line_of_therapy")
    advanced = lines.filter(pc.equal(lines["setting"], "ADVANCED")).group_by(["tumour_id", "tumour_code"])
    rows = advanced.aggregate([("line_number", "max")]).to_pylist()
    return {r["tumour_id"]: r["line_number_max"] for r in rows}, {r["tumour_id"]: r["tumour_code"] for r in rows}


def main() -> None:
    """Print the comparison of a release or of a conformed candidate."""
    from jobs.runtime.session import spark_session
    from jobs.runtime.settings import SparkSettings

    parser = argparse.ArgumentParser(description="How line counts depend on the treatment gap")
    parser.add_argument("folder", type=Path, help="releases/<id>, or candidate/<run>/conformed of an unpublished run")
    folder = parser.parse_args().folder
    if not (folder / "patient").is_dir():
        parser.error(f"{folder.name} holds no tables: name the folder of a release, releases/<id>")
    spark = spark_session(SparkSettings(), "gap-sensitivity")
    print(table(gap_sensitivity(spark, folder.resolve())))  # noqa: T201
    spark.stop()


if __name__ == "__main__":
    main()
