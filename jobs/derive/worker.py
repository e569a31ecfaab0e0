"""What runs in the Python workers: deal rows into buckets of patients, derive a bucket, write it. No Spark is imported here.

The workers read and write all files themselves, with pyarrow; Spark hands out the work. Dealing leaves one file a task with the rows
of each table and bucket packed one after the other; deriving reads the pieces of its bucket. A bucket holds whole patients. A derived file is
named after its bucket and its rows depend on the input alone, so a repeated attempt puts the same bytes under the same name; a file of
cells has a new name each attempt, and only those that a finished task answered with are read.
"""

from __future__ import annotations

import io
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import IO, Any, NamedTuple
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.storage import Store
from warehouse.derive import Rules, load_rules
from warehouse.derive.columnar import SUMMARISED, derive_tables, reads
from warehouse.derive.columnar.arrays import dictionary, ordered
from warehouse.derive.columnar.rows import passed, plain_schema


class Cell(NamedTuple):
    """Where the rows of one file that belong to one bucket stand; travels as a list."""

    bucket: int
    table: str
    part: int
    """Place of the file among those of its table."""
    name: str
    """The file of cells."""
    start: int
    size: int


KEY = frozenset({"patient_id"})
LONG = 4
"""Bytes a value: a column that takes fewer in its file holds the same texts again and again."""
_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


@dataclass(frozen=True)
class File:
    """One conformed file."""

    table: str
    name: str
    part: int
    """Its place among the files: the order of rows depends on it, not on the task that was first."""


def encode(table: pa.Table) -> bytes:
    """A table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=_OPTIONS) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def decode(data: pa.Buffer | bytes) -> pa.Table:
    """The table of an Arrow stream."""
    return pa.ipc.open_stream(data).read_all()


def dealt(rows: pa.Table, buckets: int) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each bucket that has some; a patient's bucket depends on the patient's id alone.

    Patients come as dictionaries: an id travels once a table and bucket.
    """
    if not rows.num_rows:
        return
    ids = dictionary(rows["patient_id"])
    known, codes = ids.dictionary, ids.indices.to_numpy()
    bucket_of = np.array([zlib.crc32((i or "").encode()) % buckets for i in known.to_pylist()], np.int64)
    order_of, order = ordered(bucket_of, buckets), ordered(bucket_of[codes], buckets)
    place = np.empty(len(known), np.int32)
    place[order_of] = np.arange(len(known), dtype=np.int32)
    own, known = place[codes][order], known.take(pa.array(order_of))
    others = rows.drop_columns(["patient_id"]).take(pa.array(order)).combine_chunks()
    low = start = 0
    sizes = zip(
        np.bincount(bucket_of, minlength=buckets), np.bincount(bucket_of[codes], minlength=buckets), strict=True
    )
    for number, (names, count) in enumerate(sizes):
        if count:
            places = pa.array(own[start : start + count] - low, pa.int32())
            mine = pa.DictionaryArray.from_arrays(places, known.slice(low, names))
            yield number, others.slice(start, count).append_column("patient_id", mine)
        low, start = low + names, start + count


class Dealer:
    """Tasks of ``files`` → one file of cells each; answers once, with its ``cells``."""

    def __init__(self, root: str, folder: str, buckets: int, wanted: Collection[str]) -> None:
        self.root, self.folder, self.buckets, self.wanted = root, folder, buckets, frozenset(wanted)

    def __call__(self, task: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        store, name, start, cells = Store(self.root), f"{self.folder}/{uuid4().hex}", 0, list[Cell]()
        with store.open(name, "wb") as sink:
            for table, file, part in task["files"]:
                with store.open(file) as source:
                    rows = read(source, partial(self.columns, table))
                for bucket, mine in dealt(rows, self.buckets):
                    size = sink.write(encode(mine))
                    cells.append(Cell(bucket, table, part, name, start, size))
                    start += size
        yield {"cells": cells}

    def columns(self, table: str, there: Iterable[str]) -> list[str]:
        """Of a table that comes out again all columns travel, of the others those that the rules read."""
        whole = table in self.wanted and table not in SUMMARISED
        return [c for c in there if whole or c in reads(table)]


def read(source: IO[bytes], wanted: Callable[[Iterable[str]], list[str]]) -> pa.Table:
    """The ``wanted`` columns of a Parquet file that hold some value; texts that repeat themselves come as dictionaries."""
    metadata = pq.read_metadata(source)
    text, filled = _held(metadata)
    names = [c for c in wanted(metadata.schema.to_arrow_schema().names) if c in KEY or filled.get(c, True)]
    repeated = [c for c in names if c in KEY or (c in text and text[c] < LONG * metadata.num_rows)]
    parquet = pq.ParquetFile(source, metadata=metadata, read_dictionary=repeated)
    return parquet.read(columns=names, use_threads=False)


def _held(metadata: pq.FileMetaData) -> tuple[Counter[str], dict[str, bool]]:
    """Stored bytes of each text column, and whether the statistics of a column leave room for a value."""
    text, filled = Counter[str](), dict[str, bool]()
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            name, known = column.path_in_schema, column.statistics
            if column.physical_type == "BYTE_ARRAY":
                text[name] += column.total_uncompressed_size
            empty = known is not None and known.has_null_count and known.null_count == group.num_rows
            filled[name] = filled.get(name, False) or not empty
    return text, filled


@dataclass(frozen=True)
class Deriver:
    """Cells of a bucket → its derived tables; pickled with settings only, the rules are read in the worker."""

    wanted: tuple[str, ...]
    cutoff: date | None
    gap_days: int | None

    def rules(self) -> Rules:
        """The project's rules with this run's cut-off and gap."""
        return _rules(self.cutoff, self.gap_days)

    def derived(self, store: Store, cells: Sequence[Cell]) -> dict[str, pa.Table]:
        """The derived tables of one bucket."""
        return derive_tables(gathered(store, cells), self.rules(), self.wanted)


@cache
def _rules(cutoff: date | None, gap_days: int | None) -> Rules:
    rules = load_rules().with_cutoff(cutoff)
    return rules.with_gap(gap_days) if gap_days else rules


class Writer:
    """Tasks of a ``bucket`` and its ``cells`` → files, one a table; answers with tables, rows and drops."""

    def __init__(self, deriver: Deriver, root: str, target: str, release_id: str) -> None:
        self.deriver, self.root, self.target, self.release_id = deriver, root, target, release_id

    def __call__(self, task: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        store = Store(self.root)
        tables = self.deriver.derived(store, [Cell(*cell) for cell in task["cells"]])
        for row, n in Counter(map(tuple, map(dict.values, tables.pop(UNPLACED_TABLE).to_pylist()))).items():
            yield {"table": row[0], "reason": row[1], "n": n}
        for name, table in tables.items():
            write(store, f"{self.target}/{name}/part-{task['bucket']:05d}.parquet", stamped(table, self.release_id))
            yield {"table": name, "n": table.num_rows}


UNPLACED_TABLE = "_unplaced"
"""Rows that were dropped, beside the derived tables."""


class Passer:
    """Files of tables that derivation does not touch → the same rows with the contract's columns."""

    def __init__(self, root: str, target: str, release_id: str) -> None:
        self.root, self.target, self.release_id = root, target, release_id

    def __call__(self, task: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for table, name, part in task["files"]:
            with Store(self.root).open(name) as source:
                rows = pq.read_table(source, use_threads=False)
            schema = plain_schema(table)
            rows = pa.table([passed(rows, f) for f in schema], schema=schema)
            write(Store(self.root), f"{self.target}/{table}/part-{part:05d}.parquet", stamped(rows, self.release_id))
            yield {"table": table, "n": rows.num_rows}


def stamped(table: pa.Table, release_id: str) -> pa.Table:
    """The table with the release's id on every row, when there is one."""
    if not release_id:
        return table
    place = table.column_names.index("release_id")
    return table.set_column(place, "release_id", pa.repeat(pa.scalar(release_id, pa.string()), table.num_rows))


def write(store: Store, name: str, table: pa.Table) -> None:
    """One Parquet file, by one put."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    store.put(name, sink.getvalue())


def gathered(store: Store, cells: Sequence[Cell]) -> dict[str, pa.Table]:
    """The tables of a bucket; parts in the order of the files, so that a run can be repeated."""
    parts: dict[str, list[pa.Table]] = {}
    for cell in sorted(cells, key=lambda c: (c.table, c.part)):
        parts.setdefault(cell.table, []).append(decode(store.cut(cell.name, cell.start, cell.size)))
    return {name: _together(found) for name, found in parts.items()}


def _together(parts: Sequence[pa.Table]) -> pa.Table:
    """One table; a column that a part lacks is NULL there, one that only some hold as a dictionary is text everywhere."""
    kinds: dict[str, set[pa.DataType]] = {}
    for field in (f for part in parts for f in part.schema):
        kinds.setdefault(field.name, set()).add(field.type)
    mixed = {
        name: next(t for t in found if not pa.types.is_dictionary(t)) for name, found in kinds.items() if len(found) > 1
    }
    for name, kind in mixed.items():
        parts = [
            p.set_column(p.column_names.index(name), name, p[name].cast(kind)) if name in p.column_names else p
            for p in parts
        ]
    return pa.concat_tables(parts, promote_options="default")
