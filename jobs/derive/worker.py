"""What runs in the Python workers: pack tables by bucket of patients, derive a bucket, unpack. No Spark is imported here.

A bucket holds whole patients. Between the steps a table of a bucket travels as one Arrow stream in a binary cell, so Spark moves
few large cells, and nothing is turned into text or into rows on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.derive import Rules, load_rules
from warehouse.derive.columnar import derive_tables

BUCKET, PART = "_bucket", "_part"
"""Working columns of a table on its way into buckets: the patient's bucket and the task that read the row."""
PACKED = pa.schema([("bucket", pa.int32()), ("table", pa.string()), ("part", pa.int32()), ("data", pa.binary())])
PACKED_DDL = "bucket INT, table STRING, part INT, data BINARY"
DERIVED = pa.schema([("table", pa.string()), ("data", pa.binary())])
DERIVED_DDL = "table STRING, data BINARY"
SEPARATOR = "\x1f"
"""Lists of ids come as text, each id after a separator: Spark's way of writing NULL lists to Arrow costs more than all else."""
_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


def encode(table: pa.Table) -> bytes:
    """A table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=_OPTIONS) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def decode(data: pa.Buffer | bytes) -> pa.Table:
    """The table of an Arrow stream."""
    return pa.ipc.open_stream(data).read_all()


def lists(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """``\\x1fa\\x1fb`` → ``[a, b]``; empty text → ``[]``; NULL stays NULL."""
    return pc.list_slice(pc.split_pattern(texts, SEPARATOR), 1)


class Packer:
    """Rows of one table → one cell a bucket. ``list_columns`` come as text."""

    def __init__(self, table: str, list_columns: Sequence[str] = ()) -> None:
        self.table, self.list_columns = table, tuple(list_columns)

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        held = [b for b in batches if b.num_rows]
        if not held:
            return
        rows = pa.Table.from_batches(held).combine_chunks()
        for name in self.list_columns:
            rows = rows.set_column(rows.column_names.index(name), name, lists(rows[name]))
        part = rows[PART][0].as_py()
        buckets = rows[BUCKET].to_numpy()
        order = np.argsort(buckets, kind="stable")
        rows, buckets = rows.drop_columns([BUCKET, PART]).take(pa.array(order)), buckets[order]
        numbers, starts = np.unique(buckets, return_index=True)
        for number, start, end in zip(numbers, starts, [*starts[1:], len(buckets)], strict=True):
            data = encode(rows.slice(start, end - start))
            yield pa.record_batch([[int(number)], [self.table], [part], [data]], schema=PACKED)


class DeriveWorker:
    """Cells of a bucket → one cell a derived table; pickled with settings only, the rules are read in the worker."""

    def __init__(self, *, wanted: Sequence[str], cutoff: date | None, gap_days: int | None) -> None:
        self.wanted, self.cutoff, self.gap_days = tuple(wanted), cutoff, gap_days

    def rules(self) -> Rules:
        """The project's rules with this run's cut-off and gap."""
        rules = load_rules().with_cutoff(self.cutoff)
        return rules.with_gap(self.gap_days) if self.gap_days else rules

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        cells = [cell for batch in batches for cell in batch.to_pylist()]
        rules = self.rules()
        for bucket in sorted({cell["bucket"] for cell in cells}):
            mine = [cell for cell in cells if cell["bucket"] == bucket]
            for name, table in derive_tables(_tables(mine), rules, self.wanted).items():
                if table.num_rows:
                    yield pa.record_batch([[name], [encode(table)]], schema=DERIVED)


def _tables(cells: Sequence[dict[str, object]]) -> dict[str, pa.Table]:
    """The tables of a bucket; parts in the order of the tasks that read them, so that a run can be repeated."""
    parts: dict[str, list[pa.Table]] = {}
    for cell in sorted(cells, key=lambda c: (str(c["table"]), c["part"])):
        parts.setdefault(str(cell["table"]), []).append(decode(cell["data"]))  # type: ignore[arg-type]
    return {name: pa.concat_tables(found) for name, found in parts.items()}


def unpack(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Cells of one derived table → its rows."""
    for batch in batches:
        for data in batch.column("data"):
            yield from decode(data.as_buffer()).to_batches()
