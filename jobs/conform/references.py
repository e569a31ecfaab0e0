"""Rows whose patient or visit is gone: a hospital may delete one and leave what pointed at it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ORPHAN = "the patient's row was deleted by the hospital"


def settle(rows: Mapping[str, DataFrame]) -> tuple[dict[str, DataFrame], DataFrame | None]:
    """Current rows without orphans, and the orphans counted as (table_name, reason, n).

    A row without a current patient is left out. A visit that is gone is blanked: the row stands without it.
    """
    from pyspark.sql import functions as F

    if "patients" not in rows:
        return dict(rows), None
    patients = rows["patients"].select("patient_id", F.lit(True).alias("_has")).distinct()
    visits = (
        rows["encounters"].select("encounter_id", F.lit(True).alias("_visit")).distinct()
        if "encounters" in rows
        else None
    )
    kept, orphans = {"patients": rows["patients"]}, []
    for name in (n for n in rows if n != "patients"):
        marked = rows[name].join(patients, "patient_id", "left")
        orphans.append(
            marked.where("_has is null").select(
                F.lit(f"staging.{name}").alias("table_name"), F.lit(ORPHAN).alias("reason")
            )
        )
        frame = marked.where("_has").drop("_has")
        if visits is not None and name != "encounters" and "encounter_id" in frame.columns:
            frame = (
                frame.join(visits, "encounter_id", "left")
                .withColumn("encounter_id", F.when(F.col("_visit"), F.col("encounter_id")))
                .drop("_visit")
            )
        kept[name] = frame.select(*rows[name].columns)
    counts = (
        reduce(lambda a, b: a.unionAll(b), orphans).groupBy("table_name", "reason").agg(F.count("*").alias("n"))
        if orphans
        else None
    )
    return kept, counts
