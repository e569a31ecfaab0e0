"""Commands on releases: sql, releases, questions, explain, report, dictionary, catalog."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli import codes, cohort, copies, export, figure
from jobs.cli.options import OtherWarehouse, ReleaseId, Warehouse, writable
from jobs.runtime.errors import ConfigError


def sql(
    query: Annotated[str, typer.Argument(help="One SELECT in DuckDB's SQL; the release's tables are views.")],
    warehouse: Warehouse,
    release: ReleaseId = None,
    format: Annotated[str, typer.Option(help="table, csv, json or parquet.")] = "table",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; needed for parquet.")] = None,
) -> None:
    """Ask the release.

    Example: oncorwe sql "select tumour_code, count(*) n from tumour group by 1 order by 2 desc"
    """
    from warehouse.sql import query as ask

    writable(output)
    text = ask(query, warehouse, release=release, fmt=format, out=output)  # type: ignore[arg-type]
    if text:
        typer.echo(text, nl=not text.endswith("\n"))


releases_app = typer.Typer(invoke_without_command=True)


@releases_app.callback()
def releases(context: typer.Context, warehouse: Warehouse) -> None:
    """List the releases: id, verdict, rows, deliveries. The current one is marked *.

    Example: oncorwe releases --warehouse warehouse_data
    """
    if context.invoked_subcommand:
        context.obj = warehouse
        return
    from warehouse.release import current
    from warehouse.release import releases as listed

    found = listed(warehouse)
    if not found:
        current(warehouse)  # says that there is none, and what to do
    for release in found:
        manifest = release.manifest
        mark = "*" if release.is_current else " "
        rows = sum(entry.rows for entry in manifest.tables.values())
        partial = ", partial" if manifest.partial else ""
        typer.echo(
            f"{mark} {release.release_id}  {manifest.quality.verdict}{partial}  {rows:,} rows  {len(manifest.deliveries)} deliveries  {manifest.created_at}"
        )


@releases_app.command("diff")
def releases_diff(
    first: Annotated[str, typer.Argument(help="Release id, the older one.")],
    second: Annotated[str, typer.Argument(help="Release id, the newer one.")],
    context: typer.Context,
    warehouse: OtherWarehouse = None,
) -> None:
    """Rows and values that changed between two releases, by table.

    Example: oncorwe releases diff 2024-06-30-aaaa1111 2024-09-30-bbbb2222
    """
    from warehouse.diff import diff
    from warehouse.release import find

    where = warehouse or context.obj
    typer.echo(diff(find(where, first), find(where, second)).to_text())


@releases_app.command("verify")
def releases_verify(
    context: typer.Context,
    release: Annotated[str | None, typer.Argument(help="Release id; default: the current one.")] = None,
    warehouse: OtherWarehouse = None,
) -> None:
    """Check every file of a release against its manifest.

    Example: oncorwe releases verify
    """
    from warehouse.release import find

    found = find(warehouse or context.obj, release)
    found.verify()
    typer.echo(f"{found.release_id}: every file is as its manifest says")


@releases_app.command("notes")
def releases_notes(
    context: typer.Context,
    release: Annotated[str | None, typer.Argument(help="Release id; default: the current one.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write instead of printing.")] = None,
    warehouse: OtherWarehouse = None,
) -> None:
    """Release notes in Markdown: deliveries, rows, versions, known limits, how to cite. All of it from the manifest.

    Example: oncorwe releases notes > RELEASE.md
    """
    from warehouse.notes import release_notes
    from warehouse.release import find

    writable(output)
    text = release_notes(find(warehouse or context.obj, release))
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        typer.echo(str(output))


def question(
    warehouse: Warehouse,
    name: Annotated[str | None, typer.Argument(help="Question, e.g. q04; without it, the list.")] = None,
    release: ReleaseId = None,
    format: Annotated[str, typer.Option(help="table, csv or json.")] = "table",
    share: Annotated[
        bool,
        typer.Option("--share", help="Hide small counts, so that the answer may leave; always on for profile wide."),
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option(help="Write question, SQL and answer as an offline page; without a name, all of them."),
    ] = None,
) -> None:
    """The 15 researcher questions: list them, answer one, or write a page of them.

    Example: oncorwe question q05 --share
    """
    from warehouse import questions
    from warehouse.release import find
    from warehouse.sql import as_csv, as_json, as_table

    if html is not None:
        from warehouse.questions.page import page

        writable(html)
        html.write_text(page(find(warehouse, release), name, share=share), encoding="utf-8")
        typer.echo(str(html))
        return
    if name is None:
        for item in questions.questions():
            typer.echo(f"{item.name}  {item.title_en}  {item.title_zh}")
        return
    printers = {"table": as_table, "csv": as_csv, "json": as_json}
    if format not in printers:
        raise ConfigError(f"There is no format '{format}'", do=f"Use one of {', '.join(printers)}")
    found = find(warehouse, release)
    ask = questions.answer if share or found.manifest.profile == "wide" else questions.run
    typer.echo(printers[format](ask(name, found)))


def explain(
    table: Annotated[str, typer.Argument(help="A release table, or 'patient' for a person's timeline.")],
    key: Annotated[str, typer.Argument(help="Primary key of the row, or the patient_id.")],
    warehouse: Warehouse,
    release: ReleaseId = None,
    html: Annotated[Path | None, typer.Option(help="Also write an offline HTML page.")] = None,
) -> None:
    """Show where a value comes from: rule, source sentence with the span marked, the note around it.

    Example: oncorwe explain staging KEY
    """
    from warehouse import explain as explaining
    from warehouse.release import find

    writable(html)
    found = find(warehouse, release)
    page = explaining.explain_patient(found, key) if table == "patient" else explaining.explain(found, table, key)
    if html:
        html.write_text(page.to_html(), encoding="utf-8")
    typer.echo(page.to_text())


def report(warehouse: Warehouse, release: ReleaseId = None) -> None:
    """Say where the QA report lies and what it found.

    Example: oncorwe report --warehouse warehouse_data
    """
    from warehouse.release import find

    found = find(warehouse, release)
    typer.echo(
        f"Verdict: {found.manifest.quality.verdict}  "
        + ", ".join(f"{k} {v}" for k, v in sorted(found.manifest.quality.counts.items()))
    )
    typer.echo(f"Report: {found.path / 'report' / 'index.html'}")


def dictionary(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")] = Path("dictionary"),
    warehouse: Annotated[
        str | None, typer.Option(help="Add value counts and completeness of this warehouse's release.")
    ] = None,
    release: ReleaseId = None,
) -> None:
    """Write the data dictionary: one offline HTML page and CSV, Chinese and English.

    Example: oncorwe dictionary --output dictionary
    """
    from warehouse.compile.dictionary import write_dictionary
    from warehouse.release import find

    folder = find(warehouse, release).path if warehouse else None
    for path in write_dictionary(output, folder):
        typer.echo(str(path))


def catalog(
    warehouse: Warehouse,
    engine: Annotated[
        str, typer.Option(help="duckdb, spark, trino, or file (a warehouse.duckdb of views).")
    ] = "duckdb",
    release: ReleaseId = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="File for engine 'file'.")] = Path("warehouse.duckdb"),
) -> None:
    """Print the script that opens a release in DuckDB, Spark SQL or Trino.

    Example: oncorwe catalog --engine spark > views.sql
    """
    from warehouse.compile.catalog import catalog_sql, write_duckdb_file
    from warehouse.release import find

    if engine == "file":
        writable(output)
    folder = find(warehouse, release).path
    typer.echo(str(write_duckdb_file(folder, output)) if engine == "file" else catalog_sql(engine, folder))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (sql, question, explain, report, dictionary, catalog):
        app.command()(command)
    app.add_typer(releases_app, name="releases")
    export.register(app)
    cohort.register(app)
    figure.register(app)
    codes.register(app)
    copies.register(app)
