"""Derive: tumours, stages, regimens, lines of therapy, responses and endpoints.

The rules are ``warehouse.derive``; this package only brings files to them and back. Patients are dealt into buckets; all that a
bucket needs is written once, packed as Arrow; one task derives a bucket and writes its files.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.derive.worker import Cell, Dealer, Deriver, File, Passer, Writer, write
from jobs.runtime.fanout import run_tasks
from jobs.runtime.storage import Store
from warehouse.derive import DERIVED_TABLES, INPUT_TABLES
from warehouse.derive.columnar import WRITES
from warehouse.derive.columnar.rows import plain_schema
from warehouse.schema import release_tables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["CHANGED", "Derived", "derive", "derived_table", "untouched"]

PATIENTS_A_BUCKET = 6_250
SMALLEST_BUCKET = 50
"""Buckets below this many patients are not worth a task of their own."""
BYTES_A_TASK = 128 << 20
"""Conformed bytes that one task reads and deals; fewer when there are cores to spare."""
CELLS = "_cells"
"""Folder of packed rows while derivation runs."""
STRAGGLERS = 3.0
"""Seconds in which Spark ends the Python workers of a failed stage (``spark.python.task.killTimeout`` is 2)."""
CHANGED = tuple(name for name in DERIVED_TABLES if WRITES.get(name, True))
"""Tables that derivation makes or changes; all others pass."""


@dataclass
class Derived:
    """What was written, and dropped by (table, reason)."""

    written: Counter[str] = field(default_factory=Counter)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)


def derive(
    spark: SparkSession,
    store: Store,
    source: str,
    target: str,
    params: Mapping[str, Any],
    wanted: Collection[str] = CHANGED,
    passing: Collection[str] = (),
) -> Derived:
    """Conformed tables below ``source`` → the ``wanted`` derived tables below ``target``, and those ``passing`` as they are.

    ``params``: ``cutoff`` (ISO date or date; without it no cut-off endpoints), ``release_id`` (stamped on every row when given),
    ``gap_days`` (one treatment gap for all tumours, for sensitivity runs). What stands at ``target`` is replaced.
    """
    store.delete(target)
    stamp = str(params.get("release_id") or "")
    writer = Writer(_deriver(params, wanted), store.root, target, stamp)
    with _scratch(store, f"{target}/{CELLS}") as cells:
        answers = run_tasks(spark, writer, _dealt(spark, store, source, cells, wanted))
    answers += _pass(spark, store, source, target, passing, stamp)
    found = Derived()
    for answer in answers:
        if "reason" in answer:
            found.dropped[answer["table"], answer["reason"]] += answer["n"]
        else:
            found.written[answer["table"]] += answer["n"]
    for name in sorted({*wanted, *passing} - set(found.written)):
        write(store, f"{target}/{name}/part-00000.parquet", plain_schema(name).empty_table())
        found.written[name] = 0
    return found


@contextmanager
def _scratch(store: Store, folder: str) -> Iterator[str]:
    """A folder of patients' rows that is gone afterwards, also when a task fails: others may then run on and write for a moment."""
    try:
        yield folder
    except BaseException:
        store.delete(folder)
        time.sleep(STRAGGLERS)
        raise
    finally:
        store.delete(folder)


def derived_table(spark: SparkSession, store: Store, source: str, params: Mapping[str, Any], table: str) -> pa.Table:
    """One derived table, written below the store's root while this runs and then removed; ``params`` as for ``derive``."""
    with _scratch(store, f"_scratch-{uuid4().hex}") as scratch:
        derive(spark, store, source, scratch, params, (table,))
        return pa.concat_tables(_read(store, file) for file in _files(store, scratch, (table,)))


def _read(store: Store, file: File) -> pa.Table:
    with store.open(file.name) as source:
        return pq.read_table(source)


def untouched() -> list[str]:
    """Release tables that derivation passes on."""
    return [table.name for table in release_tables() if table.name not in CHANGED]


def _deriver(params: Mapping[str, Any], wanted: Collection[str]) -> Deriver:
    cutoff = params.get("cutoff")
    day = date.fromisoformat(cutoff) if isinstance(cutoff, str) else cutoff
    return Deriver(wanted=tuple(wanted), cutoff=day, gap_days=params.get("gap_days"))


def _dealt(
    spark: SparkSession, store: Store, source: str, folder: str, wanted: Collection[str]
) -> list[dict[str, Any]]:
    """Deal all input tables into cells below ``folder``; one task a bucket."""
    files = _files(store, source, INPUT_TABLES)
    cores = spark.sparkContext.defaultParallelism
    buckets = _buckets(store, [f for f in files if f.table == "patient"], cores)
    cells: dict[int, list[Cell]] = {}
    for answer in run_tasks(spark, Dealer(store.root, folder, buckets, wanted), _tasks(store, files, cores)):
        for cell in (Cell(*values) for values in answer["cells"]):
            cells.setdefault(cell.bucket, []).append(cell)
    return [{"bucket": bucket, "cells": cells[bucket]} for bucket in sorted(cells)]


def _files(store: Store, source: str, tables: Collection[str]) -> list[File]:
    """The Parquet files of some tables, numbered in each."""
    return [
        File(table, name, part)
        for table in tables
        for part, name in enumerate(n for n in store.walk(f"{source}/{table}") if n.endswith(".parquet"))
    ]


def _buckets(store: Store, patients: Sequence[File], cores: int) -> int:
    count = 0
    for file in patients:
        with store.open(file.name) as source:
            count += pq.ParquetFile(source).metadata.num_rows
    return max(1, -(-count // PATIENTS_A_BUCKET), min(cores, count // SMALLEST_BUCKET))


def _tasks(store: Store, files: Sequence[File], cores: int) -> list[dict[str, Any]]:
    """The files in as many heaps of about the same size as are worth a task each."""
    size = {file.name: store.size(file.name) for file in files}
    rounds = -(-sum(size.values()) // (BYTES_A_TASK * cores))
    count = max(1, min(len(files), cores * max(1, rounds)))  # whole rounds: no core waits for the last heap
    heaps: list[list[File]] = [[] for _ in range(count)]
    weights = [0] * count
    for file in sorted(files, key=lambda f: (-size[f.name], f.name)):
        lightest = weights.index(min(weights))
        heaps[lightest].append(file)
        weights[lightest] += size[file.name]
    return [{"files": [(f.table, f.name, f.part) for f in heap]} for heap in heaps]


def _pass(
    spark: SparkSession, store: Store, source: str, target: str, tables: Collection[str], release_id: str
) -> list[dict[str, Any]]:
    files = _files(store, source, tables)
    tasks = _tasks(store, files, spark.sparkContext.defaultParallelism) if files else []
    return run_tasks(spark, Passer(store.root, target, release_id), tasks)
