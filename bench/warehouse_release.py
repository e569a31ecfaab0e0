"""A synthetic release of any size: base people derived once, then copied with new keys and dates moved by days of their own.

A copy keeps the intervals of its original (so the distributions of courses, lines, endpoints stay those of the synthetic
courses) and shares no key and, but by chance, no calendar day with it. Files are laid out as published ones: zstd, row groups of
32,768 rows, sorted by patient.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from bench.warehouse_people import CUTOFF, person_rows, tables
from jobs.publish.marts import mart_rows
from warehouse.compile.duckdb import connect
from warehouse.derive import DERIVED_TABLES, load_rules
from warehouse.derive.columnar import derive_tables
from warehouse.schema import Column, Table, Type, mart_tables, release_tables
from warehouse.writer import ROW_GROUP_ROWS, write_part

COPIES = 50
NO_KEYS = frozenset({"hospital_id", "release_id", "definition_id"})
COPY_OPTIONS = f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE {ROW_GROUP_ROWS})"


def build_release(folder: Path, patients: int) -> dict[str, int]:
    """Write a release of about ``patients`` patients (a multiple of the copies) to ``folder``; rows by table."""
    base = base_release(max(1, patients // COPIES))
    db = duckdb.connect()
    db.execute("SET preserve_insertion_order = false")
    db.execute("SET enable_progress_bar = false")
    db.execute("CREATE MACRO token(x, k) AS left(md5(x || '-' || k), 26)")
    db.execute("CREATE MACRO moved(d, p, k) AS d + (CAST(hash(p, k) % 1400 AS INTEGER) - 700)")
    rows = {}
    for table in release_tables():
        if table.name in base:
            target = folder / table.name / "part-00000.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            db.register("base", base[table.name])
            rows[table.name] = int(
                db.execute(f"COPY ({copy_sql(table)}) TO '{target}' {COPY_OPTIONS}").fetchall()[0][0]
            )
            db.unregister("base")
    db.close()
    _store_marts(folder)
    return rows


def _store_marts(folder: Path) -> None:
    with connect(folder) as db:
        for mart in mart_tables():
            write_part(mart_rows(db, mart), folder / mart.name / "part-00000.parquet")


def base_release(people: int) -> dict[str, pa.Table]:
    """Release tables of the base people."""
    conformed = tables(person_rows(n) for n in range(people))
    derived = derive_tables(conformed, load_rules().with_cutoff(CUTOFF), DERIVED_TABLES)
    named = {t.name for t in release_tables()}
    return {name: t for name, t in {**conformed, **derived}.items() if name in named}


def copy_sql(table: Table) -> str:
    """All copies of one table's base rows, in the table's order."""
    columns = ", ".join(f"{_copied(c)} AS {c.name}" for c in table.columns)
    order = [c for c in (table.sort_by or ("patient_id", *table.primary_key)) if c in table.column_names]
    return f"SELECT {columns} FROM base b CROSS JOIN range({COPIES}) r(k) ORDER BY {', '.join(order)}"


def _copied(column: Column) -> str:
    name = f"b.{column.name}"
    if column.type is Type.DATE:
        return f"moved({name}, b.patient_id, k)"
    if column.type is Type.VARCHAR_LIST and column.name.endswith("_ids"):
        return f"list_transform({name}, lambda x: token(x, k))"
    if column.name.endswith("_id") and column.name not in NO_KEYS:
        return f"token({name}, k)"
    if column.name == "source_ref":
        return f"CASE WHEN b.source_kind = 'DERIVED' THEN {name} ELSE token({name}, k) END"
    return name
