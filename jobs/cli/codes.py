"""``oncorwe codes``: the institution's own code tables, and the list of terms that no code matched."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.options import MinCell, ReleaseId, Warehouse, writable
from jobs.runtime.errors import ConfigError

codes_app = typer.Typer(
    help="Plug in the institution's licensed code tables; list the terms that no code matched.", no_args_is_help=True
)


def default_folder() -> str:
    """The folder of the settings file, else ``$ONCORWE_CODES``, else ``./oncorwe_codes``."""
    from jobs.runtime.settings import load_settings

    return load_settings().codes.folder or os.environ.get("ONCORWE_CODES") or "oncorwe_codes"


Folder = Annotated[
    str,
    typer.Option(
        "--folder",
        default_factory=default_folder,
        show_default=False,
        help="Folder of imported tables; default: [codes] folder of the settings, else ONCORWE_CODES, else ./oncorwe_codes.",
    ),
]
Column = Annotated[str | None, typer.Option(help="Title of the column, where it is not recognised.")]


@codes_app.command("import")
def import_(
    table: Annotated[str, typer.Argument(help="icd10, icd9cm3, topography, morphology, lab_items or drugs.")],
    file: Annotated[
        Path, typer.Argument(help="CSV, TSV (UTF-8 or GB18030) or XLSX with titles in one of its first ten rows.")
    ],
    folder: Folder,
    edition: Annotated[str, typer.Option(help="What the table is, e.g. '国家临床版 2.0'; kept with it.")],
    code_column: Column = None,
    name_column: Column = None,
    synonyms_column: Column = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook; default: the first.")] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out rows that cannot be used, and say how many.")
    ] = False,
) -> None:
    """Check a code table, store it outside the package as a version of its own, and make it the one that counts.

    A full table (icd10, icd9cm3, topography, morphology) brings codes and names; lab_items and drugs bring this hospital's names for codes that the
    project knows. Runs prefer it once the settings say [codes] folder = "…". The file's own licence decides who may see the folder.

    Example: oncorwe codes import icd10 icd10_national.xlsx --edition "国家临床版 2.0"
    """
    from warehouse.codes import institution

    named = {"code": code_column, "name": name_column, "synonyms": synonyms_column}
    columns = {ours: title for ours, title in named.items() if title}
    stored, faults = institution.import_table(
        table, file, Path(folder), edition=edition, columns=columns, sheet=sheet, skip_bad=skip_bad
    )
    typer.echo(f"{stored.table}: {stored.rows:,} codes, {stored.edition}, version {stored.version}, in {folder}")
    if faults.count:
        typer.echo(f"Left out {faults.count:,} rows: " + "; ".join(faults.shown))
    typer.echo(f'Runs use it with [codes] folder = "{Path(folder).resolve()}" in the settings file.')


@codes_app.command("list")
def list_(folder: Folder) -> None:
    """The built-in tables and what was imported; * marks the version that counts.

    Example: oncorwe codes list
    """
    from warehouse import codes
    from warehouse.codes import institution
    from warehouse.codes.lookup import LOADERS

    for name, loader in LOADERS.items():
        typer.echo(f"  {name:14} {len(loader()):>7,} rows  built in")
    typer.echo(f"  built-in version {codes.version()}")
    for item in institution.imported(Path(folder)):
        mark = "*" if item.is_current else " "
        typer.echo(
            f"{mark} {item.table:14} {item.rows:>7,} codes  {item.edition}  version {item.version}  from {item.file}"
        )


@codes_app.command("path")
def path(
    table: Annotated[str, typer.Argument(help="An imported table.")],
    folder: Folder,
) -> None:
    """Print the file (code<TAB>name) that `oncorwe code --table` and `oncorwe train linker --table` take.

    Example: oncorwe codes path icd9cm3
    """
    from warehouse.codes import institution

    typer.echo(str(institution.linker_file(Path(folder), table)))


@codes_app.command("worklist")
def worklist(
    folder: Folder,
    warehouse: Warehouse,
    hide: MinCell,
    release: ReleaseId = None,
    kind: Annotated[
        str | None, typer.Option(help="diagnosis, surgery, lab, drug or lab_mention; default: all.")
    ] = None,
    inside: Annotated[
        bool,
        typer.Option(
            "--inside", help="Also terms of fewer persons than may leave: for use inside the institution alone."
        ),
    ] = False,
    suggest: Annotated[bool, typer.Option(help="Add the nearest known name and its code.")] = True,
    limit: Annotated[int, typer.Option(min=1, help="Terms shown for each kind.")] = 50,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV to write, all terms, instead of printing.")
    ] = None,
) -> None:
    """Terms of a release that no code matched, by kind and hospital, the most frequent first: what to add to the code tables next.

    The CSV has the columns that `codes import` recognises: fill in code, and import it as names.

    Example: oncorwe codes worklist --kind diagnosis --inside -o worklist.csv
    """
    from warehouse import codes
    from warehouse.codes import worklist as lists
    from warehouse.release import find

    writable(output)
    codes.use(folder if Path(folder).is_dir() else None)
    found = find(warehouse, release)
    if kind is not None and kind not in lists.kinds():
        raise ConfigError(f"There is no kind '{kind}'", do="Use one of " + ", ".join(lists.kinds()))
    terms, hidden = lists.worklist(
        found, [kind] if kind else lists.kinds(), inside=inside, suggest=suggest, threshold=hide
    )
    if output is not None:
        output.write_text(lists.as_csv(terms), encoding="utf-8-sig")
        typer.echo(f"{len(terms):,} terms written to {output}")
    else:
        for name in dict.fromkeys(term.kind for term in terms):
            for term in [item for item in terms if item.kind == name][:limit]:
                near = f"  near: {term.near} = {term.near_code} ({term.score:.0f})" if term.near else ""
                typer.echo(
                    f"{term.kind:10} {term.hospital_id:>8.8}  {term.rows:>7,} rows {term.persons:>6,} persons  {term.name}{near}"
                )
    if hidden:
        typer.echo(f"{hidden:,} terms of fewer persons than may leave are not shown; --inside shows them.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(codes_app, name="codes")
