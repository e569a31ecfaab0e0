"""What changed between two releases: rows added, removed and changed by table, and which columns changed how often."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

from warehouse.compile.duckdb import parts, present, quote
from warehouse.release import Release
from warehouse.schema import Table, release_tables
from warehouse.schema import release as declared

IGNORED = frozenset({"release_id"})
"""Columns that differ in every release and say nothing."""
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One changed cell."""

    key: str
    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class TableDiff:
    """Changes of one table. Rows are matched by primary key."""

    table: str
    rows_before: int
    rows_after: int
    added: int
    removed: int
    changed: int
    columns: Mapping[str, int] = field(default_factory=dict)
    """Changed cells by column, most first."""
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Changed rows by what lies behind: see ``REASONS``."""
    appeared: Mapping[str, int] = field(default_factory=dict)
    """Added rows by person and source: with a new person, or of a known person by ``source_kind``."""
    gone: Mapping[str, int] = field(default_factory=dict)
    """Removed rows, likewise."""
    examples: tuple[ValueChange, ...] = ()

    @property
    def is_equal(self) -> bool:
        """True when no row differs."""
        return not (self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class ReleaseDiff:
    """All tables of two releases, in declared order, and what the manifests say changed around them."""

    before: str
    after: str
    tables: tuple[TableDiff, ...]
    context: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        """True when no table differs."""
        return all(table.is_equal for table in self.tables)

    def to_text(self) -> str:
        """One line a table, then changed columns and examples below each changed one."""
        lines = [f"{self.before} -> {self.after}", *(f"  {told}" for told in self.context), ""]
        lines.append(f"{'table':22}{'before':>10}{'after':>10}{'added':>9}{'removed':>9}{'changed':>9}")
        for t in self.tables:
            lines.append(f"{t.table:22}{t.rows_before:>10}{t.rows_after:>10}{t.added:>9}{t.removed:>9}{t.changed:>9}")
            lines += [f"    added {reason}: {count} row(s)" for reason, count in t.appeared.items()]
            lines += [f"    removed {reason}: {count} row(s)" for reason, count in t.gone.items()]
            lines += [f"    {name}: {count}" for name, count in t.columns.items()]
            lines += [f"    because {reason}: {count} row(s)" for reason, count in t.reasons.items()]
            lines += [f"      e.g. {e.key} {e.column}: {e.before} -> {e.after}" for e in t.examples]
        return "\n".join(lines) + "\n"


REASONS = {
    "another source": "a.source_kind IS DISTINCT FROM b.source_kind OR a.document_id IS DISTINCT FROM b.document_id",
    "another rule, version or record": "a.source_ref IS DISTINCT FROM b.source_ref",
    "review": "a.review_status IS DISTINCT FROM b.review_status",
    "quality flags": "a.dq_flags IS DISTINCT FROM b.dq_flags",
}
"""Why a row changed, judged by its provenance columns in this order; a row that fits none changed at its source."""
OTHER_REASON = "the source's values"


def _relation(release: Release, table: Table) -> str | None:
    files = parts(release.path, table.name)
    present(files)  # a broken file is told by its name
    return (
        f"read_parquet([{', '.join(quote(str(file)) for file in files)}], hive_partitioning = false)" if files else None
    )


def _load(connection: duckdb.DuckDBPyConnection, name: str, release: Release, table: Table) -> set[str]:
    """Make view ``a`` or ``b``; an absent table is empty. Returns the columns present."""
    relation = _relation(release, table)
    empty = ", ".join(f'NULL::{column.type.value} AS "{column.name}"' for column in table.columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {name} AS " + (f"FROM {relation}" if relation else f"SELECT {empty} WHERE false")
    )
    return {row[0] for row in connection.execute(f"DESCRIBE {name}").fetchall()}


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    return connection.execute(sql).fetchone() or ()


def _join(table: Table) -> str:
    return " AND ".join(f'a."{key}" = b."{key}"' for key in table.primary_key)


def _differ(column: str) -> str:
    return f'a."{column}" IS DISTINCT FROM b."{column}"'


def _reasons(connection: duckdb.DuckDBPyConnection, table: Table, changed: str, both: set[str]) -> dict[str, int]:
    usable = {told: sql for told, sql in REASONS.items() if both.issuperset(re.findall(r"a\.(\w+)", sql))}
    cases = " ".join(f"WHEN {sql} THEN {quote(told)}" for told, sql in usable.items())
    sql = f"""SELECT CASE WHEN false THEN NULL {cases} ELSE {quote(OTHER_REASON)} END, count(*)
              FROM a JOIN b ON {_join(table)} WHERE {changed} GROUP BY 1 ORDER BY 2 DESC, 1"""
    return dict(connection.execute(sql).fetchall())


def _unmatched(connection: duckdb.DuckDBPyConnection, table: Table, here: str, there: str) -> dict[str, int]:
    """Rows of view ``here`` whose key view ``there`` lacks, by whether the other release knows the person, and by source."""
    sql = f"""SELECT CASE WHEN n.patient_id IN (FROM persons_{there}) THEN 'of known persons, ' || coalesce(n.source_kind, 'source unknown')
                          ELSE 'with persons of this release alone' END, count(*)
              FROM {here} n WHERE NOT EXISTS (FROM {there} o WHERE {_join(table).replace("a.", "n.").replace("b.", "o.")})
              GROUP BY 1 ORDER BY 2 DESC, 1"""
    return dict(connection.execute(sql).fetchall())


def _examples(connection: duckdb.DuckDBPyConnection, table: Table, columns: list[str]) -> tuple[ValueChange, ...]:
    found: list[ValueChange] = []
    for column in columns[:EXAMPLES]:
        if column == "text_deid":
            continue
        sql = f"""SELECT a."{table.primary_key[0]}", a."{column}"::VARCHAR, b."{column}"::VARCHAR
                  FROM a JOIN b ON {_join(table)} WHERE {_differ(column)} ORDER BY 1 LIMIT 1"""
        found += [ValueChange(key, column, before, after) for key, before, after in connection.execute(sql).fetchall()]
    return tuple(found)


def diff_table(connection: duckdb.DuckDBPyConnection, table: Table, before: Release, after: Release) -> TableDiff:
    """Changes of one table; columns that only one of the releases has are left out of the comparison."""
    both = _load(connection, "a", before, table) & _load(connection, "b", after, table)
    compared = [c.name for c in table.columns if c.name in both - IGNORED - set(table.primary_key)]
    changed = " OR ".join(map(_differ, compared))
    sums = ", ".join(f"count(*) FILTER (WHERE {_differ(column)})" for column in compared)
    n_before, n_after = _one(connection, "SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)")
    n_both, n_changed, *counts = _one(
        connection, f"SELECT count(*), count(*) FILTER (WHERE {changed}), {sums} FROM a JOIN b ON {_join(table)}"
    )
    pairs = sorted(zip(compared, counts, strict=True), key=lambda pair: (-pair[1], pair[0]))
    columns = {column: count for column, count in pairs if count}
    return TableDiff(
        table=table.name,
        rows_before=n_before,
        rows_after=n_after,
        added=n_after - n_both,
        removed=n_before - n_both,
        changed=n_changed,
        columns=columns,
        reasons=_reasons(connection, table, changed, both) if n_changed else {},
        appeared=_unmatched(connection, table, "b", "a") if n_after > n_both else {},
        gone=_unmatched(connection, table, "a", "b") if n_before > n_both else {},
        examples=_examples(connection, table, list(columns)),
    )


def _context(before: Release, after: Release) -> tuple[str, ...]:
    """Differences of the manifests that may explain the rest: code, versions, deliveries, partial runs."""
    a, b = before.manifest, after.manifest
    other_key = a.key_fingerprint != b.key_fingerprint
    told = ["project key: another one, so persons and rows have other keys and cannot be matched"] if other_key else []
    told += [
        f"{name}: {old} -> {new}"
        for name, old, new in (
            ("code", a.code_version, b.code_version),
            ("schema", a.schema_version, b.schema_version),
            ("profile", a.profile, b.profile),
            ("partial", a.partial, b.partial),
        )
        if old != new
    ]
    for name in sorted({*a.versions, *b.versions}):
        if a.versions.get(name) != b.versions.get(name):
            told.append(f"{name}: {a.versions.get(name, '(none)')} -> {b.versions.get(name, '(none)')}")
    new = {(d.site, d.delivery) for d in b.deliveries} - {(d.site, d.delivery) for d in a.deliveries}
    return (*told, *(f"new delivery: {site} {delivery}" for site, delivery in sorted(new)))


def diff(release_a: Release, release_b: Release) -> ReleaseDiff:
    """Compare two releases table by table, in DuckDB over their files."""
    with duckdb.connect(":memory:") as connection:
        for name, release in (("a", release_a), ("b", release_b)):
            _load(connection, "persons", release, declared("patient"))
            connection.execute(f"CREATE TEMP TABLE persons_{name} AS SELECT patient_id FROM persons")
        tables = tuple(diff_table(connection, table, release_a, release_b) for table in release_tables())
    return ReleaseDiff(release_a.release_id, release_b.release_id, tables, _context(release_a, release_b))
