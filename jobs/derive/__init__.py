"""Derive: tumours, stages, regimens, lines of therapy, responses and endpoints, patient by patient.

The rules are ``warehouse.derive``; this package only carries columns to them and back. Patients are dealt into buckets; all
that a bucket needs travels once, packed as Arrow; the result is kept (memory, else disk) and each output table is cut from it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING, Any

from jobs.derive.worker import BUCKET, DERIVED_DDL, PACKED_DDL, PART, SEPARATOR, DeriveWorker, Packer, unpack
from warehouse.compile.spark import spark_ddl
from warehouse.derive import DERIVED_TABLES, INPUT_TABLES
from warehouse.derive.columnar import COURSE_TABLES, SUMMARISED, WRITES, reads
from warehouse.schema import release, release_tables

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

__all__ = ["derive", "transform"]

PATIENTS_A_BUCKET = 2_000
SMALLEST_BUCKET = 50
"""Buckets below this many patients are not worth a task of their own."""


def transform(inputs: Mapping[str, DataFrame], params: Mapping[str, Any]) -> dict[str, DataFrame]:
    """Conformed tables → all release tables with the contract's columns, order and types, and ``_drops`` (table_name, reason, n).

    ``params``: ``cutoff`` (ISO date or date; without it no cut-off endpoints), ``release_id`` (stamped on every row when given),
    ``gap_days`` (one treatment gap for all tumours, for sensitivity runs).
    """
    from pyspark.sql import functions as F

    changed = [name for name in DERIVED_TABLES if WRITES.get(name, True)]
    derived = derive(inputs, params, changed)
    outputs = {
        table.name: derived[table.name]
        if table.name in derived
        else _passed(inputs.get(table.name), table.name, derived)
        for table in release_tables()
    }
    if params.get("release_id"):
        outputs = {
            name: frame.withColumn("release_id", F.lit(str(params["release_id"]))) for name, frame in outputs.items()
        }
    drops = derived["_unplaced"].groupBy(F.col("table").alias("table_name"), "reason")
    outputs["_drops"] = drops.agg(F.count("*").alias("n"))
    return outputs


def derive(
    inputs: Mapping[str, DataFrame], params: Mapping[str, Any], wanted: Collection[str] = COURSE_TABLES
) -> dict[str, DataFrame]:
    """The ``wanted`` derived tables, and ``_unplaced`` (table, reason); ``params`` as for ``transform``."""
    from pyspark import StorageLevel
    from pyspark.sql import functions as F

    cells = _dealt(inputs, wanted).mapInArrow(_worker(params, wanted), DERIVED_DDL)
    cells = cells.sortWithinPartitions("table").persist(
        StorageLevel.MEMORY_AND_DISK
    )  # cached batches then hold few tables, others are skipped
    ddl = {name: spark_ddl(release(name)) for name in wanted} | {"_unplaced": "table STRING, reason STRING"}
    return {name: cells.where(F.col("table") == name).mapInArrow(unpack, columns) for name, columns in ddl.items()}


def _worker(params: Mapping[str, Any], wanted: Collection[str]) -> DeriveWorker:
    cutoff = params.get("cutoff")
    return DeriveWorker(
        wanted=tuple(wanted),
        cutoff=date.fromisoformat(cutoff) if isinstance(cutoff, str) else cutoff,
        gap_days=params.get("gap_days"),
    )


def _dealt(inputs: Mapping[str, DataFrame], wanted: Collection[str]) -> DataFrame:
    """All input tables as cells, those of one bucket in one partition."""
    from pyspark.sql import functions as F

    count = _buckets(inputs["patient"])
    parts = [_packed(name, inputs[name], count, name in wanted) for name in INPUT_TABLES if name in inputs]
    return reduce(lambda a, b: a.unionAll(b), parts).repartitionById(count, F.col("bucket"))


def _buckets(patients: DataFrame) -> int:
    count, tasks = patients.count(), patients.sparkSession.sparkContext.defaultParallelism
    return max(1, -(-count // PATIENTS_A_BUCKET), min(tasks, count // SMALLEST_BUCKET))


def _packed(name: str, frame: DataFrame, buckets: int, passes: bool) -> DataFrame:
    """``passes``: the table comes out again, so all its columns travel."""
    from pyspark.sql import functions as F

    columns = [c for c in frame.columns if (passes and name not in SUMMARISED) or c in reads(name)]
    bucket = F.pmod(F.xxhash64("patient_id"), F.lit(buckets)).cast("int").alias(BUCKET)
    arrays = {f.name for f in frame.schema.fields if f.dataType.typeName() == "array"} & set(columns)
    picked = [_as_text(c) if c in arrays else F.col(c) for c in columns]
    dealt = frame.select(*picked, bucket, F.spark_partition_id().alias(PART))
    return dealt.mapInArrow(Packer(name, sorted(arrays)), PACKED_DDL)


def _as_text(name: str) -> Column:
    """A list of ids as text (``worker.lists`` undoes it)."""
    from pyspark.sql import functions as F

    column = F.col(name)
    full = F.concat(F.lit(SEPARATOR), F.array_join(column, SEPARATOR))
    return F.when(F.size(column) > 0, full).when(column.isNotNull(), F.lit("")).alias(name)


def _passed(frame: DataFrame | None, name: str, others: Mapping[str, DataFrame]) -> DataFrame:
    """A table that derivation does not touch, cast to the contract; missing columns are NULL."""
    from pyspark.sql import functions as F

    ddl = spark_ddl(release(name))
    if frame is None:
        return next(iter(others.values())).sparkSession.createDataFrame([], ddl)
    types = dict(part.strip().replace("`", "").split(" ", 1) for part in ddl.split(", "))
    return frame.select(*[(F.col(c) if c in frame.columns else F.lit(None)).cast(t).alias(c) for c, t in types.items()])
