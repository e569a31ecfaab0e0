"""Counting scope and failures of the catalogue's SQL checks: one aggregation pass a table, one query a join."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from expectations.model import Check, RowAction
from warehouse.schema import release


@dataclass(frozen=True, slots=True)
class Count:
    """Rows in scope and failing rows; ``error`` says why there is no count."""

    n_scope: int = 0
    n_fail: int = 0
    error: str = ""


def key_of(check: Check) -> str:
    """SQL expression of the judged row's primary key, ``|`` between the parts of a composite one."""
    parts = [f"t.{name}" for name in release(check.rows).primary_key]
    return parts[0] if len(parts) == 1 else f"concat_ws('|', {', '.join(parts)})"


def _failing(check: Check) -> str:
    return f"({check.scope}) AND ({check.fail})"


def _reason(error: Exception) -> str:
    """The kind of a database error and its first line, cut before anything quoted from the data."""
    line = str(error).splitlines()[0] if str(error) else ""
    kept = line if isinstance(error, duckdb.BinderException | duckdb.CatalogException | duckdb.ParserException) else ""
    return f"{type(error).__name__}: {kept}".rstrip(": ")


def count_rows_checks(db: duckdb.DuckDBPyConnection, table: str, checks: list[Check]) -> list[Count]:
    """All row checks of one table in one pass over it; one by one only if the shared pass is impossible."""
    parts = [f"count(*) FILTER (WHERE {c.scope}), count(*) FILTER (WHERE {_failing(c)})" for c in checks]
    try:
        row = db.execute(f"SELECT {', '.join(parts)} FROM {table} t").fetchone() or ()
    except duckdb.Error as error:
        if len(checks) == 1:
            return [Count(error=_reason(error))]
        return [count for check in checks for count in count_rows_checks(db, table, [check])]
    return [Count(int(row[2 * i]), int(row[2 * i + 1])) for i in range(len(checks))]


def join_sql(check: Check) -> str:
    """SQL that counts distinct judged rows, however often the join repeats them."""
    inner = f"SELECT {key_of(check)} AS k, bool_or({check.scope}) AS s, bool_or({_failing(check)}) AS f FROM {check.from_sql} GROUP BY 1"
    return f"SELECT count(*) FILTER (WHERE s), count(*) FILTER (WHERE f) FROM ({inner}) j"


def count_single(db: duckdb.DuckDBPyConnection, check: Check) -> Count:
    """Count a ``join`` or ``measure`` check."""
    sql = join_sql(check)
    if check.kind == "measure":
        sql = f"SELECT count(*) FILTER (WHERE {check.scope}), count(*) FILTER (WHERE {_failing(check)}) FROM {check.from_sql}"
    try:
        row = db.execute(sql).fetchone() or (0, 0)
    except duckdb.Error as error:
        return Count(error=_reason(error))
    return Count(int(row[0]), int(row[1]))


def count_all(db: duckdb.DuckDBPyConnection, checks: Iterable[Check]) -> dict[tuple[str, str], Count]:
    """Counts by (check id, table) for every SQL check."""
    counts: dict[tuple[str, str], Count] = {}
    by_table: dict[str, list[Check]] = defaultdict(list)
    for check in checks:
        if check.kind == "row":
            by_table[check.rows].append(check)
        elif check.kind != "job":
            counts[check.id, check.table] = count_single(db, check)
    for table, group in by_table.items():
        for check, count in zip(group, count_rows_checks(db, table, group), strict=True):
            counts[check.id, check.table] = count
    return counts


def keys_sql(check: Check) -> str:
    """SQL that gives the keys of all failing rows, in order."""
    return f"SELECT DISTINCT {key_of(check)} AS pk FROM {check.from_sql} WHERE {_failing(check)} ORDER BY 1"


def copy_sql(check: Check) -> str:
    """SQL for a reviewer: keys of the failing rows, to be run on the release's or candidate's views.

    Empty for checks that judge no rows, and where the code tables of the project would be needed beside the views.
    """
    if check.kind in ("measure", "job") or "ref_" in check.from_sql + check.fail:
        return ""
    table = release(check.rows)
    patient = "" if "patient_id" in table.primary_key else "t.patient_id, "
    return f"SELECT DISTINCT {patient}{key_of(check)} AS pk FROM {check.from_sql} WHERE {_failing(check)} ORDER BY ALL"


def failing_keys(db: duckdb.DuckDBPyConnection, check: Check) -> list[str]:
    """Primary keys of every failing row; none for checks that judge no single rows."""
    if check.kind in ("measure", "job"):
        return []
    return [str(row[0]) for row in db.execute(keys_sql(check)).fetchall()]


def has_rows(check: Check) -> bool:
    """True when failing rows of this check get an action."""
    return check.kind in ("row", "join") and check.row_action is not RowAction.STOP
