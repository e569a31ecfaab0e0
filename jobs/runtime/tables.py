"""Working tables between the jobs of one run: written and read as Parquet, several at a time."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from jobs.runtime.context import Context

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_AT_A_TIME = 4


def write_tables(context: Context, prefix: str, frames: Mapping[str, DataFrame]) -> dict[str, int]:
    """Write each frame to ``<warehouse>/<prefix>/<table>/`` and return the rows written."""

    def one(item: tuple[str, DataFrame]) -> tuple[str, int]:
        name, frame = item
        frame.write.mode("overwrite").parquet(context.warehouse.uri(f"{prefix}/{name}"))
        return name, count_rows(context, f"{prefix}/{name}")

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return dict(sorted(pool.map(one, frames.items())))


def count_rows(context: Context, name: str) -> int:
    """Rows of a Parquet folder, from the footers."""
    total = 0
    for file in context.warehouse.walk(name):
        if file.endswith(".parquet"):
            with context.warehouse.open(file) as source:
                total += pq.ParquetFile(source).metadata.num_rows
    return total


def read_tables(context: Context, prefix: str, ddl: Mapping[str, str] | None = None) -> dict[str, DataFrame]:
    """Frames of every table below ``<warehouse>/<prefix>/``."""
    found = {}
    for name in context.warehouse.folders(prefix):
        reader = context.spark.read
        if ddl and name in ddl:
            reader = reader.schema(ddl[name])
        found[name] = reader.parquet(context.warehouse.uri(f"{prefix}/{name}"))
    return found


def candidate(context: Context, step: str) -> str:
    """Folder of a step's working tables in this run."""
    return f"candidate/{context.run_id}/{step}"
