"""Scripts that make a release visible in an engine's own catalog, and a ``warehouse.duckdb`` file of views.

DuckDB gets views, Spark SQL and Trino get external tables over the same Parquet files, all with the descriptions of
the table model. ``base`` is where the engine sees the release folder (a local path or a URI such as ``s3://…``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb

from warehouse.compile.duckdb import parts, quote, views_sql
from warehouse.compile.spark import SPARK_TYPES
from warehouse.errors import WarehouseError
from warehouse.schema import Column, Table, Type, mart_tables, release_tables

TRINO_TYPES: dict[Type, str] = {
    Type.VARCHAR: "varchar",
    Type.INTEGER: "integer",
    Type.DOUBLE: "double",
    Type.DATE: "date",
    Type.BOOLEAN: "boolean",
    Type.VARCHAR_LIST: "array(varchar)",
}


def describe(item: Table | Column) -> str:
    """English and Chinese description in one line, with the unit where there is one."""
    unit = f" [{item.unit}]" if isinstance(item, Column) and item.unit else ""
    return f"{item.en}{unit} / {item.zh}"


def _spark_quote(text: str) -> str:
    # Spark reads '' as two adjacent literals; a backslash escapes.
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _spark_table(table: Table, base: str, schema: str) -> str:
    columns = ",\n".join(
        f"  `{c.name}` {SPARK_TYPES[c.type]} COMMENT {_spark_quote(describe(c))}" for c in table.columns
    )
    return (
        f"DROP TABLE IF EXISTS {schema}.{table.name};\n"
        f"CREATE TABLE {schema}.{table.name} (\n{columns}\n)\n"
        f"USING PARQUET\nCOMMENT {_spark_quote(describe(table))}\nLOCATION {_spark_quote(f'{base}/{table.name}')};\n"
    )


def _trino_table(table: Table, base: str, schema: str) -> str:
    columns = ",\n".join(f'  "{c.name}" {TRINO_TYPES[c.type]} COMMENT {quote(describe(c))}' for c in table.columns)
    return (
        f"DROP TABLE IF EXISTS {schema}.{table.name};\n"
        f"CREATE TABLE {schema}.{table.name} (\n{columns}\n)\nCOMMENT {quote(describe(table))}\n"
        f"WITH (format = 'PARQUET', external_location = {quote(f'{base}/{table.name}')});\n"
    )


def spark_sql(base: str, tables: Iterable[Table], schema: str = "oncorwe") -> str:
    """Spark SQL script; dropping one of its tables leaves the Parquet files alone, as they are external."""
    head = f"CREATE DATABASE IF NOT EXISTS {schema};\n\n"
    return head + "\n".join(_spark_table(table, base.rstrip("/"), schema) for table in tables)


def trino_sql(base: str, tables: Iterable[Table], schema: str = "hive.oncorwe") -> str:
    """Trino script for a catalog with the Hive connector; ``schema`` is ``<catalog>.<schema>``."""
    head = f"CREATE SCHEMA IF NOT EXISTS {schema};\n\n"
    return head + "\n".join(_trino_table(table, base.rstrip("/"), schema) for table in tables)


ENGINES: dict[str, Callable[[str, Iterable[Table]], str]] = {"spark": spark_sql, "trino": trino_sql}


def catalog_sql(engine: str, release_dir: Path, *, base: str | None = None) -> str:
    """The script for ``duckdb``, ``spark`` or ``trino``. Raises WarehouseError for another engine."""
    where = base or release_dir.resolve().as_posix()
    if engine == "duckdb":
        return views_sql(release_dir, base=where)
    if engine not in ENGINES:
        raise WarehouseError(
            f"There is no catalog script for {engine}.", do=f"use duckdb or one of: {', '.join(ENGINES)}"
        )
    stored = [mart for mart in mart_tables() if parts(release_dir, mart.name)]
    return ENGINES[engine](where, [*release_tables(), *stored])


def _is_ours(file: Path) -> bool:
    """Whether a file is a database of views over a release and nothing else."""
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            held = connection.execute("SELECT table_name, table_type FROM information_schema.tables").fetchall()
    except duckdb.Error:
        return False
    return {kind for _, kind in held} == {"VIEW"} and {"patient", "tumour"} <= {name for name, _ in held}


def write_duckdb_file(release_dir: Path, out: Path) -> Path:
    """A small database file of views, disease marts among them, that any DuckDB client opens.

    It refers to the release by absolute path. Replaces an earlier file of this kind; raises WarehouseError for any other that stands there.
    """
    from warehouse import marts

    if out.exists() and not _is_ours(out):
        raise WarehouseError(
            "The file exists and is no database of views that this command made; it is left as it is.",
            where=str(out),
            do="name another file, or move that one away",
        )
    out.unlink(missing_ok=True)
    with duckdb.connect(str(out)) as connection:
        connection.execute(views_sql(release_dir))
        connection.execute(marts.views_sql())
    return out
