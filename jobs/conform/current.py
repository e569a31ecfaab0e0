"""Current rows: of the versions of a record that hospitals delivered, the newest one that was not deleted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def _order() -> list[Column]:
    from pyspark.sql import functions as F

    return [F.col("delivery"), F.coalesce(F.col("version").try_cast("double"), F.lit(0.0)), F.coalesce(F.col("version"), F.lit("")), F.col("file_row")]


def current(frame: DataFrame) -> DataFrame:
    """Per site and ``row_key`` the newest row by (delivery, version, file_row); records whose newest row is a deletion are left out.

    Versions compare as numbers where they are numbers, else as text.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    newest = Window.partitionBy("site", "row_key").orderBy(*[part.desc() for part in _order()])
    return frame.withColumn("_n", F.row_number().over(newest)).where("_n = 1 and not coalesce(deleted, false)").drop("_n")


def superseded(inputs: Mapping[str, DataFrame]) -> DataFrame | None:
    """Rows that ``current`` leaves out, as (table_name, reason, n); None without staging tables."""
    from pyspark.sql import functions as F

    def one(name: str, frame: DataFrame) -> DataFrame:
        keys = frame.groupBy("site", "row_key").agg(F.count("*").alias("rows"), F.max_by(F.coalesce("deleted", F.lit(False)), F.struct(*_order())).alias("gone"))
        return keys.select(F.lit(f"staging.{name}").alias("table_name"), "rows", "gone")

    if not inputs:
        return None
    union = reduce(lambda a, b: a.unionAll(b), (one(name, frame) for name, frame in inputs.items()))
    counts = union.groupBy("table_name").agg(F.sum(F.col("rows") - 1).alias("older"), F.sum(F.col("gone").cast("int")).alias("gone"))
    stacked = counts.selectExpr("table_name", "stack(2, 'superseded by a newer version', older, 'deleted by the hospital', gone) as (reason, n)")
    return stacked.where("n > 0")
