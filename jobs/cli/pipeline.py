"""Commands that run the pipeline: run, synth, demo, site check, key."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from jobs.runtime import keys
from jobs.runtime.application import default_warehouse, open_context
from jobs.runtime.errors import PartialRun
from jobs.runtime.logs import LOG
from jobs.runtime.runner import run_all

Landing = Annotated[
    str, typer.Option(help="Folder with one folder per site, in it one folder per delivery (2024-06-01).")
]
Warehouse = Annotated[
    str,
    typer.Option(
        default_factory=default_warehouse, help="Warehouse folder or URI. [env: ONCORWE_WAREHOUSE]", show_default=False
    ),
]


def run(
    landing: Landing,
    warehouse: Warehouse,
    sites: Annotated[str | None, typer.Option(help="Folder of site files; default: the project's own.")] = None,
    site: Annotated[str, typer.Option(help="Run this site only; the others keep their last good rows.")] = "",
    delivery: Annotated[str, typer.Option(help="Take deliveries up to this date only.")] = "",
    settings: Annotated[str | None, typer.Option(help="Settings file. [env: ONCORWE_SETTINGS]")] = None,
) -> None:
    """Run every job in one process and one Spark session, without Airflow; the release is the same.

    Example: ONCORWE_KEY_FILE=key oncorwe run --landing landing --warehouse warehouse_data
    """
    keys.project_key()
    context = open_context(
        landing=landing,
        warehouse=warehouse,
        sites_folder=sites,
        settings_file=settings,
        delivery=delivery,
        only_site=site,
    )
    try:
        run_all(context)
    except PartialRun:
        _say_release(warehouse)
        raise
    _say_release(warehouse)


def _say_release(warehouse: str) -> None:
    from warehouse.release import current

    release = current(warehouse)
    rows = sum(entry.rows for entry in release.manifest.tables.values())
    LOG.info(
        "Current release: %s, %s rows, verdict %s", release.release_id, f"{rows:,}", release.manifest.quality.verdict
    )


def synth(
    output: Annotated[Path, typer.Option(help="Landing folder to write.")],
    patients: Annotated[int, typer.Option(help="Number of persons.", min=1)] = 120,
    sites: Annotated[int, typer.Option(help="Number of hospitals.", min=1)] = 3,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
    truth: Annotated[Path | None, typer.Option(help="Folder for the truth behind every note (for evaluation).")] = None,
) -> None:
    """Write deliveries of invented hospitals, with notes written from a simulated course of disease.

    Example: oncorwe synth --patients 200 --sites 3 --seed 7 --output landing --truth truth
    """
    from jobs.synth import synthesise

    console = Console(stderr=True)
    with Progress(console=console, disable=not sys.stderr.isatty(), transient=True) as progress:
        bar = progress.add_task("persons", total=patients)
        summary = synthesise(patients, sites, seed, output, truth, lambda done: progress.update(bar, completed=done))
    typer.echo(summary.describe())


site_app = typer.Typer(help="Site files: one TOML per hospital.", no_args_is_help=True)


@site_app.command("check")
def site_check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Site file to try.")],
    landing: Landing = "landing",
    rows: Annotated[int, typer.Option(help="Rows to read of each file.", min=1)] = 200,
) -> None:
    """Try a site file on its delivery without writing anything: columns, dates, values, with suggestions.

    Example: oncorwe site check jobs/sites/site_a.toml --landing landing
    """
    from jobs.ingest.check import check_site

    good, lines = check_site(file, landing, rows)
    for line in lines:
        typer.echo(line)
    raise typer.Exit(0 if good else 6)


key_app = typer.Typer(help="The project key.", no_args_is_help=True)


@key_app.command("new")
def key_new(file: Annotated[Path, typer.Argument(help="File to write, mode 0600; never overwritten.")]) -> None:
    """Make a project key.

    Example: oncorwe key new key && export ONCORWE_KEY_FILE=$PWD/key
    """
    keys.new_key(file)
    typer.echo(f"Wrote {file}. Keep it safe: without it no later run can add to the warehouse.")


@key_app.command("fingerprint")
def key_fingerprint() -> None:
    """Print the fingerprint of the configured key, as it stands in manifests.

    Example: ONCORWE_KEY_FILE=key oncorwe key fingerprint
    """
    typer.echo(keys.fingerprint())


def demo(
    folder: Annotated[Path, typer.Option(help="Folder for everything the demo makes.")] = Path("demo"),
    warehouse: Annotated[str, typer.Option(help="Warehouse to fill.")] = "warehouse_data",
    patients: Annotated[int, typer.Option(min=20)] = 120,
    seed: int = 7,
) -> None:
    """Three invented hospitals through Airflow into a release, and what to look at in it.

    Example: oncorwe demo --folder demo --warehouse warehouse_data
    """
    from jobs.cli.demo import run_demo

    run_demo(folder, warehouse, patients, seed)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(run)
    app.command()(synth)
    app.command()(demo)
    app.add_typer(site_app, name="site")
    app.add_typer(key_app, name="key")
