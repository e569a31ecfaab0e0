"""A release as a MEDS data set (Medical Event Data Standard 0.4): one row an event, ready for the tools of that community.

``data/<split>/<n>.parquet`` holds whole persons sorted by time, ``metadata/`` the codes, the split and the description of the data
set. What becomes an event is declared in events.toml. ``metadata/subjects.parquet`` leads a subject back to its patient_id.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.compile.duckdb import quote
from warehouse.errors import WarehouseError
from warehouse.export.folder import filled, scratch, write_report
from warehouse.release import Release
from warehouse.schema import release as declared

HERE = files("warehouse.export.meds")
KIND = "meds"
SHARD_SUBJECTS = 5_000
TYPES = {
    "int64": pa.int64(),
    "timestamp[us]": pa.timestamp("us"),
    "string": pa.string(),
    "large_string": pa.large_string(),
    "float": pa.float32(),
    "list<element: string>": pa.list_(pa.string()),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One source of events: a release table and SQL expressions; ``notes`` marks what is written on demand only."""

    source: str
    time: str
    code: str
    number: str = "NULL"
    text: str = "NULL"
    precision: str = "NULL"
    parent: str = "NULL"
    description: str = "NULL"
    notes: bool = False


@cache
def rules() -> dict[str, Any]:
    """schema.toml: columns by file, roles of our own columns, shares of the splits."""
    return tomllib.loads((HERE / "schema.toml").read_text(encoding="utf-8"))


@cache
def events() -> tuple[Event, ...]:
    """All sources of events."""
    listed = tomllib.loads((HERE / "events.toml").read_text(encoding="utf-8"))["event"]
    return tuple(Event(source=entry["from"], **{k: v for k, v in entry.items() if k != "from"}) for entry in listed)


def arrow_schema(*parts: str) -> pa.Schema:
    """The Arrow schema of one file: the named sections of schema.toml, one after the other."""
    columns = [(name, *entry) for part in parts for name, entry in rules()[part].items()]
    return pa.schema([pa.field(name, TYPES[type_], nullable) for name, type_, nullable in columns])


def subject_of(patient_id: str) -> int:
    """A positive 64-bit number that follows from the person's token alone: the same in every release."""
    return int.from_bytes(sha256(patient_id.encode()).digest()[:8], "big") >> 1


def split_of(subject_id: int) -> str:
    """The split of a subject, by the shares of schema.toml."""
    place = subject_id % 100
    for name, share in rules()["splits"].items():
        if place < share:
            return str(name)
        place -= share
    raise WarehouseError("The shares of the splits do not add up to 100.", where="warehouse/export/meds/schema.toml")


def export_meds(release: Release, output: Path | str, *, notes: bool = False) -> dict[str, Any]:
    """Write the release to ``output``, the texts of notes too if ``notes``; returns what ``export.json`` says.

    Raises WarehouseError when the folder holds something else or two persons fall on one number.
    """
    with filled(Path(output), KIND) as folder, scratch(release, folder) as connection:
        subjects = _subjects(connection)
        connection.execute(
            "CREATE TABLE events AS " + " UNION ALL ".join(_select(e) for e in events() if notes or not e.notes)
        )
        _write_shards(connection, folder, subjects)
        _write_metadata(connection, folder, release, subjects)
        report = _report(connection, release, subjects, notes)
        write_report(folder, report)
    return report


def _subjects(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """subject_id, patient_id, split of every person, by subject_id; also a table of the connection."""
    tokens = [row[0] for row in connection.execute("SELECT DISTINCT patient_id FROM patient").fetchall()]
    found = sorted((subject_of(token), token) for token in tokens)
    if len({number for number, _ in found}) < len(found):
        raise WarehouseError("Two persons fall on one subject_id.", do="report the release id; nothing was written")
    columns = {
        "subject_id": pa.array([number for number, _ in found], pa.int64()),
        "patient_id": pa.array([token for _, token in found], pa.string()),
        "split": pa.array([split_of(number) for number, _ in found], pa.string()),
    }
    table = pa.table(columns)
    connection.register("subject_rows", table)
    connection.execute("CREATE TABLE subject AS SELECT * FROM subject_rows")
    return table


def _select(event: Event) -> str:
    """Numbers that a 32-bit float cannot hold as finite become NULL rather than infinite."""
    key = declared(event.source).primary_key[0]
    return f"""
        SELECT s.subject_id, CAST({event.time} AS TIMESTAMP) AS time, CAST({event.code} AS VARCHAR) AS code,
          CASE WHEN abs(CAST({event.number} AS DOUBLE)) < 3.4e38 THEN CAST({event.number} AS FLOAT) END AS numeric_value,
          CAST({event.text} AS VARCHAR) AS text_value, CAST({event.precision} AS VARCHAR) AS time_precision, r.hospital_id,
          {quote(event.source)} AS source_table, CAST(r.{key} AS VARCHAR) AS source_key,
          CAST({event.parent} AS VARCHAR) AS parent, CAST({event.description} AS VARCHAR) AS description
        FROM {event.source} r JOIN subject s ON s.patient_id = r.patient_id WHERE ({event.code}) IS NOT NULL"""


def _shards(subjects: pa.Table) -> Iterator[tuple[str, int, int]]:
    """(name, first subject, last subject) of each shard; a person is never in two of them."""
    by_split: dict[str, list[int]] = {name: [] for name in rules()["splits"]}
    for row in subjects.to_pylist():
        by_split[row["split"]].append(row["subject_id"])
    for split, numbers in by_split.items():
        for part, start in enumerate(range(0, len(numbers), SHARD_SUBJECTS)):
            chunk = numbers[start : start + SHARD_SUBJECTS]
            yield f"{split}/{part}", chunk[0], chunk[-1]


def _write_shards(connection: duckdb.DuckDBPyConnection, folder: Path, subjects: pa.Table) -> None:
    schema = arrow_schema("data", "extension")
    names = ", ".join(schema.names)
    for name, first, last in _shards(subjects):
        sql = (
            f"SELECT {names} FROM events JOIN subject USING (subject_id) WHERE split = ? AND subject_id BETWEEN ? AND ? "
            f"ORDER BY subject_id, time NULLS FIRST, code, source_key, numeric_value, text_value"
        )
        rows = connection.sql(sql, params=[name.partition("/")[0], first, last]).to_arrow_table()
        _write(rows, schema, folder / "data" / f"{name}.parquet")


def _write(rows: pa.Table, schema: pa.Schema, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows.select(schema.names).cast(schema), path, compression="zstd")


def _write_metadata(connection: duckdb.DuckDBPyConnection, folder: Path, release: Release, subjects: pa.Table) -> None:
    metadata = folder / "metadata"
    found = connection.sql(
        """
        SELECT code, min(description) AS description,
          list(DISTINCT parent ORDER BY parent) FILTER (WHERE parent IS NOT NULL) AS parent_codes
        FROM events GROUP BY code ORDER BY code
        """
    ).to_arrow_table()
    _write(found, arrow_schema("codes"), metadata / "codes.parquet")
    _write(subjects, arrow_schema("subject_splits"), metadata / "subject_splits.parquet")
    pq.write_table(subjects.select(["subject_id", "patient_id"]), metadata / "subjects.parquet", compression="zstd")
    text = json.dumps(_dataset(release), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (metadata / "dataset.json").write_text(text, encoding="utf-8")


def _dataset(release: Release) -> dict[str, Any]:
    """dataset.json: what MEDS asks about a data set; all of it from the manifest."""
    return {
        "dataset_name": "OncoRWE research warehouse",
        "dataset_version": release.release_id,
        "etl_name": "oncorwe export meds",
        "etl_version": release.manifest.code_version,
        "meds_version": rules()["meds_version"],
        "created_at": release.manifest.created_at,
        **rules()["roles"],
    }


def _report(connection: duckdb.DuckDBPyConnection, release: Release, subjects: pa.Table, notes: bool) -> dict[str, Any]:
    counted = connection.execute("SELECT source_table, count(*) FROM events GROUP BY 1 ORDER BY 1").fetchall()
    codes = connection.execute("SELECT count(DISTINCT code) FROM events").fetchone()
    return {
        "kind": KIND,
        "meds_version": rules()["meds_version"],
        "release_id": release.release_id,
        "subjects": subjects.num_rows,
        "notes": notes,
        "codes": codes[0] if codes else 0,
        "events": dict(counted),
    }
