"""A release as OMOP Common Data Model 5.4: Parquet and CSV, a file a table, fields and order as OHDSI publishes them.

The mapping is declared in the files beside this module (fields.tsv, stem.toml, tables.toml, systems.toml, concepts.toml,
sql/); ``build`` executes it in DuckDB. ``row_map.parquet`` leads each row back to the release's, so that ``explain`` works.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from warehouse.errors import WarehouseError
from warehouse.export.folder import filled, scratch, write_report
from warehouse.export.omop import vocabulary
from warehouse.export.omop.build import build
from warehouse.export.omop.mapping import VERSION, fields
from warehouse.release import Release

KIND = "omop"
ROW_MAP = "row_map"


def export_omop(release: Release, output: Path | str, vocabulary_dir: Path | str | None = None) -> dict[str, Any]:
    """Write the release to ``output`` and return what ``export.json`` says.

    Raises WarehouseError when the vocabulary cannot be read, the folder holds something else, or a table breaks the CDM.
    """
    if release.manifest.profile == "wide":
        raise WarehouseError(
            "A release of profile wide cannot be exported as OMOP.",
            where=release.release_id,
            why="it has no year of birth, without which the model has no person",
            do="export a release of profile project, or use MEDS",
        )
    with filled(Path(output), KIND) as folder, scratch(release, folder) as connection:
        version = vocabulary.load(connection, Path(vocabulary_dir) if vocabulary_dir else None)
        build(connection, release, version)
        for table in fields():
            check(connection, table)
            _write(connection, table, folder)
        _write_row_map(connection, folder)
        report = _report(connection, release, version)
        write_report(folder, report)
    return report


def check(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """The rules of the CDM on one table: required fields filled, keys unique, references found. Raises WarehouseError."""
    for field in fields()[table]:
        if field.required and _one(connection, f'SELECT count(*) FROM cdm.{table} WHERE "{field.name}" IS NULL'):
            raise _broken(table, field.name, "a required field is empty")
        if field.key and _one(connection, f"SELECT count(*) - count(DISTINCT {field.name}) FROM cdm.{table}"):
            raise _broken(table, field.name, "a key stands twice")
        if field.foreign in fields() and (target := next((f.name for f in fields()[field.foreign] if f.key), "")):
            sql = (
                f"SELECT count(*) FROM cdm.{table} WHERE {field.name} NOT IN (SELECT {target} FROM cdm.{field.foreign})"
            )
            if _one(connection, sql):
                raise _broken(table, field.name, f"a row points at no {field.foreign}")


def _broken(table: str, field: str, why: str) -> WarehouseError:
    return WarehouseError(
        "The export would break the Common Data Model.",
        where=f"{table}.{field}",
        why=why,
        do="report the release id and this line; nothing was written",
    )


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _write(connection: duckdb.DuckDBPyConnection, table: str, folder: Path) -> None:
    names = ", ".join(f'"{field.name}"' for field in fields()[table])
    rows = f"(SELECT {names} FROM cdm.{table})"
    for suffix, options in (("parquet", "FORMAT parquet, COMPRESSION zstd"), ("csv", "FORMAT csv, HEADER true")):
        path = str(folder / f"{table}.{suffix}").replace("'", "''")
        connection.execute(f"COPY {rows} TO '{path}' ({options})")


def _write_row_map(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """``cdm_table, cdm_id, source_table, source_key`` for every table with a key."""
    selects = []
    for table, listed in fields().items():
        if key := next((field.name for field in listed if field.key), ""):
            selects.append(
                f"SELECT '{table}' AS cdm_table, {key} AS cdm_id, source_table, source_key::VARCHAR AS source_key FROM cdm.{table}"
            )
    path = str(folder / f"{ROW_MAP}.parquet").replace("'", "''")
    connection.execute(f"COPY ({' UNION ALL '.join(selects)}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


COVERAGE = """
SELECT s.system, count(*) AS rows, count(DISTINCT s.code) AS codes,
  count(*) FILTER (WHERE r.concept_id > 0) AS rows_mapped, count(DISTINCT s.code) FILTER (WHERE r.concept_id > 0) AS codes_mapped
FROM stem s LEFT JOIN resolved_one r ON r.system = s.system AND r.code = s.code
WHERE s.code IS NOT NULL AND s.system IS NOT NULL GROUP BY 1 ORDER BY 1
"""


def _report(connection: duckdb.DuckDBPyConnection, release: Release, version: str) -> dict[str, Any]:
    names = ("rows", "codes", "rows_mapped", "codes_mapped")
    found = connection.execute(COVERAGE).fetchall()
    return {
        "kind": KIND,
        "cdm_version": "5.4",
        "mapping_version": VERSION,
        "release_id": release.release_id,
        "vocabulary_version": version,
        "rows": {table: _one(connection, f"SELECT count(*) FROM cdm.{table}") for table in fields()},
        "coverage": {row[0]: dict(zip(names, row[1:], strict=True)) for row in found},
        "left_out": _left_out(connection),
        "concepts_in_doubt": vocabulary.unknown_fixed(connection) if version != "none" else [],
    }


def _left_out(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows of the release that the CDM has no place for, by reason."""
    persons = "(SELECT patient_id FROM patient WHERE birth_year IS NULL)"
    return {
        "persons without year of birth": _one(connection, f"SELECT count(*) FROM {persons}"),
        "events of those persons": _one(connection, f"SELECT count(*) FROM stem WHERE patient_id IN {persons}"),
        "events without a date": _one(connection, "SELECT count(*) FROM stem WHERE start_date IS NULL"),
        "documents of those persons": _one(connection, f"SELECT count(*) FROM document WHERE patient_id IN {persons}"),
        "documents without a published text": _one(
            connection, "SELECT count(*) FROM document WHERE text_deid IS NULL OR deid_status <> 'PASS'"
        ),
    }
