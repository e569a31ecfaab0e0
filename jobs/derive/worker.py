"""What runs in the Python workers: deal rows into buckets of patients, derive a bucket, write it. No Spark is imported here.

The workers read the conformed Parquet files and write the derived ones themselves, with pyarrow; Spark hands out the work and
moves packed tables between its tasks. A bucket holds whole patients. A file is named after its bucket and its rows depend on the
input alone, so a repeated attempt puts the same bytes under the same name.
"""

from __future__ import annotations

import io
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.runtime.storage import Store
from warehouse.derive import Rules, load_rules
from warehouse.derive.columnar import SUMMARISED, derive_tables, reads
from warehouse.derive.columnar.arrays import dictionary, ordered
from warehouse.derive.columnar.rows import passed, plain_schema

PACKED = pa.schema([("bucket", pa.int32()), ("table", pa.string()), ("part", pa.int32()), ("data", pa.binary())])
PACKED_DDL = "bucket INT, table STRING, part INT, data BINARY"
DERIVED = pa.schema([("table", pa.string()), ("data", pa.binary())])
DERIVED_DDL = "table STRING, data BINARY"
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
    """Numbers of tasks → cells: the rows of a file that belong to one bucket, packed."""

    def __init__(self, root: str, tasks: Sequence[Sequence[File]], buckets: int, wanted: Collection[str]) -> None:
        self.root, self.tasks, self.buckets, self.wanted = root, tasks, buckets, frozenset(wanted)

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                for file in self.tasks[number]:
                    yield from self._cells(file)

    def _cells(self, file: File) -> Iterator[pa.RecordBatch]:
        with Store(self.root).open(file.name) as source:
            rows = read(source, partial(self.columns, file.table))
        for bucket, mine in dealt(rows, self.buckets):
            yield pa.record_batch([[bucket], [file.table], [file.part], [encode(mine)]], schema=PACKED)

    def columns(self, table: str, there: Iterable[str]) -> list[str]:
        """Of a table that comes out again all columns travel, of the others those that the rules read."""
        whole = table in self.wanted and table not in SUMMARISED
        return [c for c in there if whole or c in reads(table)]


def read(source: BinaryIO, wanted: Callable[[Iterable[str]], list[str]]) -> pa.Table:
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


class Deriver:
    """Cells of whole buckets → the derived tables of each; pickled with settings only, the rules are read in the worker."""

    def __init__(self, *, wanted: Collection[str], cutoff: date | None, gap_days: int | None) -> None:
        self.wanted, self.cutoff, self.gap_days = tuple(wanted), cutoff, gap_days

    def rules(self) -> Rules:
        """The project's rules with this run's cut-off and gap."""
        rules = load_rules().with_cutoff(self.cutoff)
        return rules.with_gap(self.gap_days) if self.gap_days else rules

    def derived(self, batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[int, dict[str, pa.Table]]]:
        """The bucket's number and its derived tables, a bucket after the other."""
        cells = [cell for batch in batches for cell in _cells_of(batch)]
        rules = self.rules()
        for bucket in sorted({c.bucket for c in cells}):
            mine = [c for c in cells if c.bucket == bucket]
            cells = [c for c in cells if c.bucket != bucket]
            yield bucket, derive_tables(_tables(mine), rules, self.wanted)

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _, tables in self.derived(batches):
            for name, table in tables.items():
                if table.num_rows:
                    yield pa.record_batch([[name], [encode(table)]], schema=DERIVED)


class Writer:
    """Cells of whole buckets → files, one a bucket and table; answers with tables, rows and drops."""

    def __init__(self, deriver: Deriver, root: str, target: str, release_id: str) -> None:
        self.deriver, self.root, self.target, self.release_id = deriver, root, target, release_id

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
        for bucket, tables in self.deriver.derived(batches):
            for row, n in Counter(map(tuple, map(dict.values, tables.pop(UNPLACED_TABLE).to_pylist()))).items():
                yield {"table": row[0], "reason": row[1], "n": n}
            for name, table in tables.items():
                write(
                    Store(self.root), f"{self.target}/{name}/part-{bucket:05d}.parquet", stamped(table, self.release_id)
                )
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


@dataclass(frozen=True)
class _Cell:
    bucket: int
    table: str
    part: int
    data: pa.Buffer


def _cells_of(batch: pa.RecordBatch) -> Iterator[_Cell]:
    texts = (batch.column(n).to_pylist() for n in ("bucket", "table", "part"))
    for bucket, table, part, data in zip(*texts, batch.column("data"), strict=True):
        yield _Cell(bucket, table, part, data.as_buffer())


def _tables(cells: Sequence[_Cell]) -> dict[str, pa.Table]:
    """The tables of a bucket; parts in the order of the files, so that a run can be repeated."""
    parts: dict[str, list[pa.Table]] = {}
    for cell in sorted(cells, key=lambda c: (c.table, c.part)):
        parts.setdefault(cell.table, []).append(decode(cell.data))
    return {name: _together(found) for name, found in parts.items()}


def _together(parts: Sequence[pa.Table]) -> pa.Table:
    """One table; a column that a part lacks is NULL there, one that only some hold as a dictionary is text everywhere."""
    kinds: dict[str, set[pa.DataType]] = {}
    for field in (f for part in parts for f in part.schema):
        kinds.setdefault(field.name, set()).add(field.type)
    mixed = {name: next(t for t in found if not pa.types.is_dictionary(t)) for name, found in kinds.items() if len(found) > 1}
    for name, kind in mixed.items():
        parts = [p.set_column(p.column_names.index(name), name, p[name].cast(kind)) if name in p.column_names else p for p in parts]
    return pa.concat_tables(parts, promote_options="default")


def unpack(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Cells of one derived table → its rows."""
    for batch in batches:
        for data in batch.column("data"):
            yield from decode(data.as_buffer()).to_batches()
