"""``oncorwe cohort``: cohorts as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.cli.options import MinCell, ReleaseId, Warehouse
from jobs.runtime.errors import ConfigError
from warehouse.export.folder import REPORT, read_report

cohort_app = typer.Typer(
    help="Build a cohort from a file of criteria, with attrition and a frozen id; see what was built.",
    no_args_is_help=True,
)


@cohort_app.command("build")
def build(
    file: Annotated[Path, typer.Argument(help="Cohort file (TOML): criteria in order.")],
    warehouse: Warehouse,
    hide: MinCell,
    release: ReleaseId = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder to write; default: <warehouse>/cohorts/<cohort id>.")
    ] = None,
    format: Annotated[str, typer.Option(help="table or json, of what is printed.")] = "table",
) -> None:
    """Apply the criteria of a file to a release, one after the other.

    The id covers the release and the criteria: the same file gives the same cohort, to the byte. Written are attrition.csv, .svg, .html and
    export.json, with small cells hidden, which may leave the institution, and restricted/ with members and those left out, which may not.

    Example: oncorwe cohort build cohort.toml
    """
    from warehouse import cohort as cohorts
    from warehouse.cohort.build import description
    from warehouse.release import find

    if format not in ("table", "json"):
        raise ConfigError(f"There is no format '{format}'", do="Use one of table, json")
    found = find(warehouse, release)
    built = cohorts.build(found, cohorts.read_cohort(file), hide)
    for sentence in built.warnings:
        typer.echo(f"Warning: {sentence}", err=True)
    folder = cohorts.write(built, found, output or cohorts.default_folder(warehouse, built.cohort_id))
    told = description(built, found)
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2) if format == "json" else text(told))
    if format == "table":
        typer.echo(f"Written: {folder}")


@cohort_app.command("show")
def show(
    warehouse: Warehouse,
    cohort: Annotated[
        str | None, typer.Argument(help="Cohort id, or a folder that was built; without it, the list.")
    ] = None,
) -> None:
    """Show a cohort that was built: its criteria and attrition, small cells hidden. Says so when its release has been rewritten since.

    Example: oncorwe cohort show
    """
    root = Path(warehouse) / "cohorts"
    if cohort is None:
        for path in sorted(root.glob(f"*/{REPORT}")):
            told = read_report(path.parent)
            typer.echo(f"{told['cohort_id']}  {told['release_id']}  {told['name']}  {told['title']}")
        return
    folder = Path(cohort) if (Path(cohort) / REPORT).is_file() else root / cohort
    told = read_report(folder)
    if told.get("kind") != "cohort":
        known = ", ".join(sorted(path.parent.name for path in root.glob(f"*/{REPORT}"))) or "(none yet)"
        raise ConfigError(f"There is no cohort '{cohort}'", do=f"Name a folder, or one of: {known}")
    typer.echo(text(told))
    typer.echo(_standing(told, warehouse))


def _standing(told: dict[str, Any], warehouse: str) -> str:
    """Whether the release is still the one that the cohort was built on."""
    from hashlib import sha256

    manifest = Path(warehouse) / "releases" / told["release_id"] / "manifest.json"
    if not manifest.is_file():
        return "Its release is not in this warehouse."
    same = sha256(manifest.read_bytes()).hexdigest() == told["release_manifest_sha256"]
    return (
        "Its release is unchanged."
        if same
        else "Its release was rewritten since (somebody was forgotten): build it again."
    )


@cohort_app.command("kinds")
def list_kinds(
    name: Annotated[str | None, typer.Argument(help="One kind; without it, all of them.")] = None,
) -> None:
    """The kinds of criteria that a cohort file may use, with their parameters.

    Example: oncorwe cohort kinds biomarker
    """
    from warehouse.cohort import kinds

    if name is not None and name not in kinds():
        raise ConfigError(f"There is no kind '{name}'", do="Use one of " + ", ".join(kinds()))
    for kind in kinds().values():
        if name in (None, kind.name):
            typer.echo(f"{kind.name}: {kind.en}")
            for param in kind.params:
                need = "required" if param.required else f"default {json.dumps(param.default)}"
                typer.echo(f"    {param.name} ({param.type}), {need}")


def text(told: dict[str, Any]) -> str:
    """A cohort for a terminal."""
    lines = [f"{told['title']}", f"cohort {told['cohort_id']}, release {told['release_id']}", ""]
    lines.append(f"{'step':>4}  {'tumours':>13}  {'persons':>13}  {'left out':>13}  criterion")
    for step in told["attrition"]:
        counts = "  ".join(f"{step[name]:>13}" for name in ("tumours", "persons", "excluded"))
        lines.append(f"{step['number']:>4}  {counts}  {step['label']}")
    return "\n".join(lines)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(cohort_app, name="cohort")
