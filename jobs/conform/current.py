"""Current rows: of the versions of a record that hospitals delivered, the newest one that was not deleted.

A table without a primary key has no versions: its rows are known by all their values (``row_key``), equal rows are several
events, and a deletion mark takes one of them away.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def _order() -> list[Column]:
    from pyspark.sql import functions as F

    return [
        F.col("delivery"),
        F.coalesce(F.col("version").try_cast("double"), F.lit(0.0)),
        F.coalesce(F.col("version"), F.lit("")),
        F.col("file_row"),
    ]


def current(frame: DataFrame, keyed: bool = True) -> DataFrame:
    """Rows that count today.

    ``keyed``: per site and ``row_key`` the newest row by (delivery, version, file_row), nothing when that is a deletion; versions
    compare as numbers where they are numbers, else as text. Not ``keyed``: equal rows keep their number, less one for
    each deletion mark after them; the second and later ones get ``row_key`` with ``#2``, ``#3`` …
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    newest = Window.partitionBy("site", "row_key").orderBy(*[part.desc() for part in _order()])
    if keyed:
        return (
            frame.withColumn("_n", F.row_number().over(newest))
            .where("_n = 1 and not coalesce(deleted, false)")
            .drop("_n")
        )
    kept = (
        with_left(frame)
        .where("not coalesce(deleted, false)")
        .withColumn("_n", F.row_number().over(newest))
        .where("_n <= _left")
    )
    place = F.col("_left") - F.col("_n") + 1
    return kept.withColumn(
        "row_key", F.when(place > 1, F.concat("row_key", F.lit("#"), place)).otherwise(F.col("row_key"))
    ).drop("_n", "_left")


def with_left(frame: DataFrame) -> DataFrame:
    """Rows with ``_left``: how many equal rows are left after all deliveries.

    A deletion mark of a row that is not there does nothing, so the count m goes max(0, m ± 1); with S the running sum of the
    steps, its end is S - min(0, smallest S).
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    same = Window.partitionBy("site", "row_key")
    step = F.when(F.coalesce(F.col("deleted"), F.lit(False)), -1).otherwise(1)
    running = F.sum(step).over(same.orderBy(*_order()).rowsBetween(Window.unboundedPreceding, Window.currentRow))
    lowest = F.least(F.lit(0), F.min("_sum").over(same))
    return frame.withColumn("_sum", running).withColumn("_left", F.sum(step).over(same) - lowest).drop("_sum")


def superseded(inputs: Mapping[str, DataFrame], keyless: Collection[str] = ()) -> DataFrame | None:
    """Rows that ``current`` leaves out, as (table_name, reason, n); ``keyless`` names the tables without a key. None without tables."""
    from pyspark.sql import functions as F

    def one(name: str, frame: DataFrame) -> DataFrame:
        if name in keyless:
            keys = (
                with_left(frame)
                .groupBy("site", "row_key")
                .agg((F.count("*") - F.max("_left")).alias("gone"))
                .withColumn("older", F.lit(0).cast("bigint"))
            )
        else:
            newest = F.max_by(F.coalesce("deleted", F.lit(False)), F.struct(*_order())).cast("bigint")
            keys = frame.groupBy("site", "row_key").agg(newest.alias("gone"), (F.count("*") - 1).alias("older"))
        return keys.select(F.lit(f"staging.{name}").alias("table_name"), "older", "gone")

    if not inputs:
        return None
    union = reduce(lambda a, b: a.unionAll(b), (one(name, frame) for name, frame in inputs.items()))
    counts = union.groupBy("table_name").agg(F.sum("older").alias("older"), F.sum("gone").alias("gone"))
    stacked = counts.selectExpr(
        "table_name", "stack(2, 'superseded by a newer version', older, 'deleted by the hospital', gone) as (reason, n)"
    )
    return stacked.where("n > 0")
