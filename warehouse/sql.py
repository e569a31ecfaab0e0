"""``oncorwe sql``: one question in SQL, its answer as text or as a file."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table as RichTable

from warehouse import marts
from warehouse.errors import WarehouseError
from warehouse.release import Release, find

Format = Literal["table", "csv", "json", "parquet"]
READING = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
MAX_TABLE_ROWS = 200
LISTING = re.compile(r"\bshow\b|\binformation_schema\b|\bduckdb_(?:views|columns)\b", re.IGNORECASE)
"""A query that lists what there is sees all disease marts; others only those they name, since making all of them takes time."""


class QueryError(WarehouseError):
    """The SQL was refused or failed."""


def _check(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """One statement, and one that reads: SELECT, WITH, DESCRIBE, SHOW, EXPLAIN."""
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryError(
            "The SQL cannot be parsed.", why=_one_line(error), do="check the statement; the dialect is DuckDB's"
        ) from None
    if len(statements) != 1:
        raise QueryError(
            f"Expected one statement and got {len(statements)}.", do="ask one question at a time; WITH joins steps"
        )
    if statements[0].type not in READING:
        raise QueryError(
            "Only statements that read are run.",
            why=f"this one is {statements[0].type.name}",
            do="use SELECT; to keep an answer, give an output file",
        )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split("\n\n")[0].split())


def ask(release: Release, sql: str) -> pa.Table:
    """The answer as an Arrow table. Raises QueryError with DuckDB's first line of explanation."""
    with release.connect() as connection:
        _check(connection, sql)
        named = None if LISTING.search(sql) else marts.named_in(sql)
        if named is None or named:
            connection.execute(marts.views_sql(named))
        try:
            return _named_apart(connection.sql(sql).to_arrow_table())
        except duckdb.Error as error:
            raise QueryError(
                "The query failed.",
                where=f"release {release.release_id}",
                why=_one_line(error),
                do="look names up in the dictionary, or with `describe <table>` and `show tables`",
            ) from None


def _named_apart(answer: pa.Table) -> pa.Table:
    """Columns of one name as ``n``, ``n_1``: JSON and Parquet would keep only one. Case does not make a name another one."""
    names: list[str] = []
    taken = {name.casefold() for name in answer.column_names}
    seen: set[str] = set()
    for name in answer.column_names:
        free = (f"{name}_{n}" for n in count(1) if f"{name}_{n}".casefold() not in taken | seen)
        names.append(name if name.casefold() not in seen else next(free))
        seen.add(names[-1].casefold())
    return answer.rename_columns(names)


def _rows(answer: pa.Table) -> list[tuple[object, ...]]:
    return list(zip(*(column.to_pylist() for column in answer.columns), strict=True))


def as_table(answer: pa.Table) -> str:
    """A text table for a terminal, at most ``MAX_TABLE_ROWS`` rows, and the true number of rows below."""
    table = RichTable(*answer.column_names)
    for row in _rows(answer.slice(0, MAX_TABLE_ROWS)):
        table.add_row(*("" if value is None else str(value) for value in row))
    console = Console(file=io.StringIO(), width=max(80, 24 * answer.num_columns))
    console.print(table, markup=False)
    shown = f", first {MAX_TABLE_ROWS} shown" if answer.num_rows > MAX_TABLE_ROWS else ""
    return f"{console.file.getvalue()}{answer.num_rows} row(s){shown}\n"  # type: ignore[attr-defined]


def _plain(value: Any) -> Any:
    """A value as JSON has it: a sum (DuckDB's HUGEINT or DECIMAL) is a number, NaN and infinity are null, the rest is text."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case float():
            return value if math.isfinite(value) else None
        case list() | tuple():
            return [_plain(item) for item in value]
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case None | bool() | int() | str():
            return value
    return str(value)


def as_csv(answer: pa.Table) -> str:
    """CSV with a header; NULL is empty, a list or structure is JSON."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(answer.column_names)
    for row in _rows(answer):
        writer.writerow(json.dumps(_plain(v), ensure_ascii=False) if isinstance(v, list | dict) else v for v in row)
    return buffer.getvalue()


def as_json(answer: pa.Table) -> str:
    """A JSON array of objects; dates are ISO text, NaN and infinity null."""
    return json.dumps(_plain(answer.to_pylist()), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


TEXT_FORMATS: dict[str, Callable[[pa.Table], str]] = {"table": as_table, "csv": as_csv, "json": as_json}


def query(
    sql: str, warehouse: Path | str, release: str | None = None, fmt: Format = "table", out: Path | str | None = None
) -> str:
    """Ask a release (the current one for None) and give the answer as text, or write it to ``out`` and say so.

    Raises ReleaseError when there is no such release and QueryError when the SQL is refused or fails.
    """
    if fmt == "parquet" and out is None:
        raise QueryError("Parquet goes into a file.", why="it is not text", do="name a file with --output")
    if fmt not in (*TEXT_FORMATS, "parquet"):
        raise QueryError(f"There is no format {fmt}.", do="use table, csv, json or parquet")
    answer = ask(find(warehouse, release), sql)
    if fmt == "parquet":
        pq.write_table(answer, str(out), compression="zstd")
    elif out is not None:
        Path(out).write_text(TEXT_FORMATS[fmt](answer), encoding="utf-8")
    else:
        return TEXT_FORMATS[fmt](answer)
    return f"{answer.num_rows} row(s) written to {out}\n"
