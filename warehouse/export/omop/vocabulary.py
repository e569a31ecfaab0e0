"""Concepts for the codes of a release, from vocabularies that the user downloaded from OHDSI Athena.

``CONCEPT.csv`` and ``CONCEPT_RELATIONSHIP.csv`` are read in DuckDB and reduced to what the mapping asks for. Without
vocabularies every code keeps concept 0. A ``SOURCE_TO_CONCEPT_MAP.csv`` beside them (the CDM's own table for local codes,
``source_vocabulary_id`` = ``ONCORWE_<SYSTEM>``) goes before all else.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from warehouse.compile.duckdb import quote
from warehouse.errors import WarehouseError
from warehouse.export.omop.mapping import Ask, FixedConcept, System, concepts, systems

NEEDED = {
    "CONCEPT.csv": {
        "concept_id",
        "concept_name",
        "domain_id",
        "vocabulary_id",
        "concept_class_id",
        "standard_concept",
        "concept_code",
        "invalid_reason",
    },
    "CONCEPT_RELATIONSHIP.csv": {"concept_id_1", "concept_id_2", "relationship_id", "invalid_reason"},
}
LOCAL = "SOURCE_TO_CONCEPT_MAP.csv"
LOCAL_NEEDED = {"source_code", "source_vocabulary_id", "target_concept_id"}
EMPTY = """
CREATE TABLE concept (concept_id INTEGER, concept_name VARCHAR, domain_id VARCHAR, vocabulary_id VARCHAR, concept_class_id VARCHAR,
  standard_concept VARCHAR, concept_code VARCHAR, invalid_reason VARCHAR);
CREATE TABLE maps_to (concept_id_1 INTEGER, concept_id_2 INTEGER);
CREATE TABLE local_map (source_code VARCHAR, source_vocabulary_id VARCHAR, target_concept_id INTEGER);
"""


def _reader(path: Path) -> str:
    """How DuckDB reads an Athena file: tab, no quoting, everything text. A comma-separated copy is recognised by its header."""
    with path.open(encoding="utf-8", errors="replace") as stream:
        head = stream.readline()
    delimiter = "\t" if "\t" in head else ","
    quoting = "" if delimiter == "\t" else '"'
    return (
        f"read_csv({quote(str(path))}, delim={quote(delimiter)}, quote={quote(quoting)}, escape={quote(quoting)}, "
        "header=true, all_varchar=true)"
    )


def _columns(connection: duckdb.DuckDBPyConnection, path: Path, needed: set[str]) -> str:
    """The reader of a file whose columns were checked. Raises WarehouseError when it is missing or something else."""
    if not path.is_file():
        raise WarehouseError(
            f"The vocabulary folder has no {path.name}.",
            where=path.parent.name,
            why="both CONCEPT.csv and CONCEPT_RELATIONSHIP.csv are needed",
            do="unpack the download of athena.ohdsi.org there, or leave --vocabulary out",
        )
    reader = _reader(path)
    found = {row[0].lower() for row in connection.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()}
    if lacking := sorted(needed - found):
        raise WarehouseError(
            f"{path.name} is no vocabulary file of OHDSI.",
            where=f"{path.name}, header",
            why=f"column {lacking[0]} is missing",
            do="use the file as athena.ohdsi.org delivers it",
        )
    return reader


def load(connection: duckdb.DuckDBPyConnection, folder: Path | None) -> str:
    """Make tables ``concept``, ``maps_to`` and ``local_map``; returns the vocabulary's version, ``none`` without one."""
    connection.execute(EMPTY)
    if folder is None:
        return "none"
    for name, needed in NEEDED.items():
        _columns(connection, folder / name, needed)
    asked = ", ".join(sorted({quote(ask.vocabulary) for system in systems() for ask in system.ask}))
    fixed = ", ".join(str(entry.id) for entry in concepts())
    connection.execute(
        f"""
        INSERT INTO concept SELECT concept_id::INTEGER, concept_name, domain_id, vocabulary_id, concept_class_id,
          nullif(standard_concept, ''), concept_code, nullif(invalid_reason, '')
        FROM {_reader(folder / "CONCEPT.csv")}
        WHERE vocabulary_id IN ({asked}) OR standard_concept = 'S' OR concept_id::INTEGER IN ({fixed});
        INSERT INTO maps_to SELECT concept_id_1::INTEGER, concept_id_2::INTEGER
        FROM {_reader(folder / "CONCEPT_RELATIONSHIP.csv")}
        WHERE relationship_id = 'Maps to' AND coalesce(invalid_reason, '') = ''
          AND concept_id_1::INTEGER IN (SELECT concept_id FROM concept WHERE vocabulary_id IN ({asked}));
        """
    )
    if (folder / LOCAL).is_file():
        reader = _columns(connection, folder / LOCAL, LOCAL_NEEDED)
        connection.execute(
            f"INSERT INTO local_map SELECT source_code, source_vocabulary_id, target_concept_id::INTEGER FROM {reader}"
        )
    return _version(connection, folder)


def _version(connection: duckdb.DuckDBPyConnection, folder: Path) -> str:
    """Version of the whole download: the row ``None`` of VOCABULARY.csv, at most 20 characters as the CDM allows."""
    path = folder / "VOCABULARY.csv"
    if not path.is_file():
        return "unknown"
    sql = f"SELECT vocabulary_version FROM {_reader(path)} WHERE vocabulary_id = 'None'"
    row = connection.execute(sql).fetchone()
    return str(row[0])[:20] if row and row[0] else "unknown"


def _match(system: System, ask: Ask, rank: int) -> str:
    column, standard = (
        ("upper(c.concept_code)", "") if ask.by == "code" else ("upper(c.concept_name)", "AND c.standard_concept = 'S'")
    )
    narrowed = f"AND c.concept_class_id = {quote(ask.concept_class)}" if ask.concept_class else ""
    source = "c.concept_id" if ask.by == "code" else "0"
    return f"""
        SELECT f.system, f.code, f.shortened, {rank} AS asked, c.concept_id AS found, {source} AS source_concept_id
        FROM form f JOIN concept c ON {column} = upper(f.form)
        WHERE f.system = {quote(system.name)} AND c.vocabulary_id = {quote(ask.vocabulary)}
          AND (c.invalid_reason IS NULL OR c.concept_id IN (SELECT concept_id_1 FROM maps_to)) {standard} {narrowed}"""


def _forms() -> str:
    """Each wanted code as it stands (0) and as its system shortens it (1, 2, …)."""
    forms = ["SELECT system, code, code AS form, 0 AS shortened FROM wanted"]
    for system in systems():
        for rank, pattern in enumerate(system.shorten, 1):
            cut = f"regexp_extract(code, {quote(pattern)}, 1)"
            forms.append(
                f"SELECT system, code, {cut}, {rank} FROM wanted WHERE system = {quote(system.name)} AND {cut} <> ''"
            )
    return " UNION ALL ".join(forms)


def resolve(connection: duckdb.DuckDBPyConnection) -> None:
    """From ``wanted`` (system, code) make ``resolved``: one row for each standard concept of a code that has any.

    The code as it stands beats a shortened one, an earlier vocabulary a later one. A concept that is no standard one is
    followed by its ``Maps to`` links, of which there may be several; without a link its standard concept is 0.
    """
    matches = [_match(system, ask, rank) for system in systems() for rank, ask in enumerate(system.ask)]
    connection.execute(
        f"""
        CREATE TABLE form AS {_forms()};
        CREATE TABLE best AS SELECT * FROM ({" UNION ALL ".join(matches)})
          QUALIFY row_number() OVER (PARTITION BY system, code ORDER BY shortened, asked, found) = 1;
        CREATE TABLE resolved AS
        WITH own AS (
          SELECT w.system, w.code, 0 AS source_concept_id, m.target_concept_id AS concept_id
          FROM wanted w JOIN local_map m ON m.source_vocabulary_id = 'ONCORWE_' || upper(w.system) AND m.source_code = w.code
        ), followed AS (
          SELECT b.system, b.code, b.source_concept_id,
            CASE WHEN c.standard_concept = 'S' THEN b.found ELSE coalesce(t.concept_id, 0) END AS concept_id
          FROM best b JOIN concept c ON c.concept_id = b.found
          LEFT JOIN maps_to m ON m.concept_id_1 = b.found AND c.standard_concept IS DISTINCT FROM 'S'
          LEFT JOIN concept t ON t.concept_id = m.concept_id_2 AND t.standard_concept = 'S'
          WHERE (b.system, b.code) NOT IN (SELECT (system, code) FROM own)
        )
        SELECT DISTINCT f.*, c.domain_id
        FROM (SELECT * FROM own UNION ALL SELECT * FROM followed) f LEFT JOIN concept c ON c.concept_id = f.concept_id
        QUALIFY f.concept_id <> 0 OR max(f.concept_id) OVER (PARTITION BY f.system, f.code) = 0;
        CREATE TABLE resolved_one AS SELECT DISTINCT ON (system, code) * FROM resolved ORDER BY system, code, concept_id;
        """
    )


def unknown_fixed(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Fixed concepts that the vocabulary lacks or names otherwise, as sentences; empty when all agree."""
    named = dict(connection.execute("SELECT concept_id, concept_name FROM concept").fetchall())
    doubts = (_doubt(entry, named.get(entry.id)) for entry in concepts())
    return list(dict.fromkeys(said for said in doubts if said))


def _doubt(entry: FixedConcept, name: str | None) -> str:
    if name is None:
        return f"{entry.id} ({entry.concept_name}): not in the vocabulary"
    if name.casefold() != entry.concept_name.casefold():
        return f"{entry.id}: expected {entry.concept_name}, the vocabulary says {name}"
    return ""
