"""The report: one HTML page that needs nothing but itself, in Chinese and English, on screen and on paper."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from expectations.history import History, Point
from expectations.model import CheckResult, Status, ValidationContext, ValidationSettings, Verdict
from expectations.repair import Repair
from expectations.report.risk import section
from expectations.warehouse_view import count_rows
from warehouse.privacy.report import RiskReport
from warehouse.schema import Table, release_tables

HERE = Path(__file__).parent
DISPLAY = (Status.ERROR, Status.FAILED, Status.PASSED_WITH_ROWS, Status.PASSED, Status.NOT_APPLICABLE)
"""Order on the page: what needs a reviewer first, what says nothing last."""


def percent(n_fail: int, n_scope: int) -> str:
    """A share in percent that never hides a failing row behind 0.00 nor a passing one behind 100."""
    if not n_scope:
        return "–"
    value = 100.0 * n_fail / n_scope
    if n_fail in (0, n_scope):
        return f"{value:.0f}"
    return f"{value:.2f}" if 0.01 <= value <= 99.99 else f"{value:.3g}" if value < 1 else ">99.99"


def number(value: float) -> str:
    """A threshold without needless zeros."""
    return f"{value:g}"


def sparkline(result: CheckResult, points: Iterable[Point]) -> Markup:
    """Failing percent of earlier releases and this one as an inline SVG; the dashed line is the threshold."""
    series = [p.fail_pct for p in points] + [result.fail_pct]
    if len(series) < 2:
        return Markup("<small>–</small>")
    width, height = 110, 22
    top = max(*series, result.max_fail_pct, 1e-9)
    xs = [4 + i * (width - 8) / (len(series) - 1) for i in range(len(series))]
    ys = [height - 3 - (height - 6) * value / top for value in series]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    limit = height - 3 - (height - 6) * result.max_fail_pct / top
    label = ", ".join(f"{value:.3g} %" for value in series)
    return Markup(
        '<svg width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img"><title>{label}</title>'
        '<line class="limit" x1="0" x2="{w}" y1="{limit}" y2="{limit}"/><polyline class="line" points="{line}"/>'
        '<circle class="dot" cx="{x}" cy="{y}" r="2.6"/></svg>'
    ).format(w=width, h=height, label=label, limit=f"{limit:.1f}", line=line, x=f"{xs[-1]:.1f}", y=f"{ys[-1]:.1f}")


def _completeness(db: duckdb.DuckDBPyConnection, table: Table, rows: int) -> list[dict[str, Any]]:
    """Filled share of every column, in one pass; empty when the table has no row or not the contract's columns."""
    if not rows:
        return []
    try:
        counts = (
            db.execute(f"SELECT {', '.join(f'count({c.name})' for c in table.columns)} FROM {table.name}").fetchone()
            or ()
        )
    except duckdb.Error:
        return []
    return [
        {"name": c.name, "required": c.required, "pct": 100.0 * n / rows}
        for c, n in zip(table.columns, counts, strict=True)
    ]


def _table_row(
    db: duckdb.DuckDBPyConnection, table: Table, verdict: Verdict, previous: Path | None, context: ValidationContext
) -> dict[str, Any]:
    now = verdict.rows[table.name]
    before = count_rows(previous / table.name) if previous is not None else context.previous_rows.get(table.name)
    change = "–" if before is None else f"{now - before:+,}" if now != before else "0"
    if before:
        change += f" ({100.0 * (now - before) / before:+.1f} %)"
    return {
        "name": table.name, "en": table.grain or table.en, "zh": table.zh, "now": now, "before": before, "change": change,
        "fell": bool(before and now < before * 0.95), "columns": _completeness(db, table, now),
    }  # fmt: skip


def _repair_rows(repairs: Iterable[Repair]) -> list[dict[str, Any]]:
    groups = Counter((r.check_id, str(r.action), r.table, r.column) for r in repairs)
    return [
        {"check_id": c, "action": a, "table": t, "column": col, "n": n} for (c, a, t, col), n in sorted(groups.items())
    ]


def write_report(
    path: Path,
    db: duckdb.DuckDBPyConnection,
    verdict: Verdict,
    history: History,
    repairs: list[Repair],
    risk: RiskReport,
    *,
    previous: Path | None,
    context: ValidationContext,
    settings: ValidationSettings,
) -> None:
    """Render the verdict into one file."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=False
    )
    page = environment.get_template("template.html").render(
        words=tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8")),
        css=Markup((HERE / "style.css").read_text(encoding="utf-8")),
        script=Markup((HERE / "script.js").read_text(encoding="utf-8")),
        verdict=verdict,
        context=context,
        release_id=context.release_id,
        previous=previous.name if previous is not None else "",
        statuses=[str(s) for s in DISPLAY],
        results=sorted(verdict.results, key=lambda r: (DISPLAY.index(r.status), r.severity, r.check_id, r.table)),
        table_names=sorted({r.table for r in verdict.results}),
        families=sorted({r.check_id[:2] for r in verdict.results}),
        total_rows=sum(verdict.rows.values()),
        n_repairs=len(repairs),
        repairs=_repair_rows(repairs),
        tables=[_table_row(db, t, verdict, previous, context) for t in release_tables()],
        small={"min_scope": settings.min_scope, "min_fails": settings.min_fails},
        pct=lambda r: percent(r.n_fail, r.n_scope),
        number=number,
        risk=section(risk),
        spark=lambda r: sparkline(r, history.get((r.check_id, r.table), [])),
    )
    path.write_text(page, encoding="utf-8")
