"""Writing one Parquet file of a release: same rows in, same bytes out.

Used inside Spark workers and by tests alike, so it needs nothing but pyarrow. The settings serve DuckDB, Spark, Trino:
zstd, row groups that statistics can prune and cores can share, a page index, and the column descriptions in the footer.
"""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from warehouse.compile.arrow import arrow_schema
from warehouse.errors import WarehouseError
from warehouse.schema import Table

ROW_GROUP_ROWS = 32_768
ZSTD_LEVEL = 3


@dataclass(frozen=True, slots=True)
class FilePart:
    """One written file: where it is, how large, its digest and its number of rows."""

    path: str
    bytes: int
    sha256: str
    rows: int


def to_contract(rows: pa.Table, table: Table, *, without: frozenset[str] = frozenset()) -> pa.Table:
    """``rows`` with exactly the declared columns, order, types and descriptions.

    Raises WarehouseError for a missing column or a value that does not fit; extra columns are an error too, so that
    nothing undeclared is published.
    """
    schema = arrow_schema(table, without=without)
    if odd := sorted(set(rows.column_names) ^ set(schema.names)):
        side = "is missing" if odd[0] in schema.names else "is not declared"
        raise WarehouseError(
            f"Table {table.name} does not fit its contract: column {odd[0]} {side}.",
            where=f"{table.name}.{odd[0]}",
            why=f"the declaration has {len(schema.names)} columns, the rows have {len(rows.column_names)}",
            do="correct the job that fills the table, or declare the column in warehouse/tables/release/",
        )
    return rows.select(schema.names).cast(schema)


def _sorting(schema: pa.Schema) -> list[pq.SortingColumn]:
    declared = (schema.metadata or {}).get(b"sort_by", b"").decode()
    return [pq.SortingColumn(schema.get_field_index(name)) for name in declared.split(",") if name in schema.names]


def to_parquet(rows: pa.Table) -> bytes:
    """The Parquet file as bytes. ``rows`` must already be sorted as the schema's ``sort_by`` says."""
    # One chunk per column: page boundaries, and so the bytes, must not depend on how the rows arrived.
    rows = rows.combine_chunks()
    buffer = io.BytesIO()
    pq.write_table(
        rows,
        buffer,
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        row_group_size=ROW_GROUP_ROWS,
        write_statistics=True,
        write_page_index=True,
        version="2.6",
        sorting_columns=_sorting(rows.schema) or None,
    )
    return buffer.getvalue()


def _is_there(filesystem: fs.FileSystem, inner: str, content: bytes) -> bool:
    info = filesystem.get_file_info(inner)
    if info.type != fs.FileType.File or info.size != len(content):
        return False
    with filesystem.open_input_stream(inner) as stream:
        return bool(stream.read() == content)


def _put(content: bytes, path: str) -> None:
    """One put: a file that already holds these bytes is left alone, another one is replaced whole."""
    filesystem, inner = fs.FileSystem.from_uri(path) if "://" in path else (fs.LocalFileSystem(), path)
    if _is_there(filesystem, inner, content):
        return
    filesystem.create_dir(str(Path(inner).parent), recursive=True)
    local = isinstance(filesystem, fs.LocalFileSystem)
    target = f"{inner}.{os.getpid()}.tmp" if local else inner
    with filesystem.open_output_stream(target) as stream:
        stream.write(content)
    if local:
        os.replace(target, inner)


def write_part(rows: pa.Table, path: str | Path) -> FilePart:
    """Write one file by a single put and say what was written.

    ``rows`` carries a schema from ``arrow_schema`` (see ``to_contract``) and is sorted by the table's ``sort_by``.
    ``path`` is a local path or a URI that Arrow knows (``hdfs://``, ``s3://``, ``file://``). The file is built in
    memory first: compressed, it is a fraction of the rows that the worker holds anyway.
    """
    content = to_parquet(rows)
    _put(content, str(path))
    return FilePart(path=str(path), bytes=len(content), sha256=hashlib.sha256(content).hexdigest(), rows=rows.num_rows)
