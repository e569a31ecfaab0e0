"""Commands for the people who keep a warehouse: quarantine, runs."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs.runtime.application import default_warehouse
from jobs.runtime.context import clean_run_id
from jobs.runtime.errors import ConfigError
from jobs.runtime.manifest import read_reports
from jobs.runtime.storage import Store

Warehouse = Annotated[
    str,
    typer.Option(
        default_factory=default_warehouse, help="Warehouse folder. [env: ONCORWE_WAREHOUSE]", show_default=False
    ),
]


def _store(warehouse: str) -> Store:
    from pathlib import Path

    store = Store(warehouse if "://" in warehouse else str(Path(warehouse).resolve()))
    if not store.exists():
        raise ConfigError(
            "The warehouse folder does not exist", where=warehouse, do="Name it with --warehouse or ONCORWE_WAREHOUSE"
        )
    return store


def quarantine(
    warehouse: Warehouse,
    rows: Annotated[bool, typer.Option(help="List each row: table, file, row number, column, reason.")] = False,
) -> None:
    """What was held back and why. Values stay sealed in the private zone.

    Example: oncorwe quarantine --rows
    """
    from jobs.runtime.quarantine import held_rows, summary

    store = _store(warehouse)
    lines = (
        (
            f"{r['site']}/{r['delivery']} {r['table_name']} row {r['file_row']} {r['column_name'] or '-'}: {r['reason']} ({r['kind']})"
            for r in held_rows(store)
        )
        if rows
        else (f"{n:>8,}  {site}  {what}" for (site, what), n in summary(store).items())
    )
    for line in lines:
        typer.echo(line)


def runs(
    warehouse: Warehouse,
    run_id: Annotated[str | None, typer.Argument(help="Run to show; without it, the list.")] = None,
) -> None:
    """Runs of a warehouse and what each job did.

    Example: oncorwe runs run-20240601T120000
    """
    store = _store(warehouse)
    if run_id is None:
        for name in store.folders("runs"):
            reports = read_reports(store, name)
            failed = sum(r.status == "failed" for r in reports)
            typer.echo(f"{name}  {len(reports)} jobs  {failed} failed  {sum(r.seconds for r in reports):.0f} s")
        return
    reports = read_reports(store, clean_run_id(run_id))
    if not reports:
        raise ConfigError(f"There is no run '{run_id}'", where=warehouse, do="List the runs with 'oncorwe runs'")
    for report in reports:
        typer.echo(report.line())


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(quarantine)
    app.command()(runs)
