"""Stored marts: wide tables made from the tables of the release that was just written, in whatever profile it has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa

from jobs.publish.profiles import shown
from warehouse.compile.arrow import arrow_schema
from warehouse.compile.duckdb import mart_select
from warehouse.schema import Table, mart_tables, release_tables
from warehouse.writer import FilePart, write_part

if TYPE_CHECKING:
    import duckdb

    from jobs.runtime.context import Context


def mart_rows(db: duckdb.DuckDBPyConnection, mart: Table) -> pa.Table:
    """The rows of a mart over the views of a release, in the declared columns and order."""
    columns, order = ", ".join(mart.column_names), ", ".join(mart.sort_by)
    rows = db.sql(f"SELECT {columns} FROM ({mart_select(mart)}) ORDER BY {order}").to_arrow_table()
    return rows.cast(arrow_schema(mart))


def write_marts(context: Context, folder: str) -> dict[str, list[FilePart]]:
    """Write every mart into the release folder; its file by mart."""
    read = {t.name: f"{folder}/{t.name}" for t in release_tables() if _is_read(t.name)}
    with shown(context, read) as db:
        return {
            mart.name: [
                write_part(mart_rows(db, mart), f"{context.warehouse.uri(folder)}/{mart.name}/part-00000.parquet")
            ]
            for mart in mart_tables()
        }


def _is_read(table: str) -> bool:
    return any(re.search(rf"\b{table}\b", mart_select(mart)) for mart in mart_tables())
