"""``dq_result.parquet``: the results of this release, and those of the releases before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from expectations.model import CheckResult, ValidationContext

NAME = "dq_result.parquet"
SCHEMA = pa.schema(
    [
        ("release_id", pa.string()), ("cut_off", pa.date32()), ("check_id", pa.string()), ("kind", pa.string()),
        ("table_name", pa.string()), ("rows_of", pa.string()), ("title_en", pa.string()), ("title_zh", pa.string()),
        ("category", pa.string()), ("severity", pa.string()), ("row_action", pa.string()), ("status", pa.string()),
        ("n_scope", pa.int64()), ("n_fail", pa.int64()), ("fail_pct", pa.float64()), ("max_fail_pct", pa.float64()),
        ("threshold_note", pa.string()), ("message", pa.string()), ("accepted", pa.string()), ("accepted_by", pa.string()),
        ("sample_keys", pa.list_(pa.string())), ("rows_sql", pa.string()), ("engine", pa.string()),
        ("previous_release_id", pa.string()), ("previous_status", pa.string()), ("previous_n_scope", pa.int64()),
        ("previous_n_fail", pa.int64()), ("previous_fail_pct", pa.float64()), ("n_releases_failed", pa.int32()),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Point:
    """One check on one table in one earlier release."""

    release_id: str
    status: str
    n_scope: int
    n_fail: int
    fail_pct: float


History = Mapping[tuple[str, str], list[Point]]


def earlier_files(previous: Path | None, context: ValidationContext, limit: int) -> list[Path]:
    """Result files of earlier releases, oldest first: the context's, else those beside the last release."""
    if context.history:
        return list(context.history)[-limit:]
    if previous is None:
        return []
    own = [previous / "report" / NAME]
    beside = sorted(p for p in previous.parent.glob(f"*/report/{NAME}") if p.parent.parent.name < previous.name)
    return [p for p in beside + own if p.is_file()][-limit:]


def read(files: Iterable[Path]) -> History:
    """Points by (check id, table), oldest first. A file that cannot be read is left out: history never stops a release."""
    points: dict[tuple[str, str], list[Point]] = defaultdict(list)
    wanted = ["release_id", "check_id", "table_name", "status", "n_scope", "n_fail", "fail_pct"]
    for path in files:
        try:
            rows = pq.read_table(path, columns=wanted).to_pylist()
        except (OSError, pa.ArrowException):
            continue
        folder = path.parent.parent.name  # a report is written before its release has an id; the folder has it
        for row in rows:
            point = Point(row["release_id"] or folder, row["status"], row["n_scope"], row["n_fail"], row["fail_pct"])
            points[row["check_id"], row["table_name"]].append(point)
    return points


def _row(result: CheckResult, context: ValidationContext, points: list[Point]) -> dict[str, object]:
    last = points[-1] if points else None
    return {
        "release_id": context.release_id, "cut_off": context.cut_off, "check_id": result.check_id, "kind": result.kind,
        "table_name": result.table, "rows_of": result.rows, "title_en": result.title_en, "title_zh": result.title_zh,
        "category": result.category, "severity": str(result.severity), "row_action": str(result.row_action),
        "status": str(result.status), "n_scope": result.n_scope, "n_fail": result.n_fail, "fail_pct": result.fail_pct,
        "max_fail_pct": result.max_fail_pct, "threshold_note": result.threshold, "message": result.message,
        "accepted": result.accepted or None, "accepted_by": result.accepted_by or None,
        "sample_keys": list(result.sample_keys), "rows_sql": result.rows_sql, "engine": result.engine,
        "previous_release_id": last and last.release_id, "previous_status": last and last.status,
        "previous_n_scope": last and last.n_scope, "previous_n_fail": last and last.n_fail,
        "previous_fail_pct": last and last.fail_pct,
        "n_releases_failed": sum(p.status == "FAILED" for p in points),
    }  # fmt: skip


def write(path: Path, results: Iterable[CheckResult], context: ValidationContext, history: History) -> None:
    """One row per check and table, with last release's figures beside this one's."""
    rows = [_row(r, context, list(history.get((r.check_id, r.table), []))) for r in results]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path, compression="zstd")
