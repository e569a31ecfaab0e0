"""The clinical catalogue: checks as data, one TOML file a family."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from expectations.model import Check, RowAction, Severity
from warehouse.schema import Table, Type, release, release_tables

CATALOGUE_DIR = Path(__file__).parent
KINDS = ("row", "join", "measure", "job")
_KNOWN = {
    "id", "kind", "table", "rows", "needs", "excluding", "columns", "title_en", "title_zh", "category", "severity",
    "max_fail_pct", "row_action", "from", "scope", "fail", "fix", "threshold", "remark",
}  # fmt: skip
_SLACK = re.compile(r"slack\(([A-Za-z_.]+)\)")
_SLACK_SQL = r"(CASE \1 WHEN 'M' THEN 31 WHEN 'Y' THEN 366 ELSE 0 END)"


class CatalogueError(ValueError):
    """A check of the catalogue is incomplete or contradicts the table model."""


@cache
def declared() -> tuple[dict[str, Any], ...]:
    """All checks as written, in the order of their ids. Raises CatalogueError for an unknown key or a double id."""
    checks = [
        c for path in sorted(CATALOGUE_DIR.glob("*.toml")) for c in tomllib.loads(path.read_text("utf-8"))["check"]
    ]
    seen: set[str] = set()
    for check in checks:
        if unknown := set(check) - _KNOWN:
            raise CatalogueError(f"{check.get('id', '?')}: unknown key {min(unknown)}")
        if check["id"] in seen or check["kind"] not in KINDS:
            raise CatalogueError(f"{check['id']}: declared twice, or kind {check['kind']!r} is unknown")
        seen.add(check["id"])
    return tuple(sorted(checks, key=lambda c: c["id"]))


def free_text_columns(table: Table) -> tuple[str, ...]:
    """Text columns that can hold words of a note: no tokens, no closed value sets, no codes."""
    keys = {
        *table.primary_key,
        "source_ref",
        "release_id",
        "hospital_id",
        "deid_engine",
        "engine",
        "rule_set",
        "definition_id",
    }
    return tuple(
        c.name
        for c in table.columns
        if c.type is Type.VARCHAR
        and not c.values
        and not c.references
        and c.name not in keys
        and not c.name.endswith(("_code", "_pk"))
    )


def tables_of(raw: dict[str, Any]) -> tuple[str, ...]:
    """Tables that a check is bound to: the named one, or for ``*`` every table that has what it needs."""
    if raw["table"] != "*":
        return (raw["table"],)
    if raw["kind"] == "job":
        return ("*",)
    needs, excluding = set(raw.get("needs", ())), set(raw.get("excluding", ()))
    wants_text = "{free_text}" in raw["fail"]
    return tuple(
        t.name
        for t in release_tables()
        if t.name not in excluding and needs <= set(t.column_names) and not (wants_text and not free_text_columns(t))
    )


def _fill(sql: str, table: str, rows: str, cutoff: str) -> str:
    if not sql:
        return ""
    judged = release(rows) if rows != "*" else None
    key = judged.primary_key[0] if judged else ""
    sql = sql.replace("{table}", table).replace("{key}", key).replace("{cutoff}", f"DATE '{cutoff}'")
    if "{free_text}" in sql and judged:
        columns = ", ".join(f"t.{name}" for name in free_text_columns(judged))
        sql = sql.replace("{free_text}", f"concat_ws(chr(10), {columns})")
    return _SLACK.sub(_SLACK_SQL, sql)


def bind(raw: dict[str, Any], table: str, cutoff: str) -> Check:
    """One declared check bound to one table, its placeholders filled in."""
    rows = raw.get("rows", table)
    return Check(
        id=raw["id"],
        kind=raw["kind"],
        table=table,
        rows=rows,
        title_en=raw["title_en"],
        title_zh=raw["title_zh"],
        category=raw["category"],
        severity=Severity(raw["severity"]),
        max_fail_pct=float(raw["max_fail_pct"]),
        row_action=RowAction(raw["row_action"]),
        threshold=raw["threshold"],
        remark=raw.get("remark", ""),
        source=_fill(raw.get("from", ""), table, rows, cutoff),
        scope=_fill(raw.get("scope", ""), table, rows, cutoff),
        fail=_fill(raw.get("fail", ""), table, rows, cutoff),
        columns=tuple(raw.get("columns", ())),
        fix={c: _fill(e, table, rows, cutoff) for c, e in raw.get("fix", {}).items()},
    )


def checks(cutoff: str) -> Iterator[Check]:
    """Every check bound to every table it concerns; ``cutoff`` is an ISO date."""
    for raw in declared():
        for table in tables_of(raw):
            yield bind(raw, table, cutoff)
