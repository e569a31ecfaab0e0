"""Copy-forward in a release: how much of each note stands in an earlier one, and which rows only restate an earlier row by copy.

Hospital notes are written by copying the last one; what is copied was true once and may not have happened again. The release keeps all rows; this
module says which ones to leave out of a count of events. It reads texts, so the release must have them (profile ``project``).
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.copies.text import Course, Segment
from warehouse.errors import WarehouseError
from warehouse.export.folder import filled, write_report
from warehouse.release import Release
from warehouse.schema import Type
from warehouse.schema import release as declared

KIND = "copies"
DOCUMENTS = pa.schema(
    [
        ("document_id", pa.string()),
        ("patient_id", pa.string()),
        ("hospital_id", pa.string()),
        ("chars", pa.int32()),
        ("copied_chars", pa.int32()),
        ("copied_share", pa.float64()),
        ("copied_from", pa.string()),
        ("near_duplicate", pa.bool_()),
    ]
)
SEGMENTS = pa.schema(
    [
        ("document_id", pa.string()),
        ("span_start", pa.int32()),
        ("span_end", pa.int32()),
        ("source_document_id", pa.string()),
        ("source_start", pa.int32()),
        ("chars", pa.int32()),
    ]
)
ROWS = pa.schema(
    [
        ("table_name", pa.string()),
        ("pk", pa.string()),
        ("patient_id", pa.string()),
        ("document_id", pa.string()),
        ("restates_pk", pa.string()),
        ("restates_document_id", pa.string()),
    ]
)
NOT_CONTENT = {
    "source_kind", "source_ref", "document_id", "mention_ids", "confidence", "review_status", "hospital_id", "release_id", "dq_flags", "encounter_id",
    "line_id", "regimen_id", "pathology_id",
}  # fmt: skip
"""Columns that do not say what happened: where a row comes from, and what it was linked to by its date."""


@dataclass(frozen=True, slots=True)
class Copies:
    """What was found: one row a note, a copied segment, and a row of the release that restates an earlier one."""

    documents: pa.Table
    segments: pa.Table
    rows: pa.Table


@cache
def rules() -> dict[str, Any]:
    """rules.toml: thresholds, and the tables whose rows may restate an event."""
    return tomllib.loads((files("warehouse.copies") / "rules.toml").read_text(encoding="utf-8"))


def find_copies(release: Release) -> Copies:
    """Compare every note with the earlier ones of its person. Raises WarehouseError when the release has no texts."""
    with release.connect() as connection:
        notes = connection.execute(
            "SELECT document_id, patient_id, coalesce(hospital_id, ''), text_deid FROM document "
            "WHERE text_deid IS NOT NULL ORDER BY patient_id, doc_date, document_id"
        ).fetchall()
        if not notes and connection.execute("SELECT count(*) FROM document").fetchall()[0][0]:
            raise WarehouseError(
                "The release has no texts to compare.",
                where=release.release_id,
                why=f"profile {release.manifest.profile} publishes none",
                do="use a release of profile project",
            )
        documents, segments = _compare(notes)
        connection.register("segment_rows", segments)
        connection.execute("CREATE TABLE segment AS SELECT * FROM segment_rows")
        found = [row for table in rules()["dates"] for row in _restated(connection, table)]
    names = ROWS.names
    rows = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in found], schema=ROWS)
    return Copies(documents, segments, rows)


def _compare(notes: list[tuple[str, str, str, str]]) -> tuple[pa.Table, pa.Table]:
    documents, segments = [], []
    course, person = Course(rules()["min_run_chars"]), None
    for document_id, patient_id, hospital_id, text in notes:
        if patient_id != person:
            course, person = Course(rules()["min_run_chars"]), patient_id
        found, chars = course.read(document_id, text)
        documents.append(_document(document_id, patient_id, hospital_id, found, chars))
        segments += [
            dict(zip(SEGMENTS.names, (document_id, s.start, s.end, s.source, s.source_start, s.chars), strict=True))
            for s in found
        ]
    return pa.Table.from_pylist(documents, schema=DOCUMENTS), pa.Table.from_pylist(segments, schema=SEGMENTS)


def _document(document_id: str, patient_id: str, hospital_id: str, found: list[Segment], chars: int) -> dict[str, Any]:
    """``copied_from`` is the note that gave most; a near-duplicate has most of its text from that one note."""
    by_source: dict[str, int] = defaultdict(int)
    for segment in found:
        by_source[segment.source] += segment.chars
    copied = sum(by_source.values())
    source = max(by_source, key=lambda name: (by_source[name], name)) if by_source else None
    return {
        "document_id": document_id,
        "patient_id": patient_id,
        "hospital_id": hospital_id,
        "chars": chars,
        "copied_chars": copied,
        "copied_share": copied / chars if chars else 0.0,
        "copied_from": source,
        "near_duplicate": bool(source) and by_source[source] >= rules()["near_duplicate_share"] * chars,  # type: ignore[index]
    }


def _restated(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, ...]]:
    """Rows of a table read from a copied segment, of which an earlier note has a row of the same content.

    All mentions of the row lie in copied segments; the other row comes from an earlier note of the same person (by its date, then
    its key) and agrees in every column that says what happened. Dates do not count: those of a copied sentence are often the note's own day.
    """
    schema = declared(table)
    key, leave = schema.primary_key[0], {*NOT_CONTENT, *schema.primary_key, *rules()["dates"][table]}
    content = [c.name for c in schema.columns if c.name not in leave]
    listed = ", ".join(f'CAST(r."{name}" AS VARCHAR)' for name in content)
    assert schema.column("mention_ids").type is Type.VARCHAR_LIST
    sql = f"""
        WITH read AS (
          SELECT r.{key} AS pk, r.patient_id, r.document_id, r.mention_ids, d.doc_date, hash({listed}) AS content
          FROM "{table}" r JOIN document d ON d.document_id = r.document_id WHERE r.source_kind = 'NLP'
        ), evidence AS (
          SELECT r.pk, m.mention_id, bool_or(s.document_id IS NOT NULL) AS copied
          FROM read r, unnest(r.mention_ids) AS u(mention_id)
          JOIN entity_mention m ON m.mention_id = u.mention_id
          LEFT JOIN segment s ON s.document_id = m.document_id AND s.span_start <= m.span_start AND s.span_end >= m.span_end
          GROUP BY ALL
        ), copied AS (SELECT pk FROM evidence GROUP BY pk HAVING bool_and(copied))
        SELECT '{table}', r.pk, r.patient_id, r.document_id, o.pk, o.document_id
        FROM read r JOIN copied USING (pk)
        JOIN read o ON o.patient_id = r.patient_id AND o.content = r.content AND (o.doc_date, o.document_id) < (r.doc_date, r.document_id)
        QUALIFY row_number() OVER (PARTITION BY r.pk ORDER BY o.doc_date, o.document_id, o.pk) = 1
        ORDER BY r.pk
    """
    return connection.execute(sql).fetchall()


def summary(release: Release, copies: Copies) -> dict[str, Any]:
    """Shares by hospital and counts by table, for export.json and the terminal."""
    by_hospital: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in copies.documents.to_pylist():
        told = by_hospital[row["hospital_id"]]
        for place, value in enumerate((1, row["near_duplicate"], row["chars"], row["copied_chars"])):
            told[place] += value
    tables: dict[str, int] = defaultdict(int)
    for name in copies.rows["table_name"].to_pylist():
        tables[name] += 1
    names = ("documents", "near_duplicates", "chars", "copied_chars")
    return {
        "kind": KIND,
        "release_id": release.release_id,
        "rules_version": rules()["version"],
        "hospitals": {name: dict(zip(names, told, strict=True)) for name, told in sorted(by_hospital.items())},
        "restated_rows": dict(sorted(tables.items())),
    }


def write_copies(release: Release, output: Path | str) -> dict[str, Any]:
    """Write documents, segments and rows as Parquet and return the summary. Raises WarehouseError as ``find_copies`` does."""
    copies = find_copies(release)
    told = summary(release, copies)
    with filled(Path(output), KIND) as folder:
        for name in ("documents", "segments", "rows"):
            pq.write_table(getattr(copies, name), folder / f"{name}.parquet", compression="zstd")
        write_report(folder, told)
    return told
