"""Row actions as data: which row, which check, what to do. Nothing is changed here; the validate job applies it.

A quarantined row takes with it the rows that cannot stand without it (required references) and leaves NULL in optional
references, so that the repaired candidate still keeps the contract. Lists of references (``mention_ids``) are left as
they are: the checks that hold back a mention block the release anyway.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from expectations.catalogue import checks as catalogue_checks
from expectations.model import Check, RowAction
from expectations.warehouse_view import open_candidate
from warehouse.schema import Table, Type, release, release_tables

SCHEMA = pa.schema([(name, pa.string()) for name in ("table_name", "pk", "check_id", "action", "column_name")])


@dataclass(frozen=True, slots=True, order=True)
class Repair:
    """One action on one row; ``column`` is set for NULL_VALUE and FIX."""

    table: str
    pk: str
    check_id: str
    action: RowAction
    column: str = ""


def repairs_of(check: Check, keys: Iterable[str]) -> Iterator[Repair]:
    """Actions that a check asks for on its failing rows."""
    columns: tuple[str, ...] = ("",)
    if check.row_action is RowAction.NULL_VALUE:
        columns = check.columns
    elif check.row_action is RowAction.FIX:
        columns = tuple(check.fix)
    elif check.row_action is RowAction.STOP:
        return
    for key in keys:
        for column in columns:
            yield Repair(check.rows, key, check.id, check.row_action, column)


def _dependants(parent: str) -> Iterator[tuple[Table, str, bool]]:
    """Tables and columns that point into ``parent``, and whether the column is required. Lists are left as they are."""
    for table in release_tables():
        for column in table.columns:
            if column.references == parent and column.type is Type.VARCHAR:
                yield table, column.name, column.required


def _children(db: duckdb.DuckDBPyConnection, table: Table, column: str, keys: list[str]) -> list[str]:
    sql = f"SELECT {table.primary_key[0]} FROM {table.name} WHERE {column} IN (SELECT unnest(?)) ORDER BY 1"
    return [str(row[0]) for row in db.execute(sql, [keys]).fetchall()]


def cascade(db: duckdb.DuckDBPyConnection, repairs: Iterable[Repair]) -> list[Repair]:
    """The repairs together with what a quarantined row drags along; sorted, each once."""
    known = set(repairs)
    fresh = {r for r in known if r.action is RowAction.QUARANTINE}
    while fresh:
        found: set[Repair] = set()
        for table_name, check_id in sorted({(r.table, r.check_id) for r in fresh}):
            keys = sorted({r.pk for r in fresh if (r.table, r.check_id) == (table_name, check_id)})
            for table, column, required in _dependants(table_name):
                action = RowAction.QUARANTINE if required else RowAction.NULL_VALUE
                name = "" if required else column
                found |= {Repair(table.name, pk, check_id, action, name) for pk in _children(db, table, column, keys)}
        fresh = {r for r in found - known if r.action is RowAction.QUARANTINE}
        known |= found
    return sorted(known)


def write(path: Path, repairs: Iterable[Repair]) -> None:
    """``repairs.parquet``: one row an action, sorted by table, key and check."""
    rows = [
        {
            "table_name": r.table,
            "pk": r.pk,
            "check_id": r.check_id,
            "action": str(r.action),
            "column_name": r.column or None,
        }
        for r in sorted(repairs)
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path, compression="zstd")


def fix_expressions(checks: Iterable[Check]) -> dict[tuple[str, str, str], str]:
    """SQL that recomputes a column, by (table, check id, column); the row is ``t``, other tables go by their names."""
    return {(c.rows, c.id, column): sql for c in checks for column, sql in c.fix.items()}


def recompute(candidate: Path, wanted: Iterable[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str | None]]:
    """New values for FIX actions, computed by the catalogue's expressions on the candidate as it came.

    ``wanted``: (table, pk, check_id, column). Returns (table, pk, column, value as text, None for NULL), in order.
    """
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for table, pk, check_id, column in wanted:
        groups[table, check_id, column].append(pk)
    expressions = fix_expressions(catalogue_checks("1970-01-01"))  # no recomputation depends on the cut-off
    values: list[tuple[str, str, str, str | None]] = []
    with open_candidate(candidate, None) as db:
        for (table, check_id, column), keys in sorted(groups.items()):
            key = release(table).primary_key[0]
            expression = expressions[table, check_id, column]
            sql = (
                f"SELECT t.{key}, ({expression})::VARCHAR FROM {table} t WHERE t.{key} IN (SELECT unnest(?)) ORDER BY 1"
            )
            values.extend((table, pk, column, value) for pk, value in db.execute(sql, [keys]).fetchall())
    return values
