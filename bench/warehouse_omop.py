"""The release of a benchmark in the shape of OMOP: long tables with integer keys, built by ``omop/build.sql``."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from bench.warehouse_release import COPY_OPTIONS
from warehouse.compile.duckdb import connect

FOLDER = Path(__file__).parent / "omop"
CONCEPT_ID = (
    "CREATE OR REPLACE MACRO cid(vocabulary, code) AS CAST(hash(vocabulary || ':' || code) % 2147483647 AS INTEGER)"
)
"""A concept id: a hash of vocabulary and code; DuckDB folds it to a constant."""


def build_omop(release: Path, folder: Path) -> dict[str, int]:
    """Write the OMOP-shaped tables of a release to ``folder``; rows by table. Raises ValueError when two concepts share an id."""
    db = connect(release)
    db.execute("SET enable_progress_bar = false")
    db.execute(CONCEPT_ID)
    rows = {}
    for kind, name, sql in _blocks((FOLDER / "build.sql").read_text(encoding="utf-8")):
        if kind == "map":
            db.execute(f"CREATE TEMP TABLE {name} AS {sql}")
            continue
        path = folder / f"{name}.parquet"
        folder.mkdir(parents=True, exist_ok=True)
        order = " ORDER BY person_id" if "person_id" in sql else " ORDER BY 1"
        rows[name] = int(db.execute(f"COPY (SELECT * FROM ({sql}){order}) TO '{path}' {COPY_OPTIONS}").fetchall()[0][0])
    _check_concepts(folder)
    return rows


def _blocks(text: str) -> list[tuple[str, str, str]]:
    """(map or table, name, SQL) of each block."""
    parts = re.split(r"^-- (map|table): (\w+)\n", text, flags=re.MULTILINE)[1:]
    return list(zip(parts[::3], parts[1::3], parts[2::3], strict=True))


def _check_concepts(folder: Path) -> None:
    db = duckdb.connect()
    twice = db.execute(
        f"SELECT concept_id FROM '{folder}/concept.parquet' GROUP BY 1 HAVING count(DISTINCT vocabulary_id || concept_code) > 1"
    ).fetchall()
    if twice:
        raise ValueError(f"{len(twice)} concept ids stand for two concepts")


def connect_omop(folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection with the long tables as views."""
    db = duckdb.connect()
    db.execute(CONCEPT_ID)
    for path in sorted(folder.glob("*.parquet")):
        db.execute(f"CREATE VIEW {path.stem} AS SELECT * FROM read_parquet('{path}')")
    return db
