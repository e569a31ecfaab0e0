"""Checks that no single SQL predicate expresses: Parquet footers, comparison with the last release, freshness.

DI09 and DI10 read the private zone and are counted by the jobs; their counts arrive in the validation context.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from expectations.counting import Count
from expectations.model import ValidationContext, ValidationSettings
from expectations.warehouse_view import parquet_files
from warehouse.schema import Table, Type, release_tables

_EVENTS = {
    "encounter": "start_date",
    "lab_measurement": "sample_date",
    "drug_administration": "start_date",
    "document": "doc_date",
}


def _same(found: pa.DataType, wanted: Type) -> bool:
    match wanted:
        case Type.VARCHAR:
            return pa.types.is_string(found) or pa.types.is_large_string(found)
        case Type.INTEGER:
            return pa.types.is_int32(found)
        case Type.DOUBLE:
            return pa.types.is_float64(found)
        case Type.DATE:
            return pa.types.is_date32(found)
        case Type.BOOLEAN:
            return pa.types.is_boolean(found)
        case _:
            return (pa.types.is_list(found) or pa.types.is_large_list(found)) and _same(found.value_type, Type.VARCHAR)


def footer(path: Path, table: Table) -> Count:
    """RL01 of one file: columns that are missing, surplus, misplaced or of another type than the contract says."""
    try:
        schema = pq.ParquetFile(path).schema_arrow
    except (OSError, pa.ArrowException) as error:
        return Count(len(table.columns), len(table.columns), f"{path.name}: {type(error).__name__}")
    bad = sum(
        position >= len(schema.names)
        or schema.names[position] != column.name
        or not _same(schema.types[position], column.type)
        for position, column in enumerate(table.columns)
    )
    return Count(len(table.columns), bad + max(0, len(schema.names) - len(table.columns)))


def schema_of_files(candidate: Path) -> Iterator[tuple[str, Count]]:
    """RL01 for every table. A table without rows may have no file, but its folder must be there."""
    for table in release_tables():
        if not (candidate / table.name).is_dir():
            yield table.name, Count(len(table.columns), len(table.columns))
            continue
        counts = [footer(path, table) for path in parquet_files(candidate / table.name)]
        yield table.name, Count(sum(c.n_scope for c in counts), sum(c.n_fail for c in counts))


def _fell(before: int, now: int, drop_pct: float) -> bool:
    return before > 0 and now < before * (1 - drop_pct / 100)


def row_counts(
    db: duckdb.DuckDBPyConnection,
    rows: dict[str, int],
    context: ValidationContext,
    settings: ValidationSettings,
    with_previous: bool,
) -> Iterator[tuple[str, Count]]:
    """RL02: per table, hospitals (of both releases) whose rows fell by more than the allowed share."""
    for table in release_tables():
        if not with_previous:
            before = context.previous_rows.get(table.name, 0)
            yield table.name, Count(int(before > 0), int(_fell(before, rows[table.name], settings.row_drop_pct)))
            continue
        sql = (
            f"SELECT b.n, coalesce(a.n, 0) FROM (SELECT hospital_id, count(*) n FROM previous.{table.name} GROUP BY 1) b "
            f"LEFT JOIN (SELECT hospital_id, count(*) n FROM main.{table.name} GROUP BY 1) a USING (hospital_id) "
            "WHERE b.hospital_id IN (SELECT DISTINCT hospital_id FROM main.patient)"
        )
        try:
            pairs = db.execute(sql).fetchall()
            yield table.name, Count(len(pairs), sum(_fell(b, a, settings.row_drop_pct) for b, a in pairs))
        except duckdb.Error as error:
            yield table.name, Count(error=type(error).__name__)


def freshness(db: duckdb.DuckDBPyConnection, cut_off: dt.date, settings: ValidationSettings) -> Count:
    """RL03: hospitals whose newest event is older than the refresh promise; dates are shifted, so the shift is added."""
    oldest = cut_off - dt.timedelta(days=settings.refresh_days + settings.shift_days)
    parts = " UNION ALL ".join(
        f"SELECT hospital_id, max({column}) AS d FROM {table} GROUP BY 1" for table, column in _EVENTS.items()
    )
    try:
        newest = db.execute(f"SELECT hospital_id, max(d) FROM ({parts}) GROUP BY 1").fetchall()
    except duckdb.Error as error:
        return Count(error=type(error).__name__)
    return Count(len(newest), sum(d is None or d < oldest for _, d in newest))


def from_job(check_id: str, context: ValidationContext, settings: ValidationSettings) -> Count:
    """A count that a job delivers. A missing one is an error when the check is required."""
    if check_id in context.job_results:
        n_scope, n_fail = context.job_results[check_id]
        return Count(int(n_scope), int(n_fail))
    if check_id in settings.required_jobs:
        return Count(error="no job delivered a result for this check")
    return Count()
