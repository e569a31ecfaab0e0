"""DuckDB views over the Parquet files of a release, with the descriptions of the table model as comments."""

from __future__ import annotations

from importlib.resources import files as resources
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.errors import WarehouseError
from warehouse.schema import Table, mart_tables, release_tables


def quote(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def parts(release_dir: Path | str, table: str) -> list[Path]:
    """The Parquet files of one table of a release, in name order; empty when the release has none."""
    return sorted((Path(release_dir) / table).glob("part-*.parquet"))


def _empty_select(table: Table) -> str:
    columns = ", ".join(f'NULL::{column.type.value} AS "{column.name}"' for column in table.columns)
    return f"SELECT {columns} WHERE false"


def mart_select(mart: Table) -> str:
    """The SELECT that makes a stored mart from the release tables, in DuckDB's dialect."""
    return (resources("warehouse.marts") / "stored" / f"{mart.name}.sql").read_text(encoding="utf-8").strip()


def present(files: list[Path]) -> frozenset[str]:
    """Columns of a table's files. Raises WarehouseError for a file that is no Parquet any more."""
    if not files:
        return frozenset()
    try:
        return frozenset(pq.read_schema(files[0]).names)
    except pa.ArrowInvalid:
        raise WarehouseError(
            "A file of the release cannot be read.",
            where="/".join(files[0].parts[-3:]),
            why="it is no Parquet file any more, or was cut short",
            do="run `oncorwe releases verify`; restore the release from a copy, or use another release",
        ) from None


def view_sql(table: Table, release_dir: Path | str, *, base: str | None = None) -> str:
    """``CREATE VIEW`` for one table; a column that the release's profile leaves out is NULL. ``base`` replaces the folder in the script (a URI, a mount on another machine)."""
    files = parts(release_dir, table.name)
    root = base.rstrip("/") if base else Path(release_dir).resolve().as_posix()
    listed = ", ".join(quote(f"{root}/{table.name}/{file.name}") for file in files)
    there = present(files)
    absent = "".join(f', NULL::{c.type.value} AS "{c.name}"' for c in table.columns if c.name not in there)
    body = (
        f"SELECT *{absent} FROM read_parquet([{listed}], hive_partitioning = false)" if files else _empty_select(table)
    )
    return f'CREATE OR REPLACE VIEW main."{table.name}" AS {body};'


def views_sql(release_dir: Path | str, *, base: str | None = None) -> str:
    """The script that makes all release tables visible as views in schema ``main``.

    A table without a file (a release older than the table) becomes an empty view with the declared columns, so
    that questions still run and answer with nothing. A mart without a file is computed when it is asked.
    """
    statements = []
    for table in release_tables():
        statements.append(view_sql(table, release_dir, base=base))
        statements.append(f'COMMENT ON VIEW main."{table.name}" IS {quote(f"{table.en} / {table.zh}")};')
    for mart in mart_tables():
        stored = view_sql(mart, release_dir, base=base) if parts(release_dir, mart.name) else None
        statements.append(stored or f'CREATE OR REPLACE VIEW main."{mart.name}" AS {mart_select(mart)};')
        statements.append(f'COMMENT ON VIEW main."{mart.name}" IS {quote(f"{mart.en} / {mart.zh}")};')
    return "\n".join(statements) + "\n"


def connect(release_dir: Path | str) -> duckdb.DuckDBPyConnection:
    """An in-memory database whose schema ``main`` shows the release.

    Nothing that is done through it changes the release: the tables are views, and views take no INSERT, UPDATE or
    DELETE. Several connections may stand side by side.
    """
    connection = duckdb.connect(":memory:")
    connection.execute(views_sql(release_dir))
    return connection
