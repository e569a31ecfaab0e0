"""Spread work over Spark's Python workers when the workers write the files themselves.

A worker writes Parquet parts with pyarrow under names of its own and returns their names; a part becomes visible only when
the driver lists it in a state file. So nothing relies on renames, a failed or repeated attempt leaves unlisted files only,
and one pass over the input can fill many tables.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.errors import OncorweError, describe
from jobs.runtime.storage import Store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Worker = Callable[[dict[str, Any]], Iterable[dict[str, Any]]]
_ANSWER = pa.schema([("answer", pa.string())])


def _answers(results: Iterable[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {"answer": [json.dumps(result, ensure_ascii=False) for result in results]}, schema=_ANSWER
    )


class WorkerFailure(RuntimeError):
    """A worker's unexpected error without its text: Spark prints tracebacks, and a text may hold a patient's data."""


@contextmanager
def guarded() -> Iterator[None]:
    """Let errors of a worker out as a sentence that names type and place only."""
    try:
        yield
    except OncorweError:
        raise
    except Exception as error:
        raise WorkerFailure(describe(error)) from None


def run_tasks(spark: SparkSession, worker: Worker, tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Call ``worker`` once for each task (a JSON-able dict without secrets or patient data), one Spark task each."""
    if not tasks:
        return []

    texts = list(map(json.dumps, tasks))

    def over(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                with guarded():
                    answers = _answers(worker(json.loads(texts[number])))
                yield answers

    return _collect(spark.range(0, len(tasks), 1, len(tasks)).mapInArrow(over, "answer string"))


def run_partitions(
    frame: DataFrame, worker: Callable[[Iterator[pa.RecordBatch]], Iterable[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Call ``worker`` once for each partition of ``frame`` with its Arrow batches; collect what it answers."""

    def over(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with guarded():
            answers = _answers(worker(batches))
        yield answers

    return _collect(frame.mapInArrow(over, "answer string"))


def _collect(frame: DataFrame) -> list[dict[str, Any]]:
    return [json.loads(row.answer) for row in frame.collect()]


class PartWriter:
    """Buffers rows of one table and writes them as Parquet parts of about ``rows_per_part`` rows.

    Use as a context manager; ``files`` then lists ``{"file", "rows"}`` with names relative to the store.
    """

    def __init__(self, store: Store, prefix: str, schema: pa.Schema, rows_per_part: int = 20_000) -> None:
        self._store, self._prefix, self._schema, self._limit = store, prefix, schema, rows_per_part
        self._rows: list[dict[str, Any]] = []
        self.files: list[dict[str, Any]] = []

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self.close()

    def add(self, row: dict[str, Any]) -> None:
        """Add one row; keys that the schema lacks are an error, absent ones NULL."""
        self._rows.append(row)
        if len(self._rows) >= self._limit:
            self._flush()

    def close(self) -> None:
        """Write what is left."""
        if self._rows:
            self._flush()

    def _flush(self) -> None:
        name = f"{self._prefix}-{len(self.files):05d}.parquet"
        table = pa.Table.from_pylist(self._rows, schema=self._schema)
        with self._store.open(name, "wb") as sink:
            pq.write_table(table, sink, compression="zstd")
        self.files.append({"file": name, "rows": len(self._rows)})
        self._rows = []
