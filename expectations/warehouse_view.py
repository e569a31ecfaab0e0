"""The candidate as DuckDB sees it: one view a table, and the code tables that checks refer to."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

import warehouse.schema
from warehouse.derive import load_rules
from warehouse.schema import Table, release_tables

CODES_DIR = Path(warehouse.schema.__file__).parent / "codes"


def parquet_files(folder: Path) -> list[Path]:
    """Parquet files of a table folder, sorted; files that start with ``_`` or ``.`` are not data."""
    return sorted(p for p in folder.rglob("*.parquet") if not p.name.startswith(("_", ".")))


def count_rows(folder: Path) -> int:
    """Rows of a table folder, from the footers alone; a broken file counts as none (RL01 reports it)."""
    total = 0
    for path in parquet_files(folder):
        try:
            total += pq.ParquetFile(path).metadata.num_rows
        except (OSError, pa.ArrowException):
            continue
    return total


def _quoted(paths: Iterable[Path]) -> str:
    return "[" + ", ".join("'" + str(p).replace("'", "''") + "'" for p in paths) + "]"


def _create(db: duckdb.DuckDBPyConnection, schema: str, table: Table, files: list[Path]) -> None:
    if files:
        source = f"read_parquet({_quoted(files)}, hive_partitioning=false)"
        try:
            db.execute(f"CREATE VIEW {schema}.{table.name} AS SELECT * FROM {source}")
            return
        except duckdb.Error:  # an unreadable file: RL01 and the contract report it, the other tables are still judged
            db.execute(f"DROP VIEW IF EXISTS {schema}.{table.name}")
    columns = ", ".join(f'"{c.name}" {c.type}' for c in table.columns)
    db.execute(f"CREATE TABLE {schema}.{table.name} ({columns})")


def open_candidate(candidate: Path, previous: Path | None) -> duckdb.DuckDBPyConnection:
    """A connection with the candidate in schema ``main`` and the last release, if any, in ``previous``.

    A missing or empty table folder gives an empty table, so that every check can be asked.
    """
    db = duckdb.connect(config={"preserve_insertion_order": True})
    db.execute("CREATE SCHEMA previous")
    for table in release_tables():
        _create(db, "main", table, parquet_files(candidate / table.name))
        if previous is not None:
            _create(db, "previous", table, parquet_files(previous / table.name))
    _reference_tables(db)
    return db


@cache
def _code_table(name: str) -> tuple[Mapping[str, str], ...]:
    path = CODES_DIR / f"{name}.tsv"
    if not path.exists():
        return ()
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return tuple(csv.DictReader(lines, delimiter="\t"))


def _last(code: str) -> str:
    return code + ".9" if "." not in code else code


def topography_ranges(text: str) -> list[tuple[str, str]]:
    """``C18.0;C18.2-C18.9`` as inclusive ranges; ``any`` (or nothing) allows every code."""
    ranges = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        if part.lower() == "any":
            return [("C00.0", "C99.9")]
        low, _, high = part.partition("-")
        ranges.append((low, _last(high or low)))
    return ranges or [("C00.0", "C99.9")]


def _reference_tables(db: duckdb.DuckDBPyConnection) -> None:
    """``ref_lab_item(code, unit)``, ``ref_topography(tumour_code, low, high)``, ``ref_haematological(tumour_code)``."""
    db.execute("CREATE TABLE ref_lab_item (code VARCHAR, unit VARCHAR)")
    db.execute("CREATE TABLE ref_topography (tumour_code VARCHAR, low VARCHAR, high VARCHAR)")
    db.execute("CREATE TABLE ref_haematological (tumour_code VARCHAR)")
    db.executemany(
        "INSERT INTO ref_haematological VALUES (?)", [(code,) for code in sorted(load_rules().haematological)]
    )
    items = [(r["code"], r["unit"]) for r in _code_table("lab_items") if r.get("unit")]
    places = [
        (r["tumour_code"], *pair)
        for r in _code_table("tumour_types")
        for pair in topography_ranges(r.get("topography") or "")
    ]
    if items:
        db.executemany("INSERT INTO ref_lab_item VALUES (?, ?)", items)
    if places:
        db.executemany("INSERT INTO ref_topography VALUES (?, ?, ?)", places)
