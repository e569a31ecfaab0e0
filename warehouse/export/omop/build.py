"""Building the CDM tables in DuckDB, set by set: events get concepts, concepts decide the table, tables get their fields.

Schema ``cdm`` of the connection ends up with one table a CDM table; beside the official fields each has ``source_table`` and
``source_key``, the row of the release it came from.
"""

from __future__ import annotations

import duckdb

from warehouse import codes
from warehouse.compile.duckdb import quote
from warehouse.errors import WarehouseError
from warehouse.export.omop import vocabulary
from warehouse.export.omop.mapping import (
    Event,
    Field,
    by_domain,
    concepts,
    events,
    fields,
    note_classes,
    statement,
    table_fields,
)
from warehouse.release import Release

STEM = {
    "patient_id": "VARCHAR",
    "encounter_id": "VARCHAR",
    "tumour_id": "VARCHAR",
    "system": "VARCHAR",
    "code": "VARCHAR",
    "concept": "INTEGER",
    "value_system": "VARCHAR",
    "value_code": "VARCHAR",
    "value_as_concept": "INTEGER",
    "source_value": "VARCHAR",
    "start_date": "DATE",
    "end_date": "DATE",
    "type_concept_id": "INTEGER",
    "status_concept_id": "INTEGER",
    "status_source_value": "VARCHAR",
    "qualifier_source_value": "VARCHAR",
    "operator_concept_id": "INTEGER",
    "value_as_number": "DOUBLE",
    "value_as_string": "VARCHAR",
    "value_source_value": "VARCHAR",
    "unit": "VARCHAR",
    "unit_source_value": "VARCHAR",
    "range_low": "DOUBLE",
    "range_high": "DOUBLE",
    "quantity": "DOUBLE",
    "dose_unit": "VARCHAR",
    "days_supply": "INTEGER",
    "route": "VARCHAR",
    "stop_reason": "VARCHAR",
}
MENTION_SYSTEMS = {"LOINC": "loinc", "HGNC": "hgnc", "ICD-O-3": "icdo3"}
AFTER_EVENTS = ("death", "observation_period", "note", "note_nlp", "episode", "episode_event", "cdm_source")


def build(connection: duckdb.DuckDBPyConnection, release: Release, vocabulary_version: str) -> None:
    """Fill schema ``cdm``. The connection shows the release and holds the vocabulary tables."""
    connection.execute("CREATE SCHEMA cdm")
    _macros(connection)
    _facts(connection, release, vocabulary_version)
    for table in ("person", "visit_occurrence"):
        _create(connection, table, statement(table))
    _stem(connection)
    _codes(connection)
    vocabulary.resolve(connection)
    _events(connection)
    for table in table_fields():
        _create(connection, table, _event_select(table))
    for table in AFTER_EVENTS:
        _create(connection, table, statement(table))


def _macros(connection: duckdb.DuckDBPyConnection) -> None:
    """``c_<set>(value)``: the fixed concept of a value, 0 when it has none."""
    sets: dict[str, list[str]] = {}
    for entry in concepts():
        sets.setdefault(entry.name, []).append(f"WHEN {quote(entry.value)} THEN {entry.id}")
    for name, cases in sets.items():
        connection.execute(f"CREATE MACRO c_{name}(value) AS CASE value {' '.join(cases)} ELSE 0 END")


def _facts(connection: duckdb.DuckDBPyConnection, release: Release, vocabulary_version: str) -> None:
    manifest = release.manifest
    connection.execute(
        "CREATE TABLE release_facts AS SELECT ? AS release_id, ? AS code_version, CAST(left(?, 10) AS DATE) AS created, ? AS vocabulary_version",
        [release.release_id, manifest.code_version, manifest.created_at, vocabulary_version],
    )


def _create(connection: duckdb.DuckDBPyConnection, table: str, select: str) -> None:
    """``cdm.<table>``: the official fields in order and type (text cut to its length), then where the row comes from."""
    connection.execute(f"CREATE VIEW filling AS {select}")
    given = {row[0] for row in connection.execute("DESCRIBE filling").fetchall()}
    columns = ", ".join(_cast(field, field.name in given) for field in fields()[table])
    # Sorted once, by the key or a table's whole row: both files are then written in this order.
    order = next((field.name for field in fields()[table] if field.key), "ALL")
    connection.execute(
        f"CREATE TABLE cdm.{table} AS SELECT {columns}, source_table, source_key FROM filling ORDER BY {order}"
    )
    connection.execute("DROP VIEW filling")


def _cast(field: Field, given: bool) -> str:
    source = f'"{field.name}"' if given else "NULL"
    if field.length and given:
        source = f"left(CAST({source} AS VARCHAR), {field.length})"
    return f'CAST({source} AS {field.type}) AS "{field.name}"'


def _stem(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE stem AS " + " UNION ALL ".join(_stem_select(event) for event in events()))


def _stem_select(event: Event) -> str:
    if unknown := sorted(set(event.columns) - set(STEM)):
        raise WarehouseError(f"stem.toml names a column that there is not: {unknown[0]}.", where=event.source)
    given = {"patient_id": "patient_id"} | event.columns
    columns = ", ".join(f"CAST({given.get(name, 'NULL')} AS {type_}) AS {name}" for name, type_ in STEM.items())
    return (
        f"SELECT {quote(event.source)} AS source_table, {event.key} AS source_key, {quote(event.part)} AS part, "
        f"{quote(event.default)} AS target, {str(event.fixed).lower()} AS fixed, {columns} FROM {event.source} WHERE {event.where}"
    )


def _codes(connection: duckdb.DuckDBPyConnection) -> None:
    """``wanted``: every code that needs a concept. Beside it the codes of mentions and of kinds of notes."""
    connection.execute("CREATE TABLE note_class (doc_type VARCHAR, loinc VARCHAR)")
    for row in note_classes():
        connection.execute("INSERT INTO note_class VALUES (?, ?)", [row["doc_type"], row["loinc"]])
    connection.execute("CREATE TABLE atc (code VARCHAR, inn VARCHAR)")
    rows = [(drug.atc, drug.inn) for drug in codes.drugs() if drug.atc]
    connection.executemany("INSERT INTO atc VALUES (?, ?)", rows)
    cases = " ".join(f"WHEN {quote(ours)} THEN {quote(system)}" for ours, system in MENTION_SYSTEMS.items())
    connection.execute(
        f"""
        CREATE TABLE mention_code AS
          SELECT m.mention_id, CASE m.concept_system WHEN 'ATC' THEN 'inn' {cases} END AS system,
            CASE m.concept_system WHEN 'ATC' THEN a.inn ELSE m.concept_code END AS code
          FROM entity_mention m LEFT JOIN (SELECT code, min(inn) AS inn FROM atc GROUP BY 1) a ON a.code = m.concept_code
          WHERE m.concept_code IS NOT NULL;
        CREATE TABLE wanted AS SELECT DISTINCT system, code FROM (
          SELECT system, code FROM stem
          UNION ALL SELECT value_system, value_code FROM stem
          UNION ALL SELECT 'ucum', unit FROM stem
          UNION ALL SELECT 'loinc', loinc FROM note_class
          UNION ALL SELECT 'icd10', death_cause_icd10 FROM patient
          UNION ALL SELECT 'hemonc', line_name FROM line_of_therapy
          UNION ALL SELECT system, code FROM mention_code
        ) WHERE system IS NOT NULL AND code IS NOT NULL
        """
    )


def _events(connection: duckdb.DuckDBPyConnection) -> None:
    cases = " ".join(f"WHEN {quote(domain)} THEN {quote(table)}" for domain, table in by_domain().items())
    connection.execute(
        f"""
        CREATE TABLE event AS
        SELECT s.* REPLACE (CASE WHEN s.fixed THEN s.target ELSE coalesce(CASE r.domain_id {cases} END, s.target) END AS target),
          p.person_id, v.visit_occurrence_id, coalesce(s.concept, r.concept_id, 0) AS concept_id,
          coalesce(r.source_concept_id, 0) AS source_concept_id, u.concept_id AS unit_concept_id,
          coalesce(s.value_as_concept, nullif(a.concept_id, 0)) AS value_as_concept_id
        FROM stem s
        JOIN cdm.person p ON p.person_source_value = s.patient_id
        LEFT JOIN cdm.visit_occurrence v ON v.source_key = s.encounter_id
        LEFT JOIN resolved r ON r.system = s.system AND r.code = s.code
        LEFT JOIN resolved_one u ON u.system = 'ucum' AND u.code = s.unit
        LEFT JOIN resolved_one a ON a.system = s.value_system AND a.code = s.value_code
        WHERE s.start_date IS NOT NULL
        """
    )


def _event_select(table: str) -> str:
    """Modifiers of a tumour (stage, metastasis, marker) point at its condition, which is therefore built first."""
    key = next(field.name for field in fields()[table] if field.key)
    mapped = ", ".join(f"{expression} AS {name}" for name, expression in table_fields()[table].items())
    modified = (
        "(SELECT source_key AS modified_key, min(condition_occurrence_id) AS modified_id FROM cdm.condition_occurrence "
        "WHERE source_table = 'tumour' GROUP BY 1) m ON m.modified_key = e.tumour_id"
    )
    join = f"LEFT JOIN {modified}" if table == "measurement" else ""
    return (
        f"SELECT row_number() OVER (ORDER BY source_table, source_key, part, concept_id) AS {key}, person_id, "
        f"visit_occurrence_id, {mapped}, source_table, source_key FROM event e {join} WHERE target = {quote(table)}"
    )
