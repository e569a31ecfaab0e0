"""Write release tables as few, sorted, pruned Parquet files: patients in order across files, the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.runtime.context import Context
from jobs.runtime.fanout import run_partitions
from jobs.runtime.tables import count_rows
from warehouse.compile.arrow import arrow_schema
from warehouse.compile.spark import spark_ddl
from warehouse.schema import release
from warehouse.writer import FilePart, to_contract, write_part

if TYPE_CHECKING:
    from pyspark.sql import Column

    from jobs.publish.profiles import WideApplier

ROWS_PER_FILE = 1_000_000
_ALPHABET = "234567ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Base32 digits in the order in which their characters sort."""
_AT_A_TIME = 4
ROWS_ON_DRIVER = 200_000
"""Tables up to this size are written by the driver: a Spark job for each would cost more than the work."""


def bucket(column: str, buckets: int) -> Column:
    """Number of a token's file: tokens are uniform, so their first two characters cut them into even, ordered ranges."""
    from pyspark.sql import functions as F

    first = F.greatest(F.lit(0), F.instr(F.lit(_ALPHABET), F.substring(column, 1, 1)) - 1)
    second = F.greatest(F.lit(0), F.instr(F.lit(_ALPHABET), F.substring(column, 2, 1)) - 1)
    return F.floor((first * 32 + second) * buckets / 1024).cast("int")


class _Writer:
    """Writes the buckets of a partition, one file each; pickled with names only."""

    def __init__(self, table: str, folder: str, without: frozenset[str]) -> None:
        self.table, self.folder, self.without = table, folder, without

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
        grouped: dict[int, list[pa.RecordBatch]] = {}
        for batch in batches:
            numbers = batch.column("_bucket")
            for number in sorted(set(numbers.to_pylist())):
                grouped.setdefault(number, []).append(batch.filter(pc.equal(numbers, number)))
        for number, found in sorted(grouped.items()):
            yield self._write(number, pa.Table.from_batches(found).drop_columns(["_bucket"]))

    def _write(self, number: int, rows: pa.Table) -> dict[str, Any]:
        part = write_part(
            to_contract(rows, release(self.table), without=self.without), f"{self.folder}/part-{number:05d}.parquet"
        )
        return {"path": part.path, "bytes": part.bytes, "sha256": part.sha256, "rows": part.rows}


def _write_small(
    context: Context,
    name: str,
    source: str,
    target: str,
    release_id: str,
    without: frozenset[str],
    applier: WideApplier | None,
) -> FilePart:
    """A small table needs no cluster: read, sorted and written here, with the same bytes as the workers' way gives."""
    table = release(name)
    parts = []
    for file in context.warehouse.walk(source):
        if file.endswith(".parquet"):
            with context.warehouse.open(file) as handle:
                parts.append(pq.read_table(handle))
    rows = pa.concat_tables(parts, promote_options="default")
    rows = rows.drop_columns([c for c in ("release_id", *(() if applier else without)) if c in rows.column_names])
    rows = rows.append_column("release_id", pa.array([release_id] * rows.num_rows, pa.string()))
    rows = applier(name, rows) if applier else rows
    rows = rows.sort_by([(column, "ascending") for column in table.sort_by])
    return write_part(to_contract(rows, table, without=without), f"{target}/part-00000.parquet")


def _write_one(
    context: Context,
    name: str,
    source: str,
    folder: str,
    release_id: str,
    without: frozenset[str],
    rows_on_driver: int,
    applier: WideApplier | None,
) -> tuple[str, list[FilePart], int]:
    from pyspark.sql import functions as F

    table = release(name)
    count = count_rows(context, source)
    target = context.warehouse.uri(folder)
    if count == 0:
        empty = arrow_schema(table, without=without).empty_table()
        return name, [write_part(empty, f"{target}/part-00000.parquet")], 0
    if count <= rows_on_driver:
        return name, [_write_small(context, name, source, target, release_id, without, applier)], count
    files = -(-count // ROWS_PER_FILE)
    rows = (
        context.spark.read.schema(spark_ddl(table))
        .parquet(context.warehouse.uri(source))
        .withColumn("release_id", F.lit(release_id))
    )
    kept = [column for column in table.columns if column.name not in without]
    rows = rows.mapInArrow(applier.over(name), spark_ddl(kept)) if applier else rows.drop(*without)
    cut = (
        rows.withColumn("_bucket", bucket("patient_id", files))
        .repartition(files, "_bucket")
        .sortWithinPartitions("_bucket", *table.sort_by)
    )
    answers = run_partitions(cut, _Writer(name, target, without))
    return name, [FilePart(**answer) for answer in sorted(answers, key=lambda a: a["path"])], count


def write_tables_sorted(
    context: Context,
    sources: Mapping[str, str],
    folder: str,
    release_id: str,
    without: Mapping[str, frozenset[str]],
    rows_on_driver: int = ROWS_ON_DRIVER,
    applier: WideApplier | None = None,
) -> tuple[dict[str, list[FilePart]], int]:
    """Write every table of a release; its files by table, and the rows read.

    ``without`` names the columns that the profile leaves out; ``applier`` generalises the rows of profile ``wide``.
    """
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        done = list(
            pool.map(
                lambda item: _write_one(
                    context,
                    item[0],
                    item[1],
                    f"{folder}/{item[0]}",
                    release_id,
                    without[item[0]],
                    rows_on_driver,
                    applier,
                ),
                sources.items(),
            )
        )
    for name, parts, _ in done:
        _remove_leftovers(context, f"{folder}/{name}", parts)
    return {name: parts for name, parts, _ in done}, sum(rows for _, _, rows in done)


def _remove_leftovers(context: Context, folder: str, parts: list[FilePart]) -> None:
    """Files of an earlier, unfinished attempt that this one did not write."""
    wanted = {part.path.rsplit("/", 1)[-1] for part in parts}
    for name in context.warehouse.files(folder):
        if name not in wanted:
            context.warehouse.delete(f"{folder}/{name}")
