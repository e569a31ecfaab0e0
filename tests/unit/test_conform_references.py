"""What pointed at a deleted patient or visit: left out and counted, or kept without the visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.conform.references import ORPHAN, settle

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_orphans_are_counted_and_lost_visits_blanked(spark: SparkSession) -> None:
    rows = {
        "patients": spark.createDataFrame([("p1",)], "patient_id string"),
        "encounters": spark.createDataFrame([("p1", "e1"), ("p2", "e2")], "patient_id string, encounter_id string"),
        "labs": spark.createDataFrame(
            [("p1", "e1", 1), ("p1", "e9", 2), ("p1", None, 3), ("p2", "e2", 4)],
            "patient_id string, encounter_id string, n int",
        ),
    }
    kept, counts = settle(rows)
    assert sorted(map(tuple, kept["labs"].collect()), key=lambda r: r[2]) == [
        ("p1", "e1", 1),
        ("p1", None, 2),
        ("p1", None, 3),
    ]
    assert counts is not None
    assert sorted(map(tuple, counts.collect())) == [("staging.encounters", ORPHAN, 1), ("staging.labs", ORPHAN, 1)]


def test_without_patients_nothing_is_judged(spark: SparkSession) -> None:
    labs = {"labs": spark.createDataFrame([("p1", 1)], "patient_id string, n int")}
    kept, counts = settle(labs)
    assert counts is None and kept["labs"].count() == 1
