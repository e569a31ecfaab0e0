"""Derive: tumours, stages, regimens, lines of therapy, responses and endpoints, patient by patient.

The rules are ``warehouse.derive``; this package only carries rows to them and back. All rows that a patient's derivation needs
travel once, as one group; the result is kept (memory, else disk) and each output table is cut from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING, Any

from jobs.derive.worker import DeriveWorker
from warehouse.compile.spark import spark_ddl
from warehouse.derive import DERIVED_TABLES, INPUT_TABLES, load_rules
from warehouse.schema import release, release_tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["LIGHT_COLUMNS", "transform"]

LIGHT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "document": ("document_id", "doc_date"),
    "encounter": ("encounter_type", "start_date", "end_date", "discharge_disposition"),
    "vital_sign": ("measure_date", "source_kind"),
    "lab_measurement": (
        "test_code",
        "value_num",
        "unit",
        "sample_date",
        "ref_low",
        "ref_high",
        "source_kind",
        "hospital_id",
        "release_id",
    ),
}
"""Columns of the big tables that derivation looks at; the tables themselves pass by untouched."""


def transform(inputs: Mapping[str, DataFrame], params: Mapping[str, Any]) -> dict[str, DataFrame]:
    """Conformed tables → all release tables with the contract's columns, order and types, and ``_drops`` (table_name, reason, n).

    ``params``: ``cutoff`` (ISO date or date; without it no cut-off endpoints), ``release_id`` (stamped on every row when given),
    ``gap_days`` (one treatment gap for all tumours, for sensitivity runs).
    """
    from pyspark import StorageLevel
    from pyspark.sql import functions as F

    grouped = _grouped(inputs)
    derived = grouped.mapInArrow(_worker(inputs, params), "table STRING, row STRING")
    derived = derived.sortWithinPartitions("table").persist(
        StorageLevel.MEMORY_AND_DISK
    )  # cached batches then hold one table, others are skipped
    outputs = {
        name: _cut(derived, name) if name in DERIVED_TABLES else _passed(inputs.get(name), name, derived)
        for name in _release_names()
    }
    if params.get("release_id"):
        outputs = {
            name: frame.withColumn("release_id", F.lit(str(params["release_id"]))) for name, frame in outputs.items()
        }
    drops = (
        derived.where("table = '_unplaced'")
        .select(F.from_json("row", "table STRING, reason STRING").alias("d"))
        .select("d.*")
    )
    outputs["_drops"] = drops.groupBy(F.col("table").alias("table_name"), "reason").agg(F.count("*").alias("n"))
    return outputs


def _release_names() -> list[str]:
    return [table.name for table in release_tables()]


def _worker(inputs: Mapping[str, DataFrame], params: Mapping[str, Any]) -> DeriveWorker:
    dates = {
        name: tuple(f.name for f in frame.schema.fields if f.dataType.typeName() == "date")
        for name, frame in inputs.items()
    }
    cutoff = params.get("cutoff")
    return DeriveWorker(
        dates={name: columns for name, columns in dates.items() if name in INPUT_TABLES},
        cutoff=date.fromisoformat(cutoff) if isinstance(cutoff, str) else cutoff,
        gap_days=params.get("gap_days"),
    )


def _grouped(inputs: Mapping[str, DataFrame]) -> DataFrame:
    """One row a patient: ``rows`` is an array of (table, JSON row)."""
    from pyspark.sql import functions as F

    parts = [_packed(name, inputs[name]) for name in INPUT_TABLES if name in inputs]
    union = reduce(lambda a, b: a.unionAll(b), parts)
    return union.groupBy("patient_id").agg(F.collect_list(F.struct("table", "row")).alias("rows"))


def _packed(name: str, frame: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    if name == "lab_measurement":
        codes = sorted({code for entry in load_rules().adverse_events["grade"] for code in entry["codes"]})
        graded = F.col("test_code").isin(codes)
        days_seen = (
            frame.where(~graded | F.col("test_code").isNull())
            .select("patient_id", "sample_date", "source_kind")
            .distinct()
        )
        frame = (
            frame.where(graded)
            .select("patient_id", *_present(name, frame))
            .unionByName(days_seen, allowMissingColumns=True)
        )
    columns = _present(name, frame)
    return frame.select("patient_id", F.lit(name).alias("table"), F.to_json(F.struct(*columns)).alias("row"))


def _present(name: str, frame: DataFrame) -> list[str]:
    wanted = LIGHT_COLUMNS.get(name)
    return [c for c in frame.columns if c in wanted] if wanted else list(frame.columns)


def _cut(derived: DataFrame, name: str) -> DataFrame:
    from pyspark.sql import functions as F

    rows = derived.where(F.col("table") == name)
    return rows.select(F.from_json("row", spark_ddl(release(name))).alias("r")).select("r.*")


def _passed(frame: DataFrame | None, name: str, like: DataFrame) -> DataFrame:
    """A table that derivation does not touch, cast to the contract; missing columns are NULL."""
    from pyspark.sql import functions as F

    ddl = spark_ddl(release(name))
    if frame is None:
        return like.sparkSession.createDataFrame([], ddl)
    types = dict(part.strip().replace("`", "").split(" ", 1) for part in ddl.split(", "))
    return frame.select(*[(F.col(c) if c in frame.columns else F.lit(None)).cast(t).alias(c) for c, t in types.items()])
