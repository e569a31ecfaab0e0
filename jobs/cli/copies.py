"""``oncorwe copies``: text that was copied from earlier notes, and the rows that only restate by copy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.options import ReleaseId, Warehouse


def copies(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder to write: documents, segments, rows as Parquet, export.json.")
    ],
    warehouse: Warehouse,
    release: ReleaseId = None,
) -> None:
    """Copy-forward: how much of each note stands in an earlier note of the person, and which rows restate an earlier row by copy.

    The release stays as it is. Leave rows.parquet (table_name, pk) out where events are counted; docs/warehouse.md shows how. The files name
    persons by token and stay where the release stays.

    Example: oncorwe copies -o copies
    """
    from warehouse.copies import write_copies
    from warehouse.release import find

    told = write_copies(find(warehouse, release), output)
    for hospital, found in told["hospitals"].items():
        share = 100 * found["copied_chars"] / found["chars"] if found["chars"] else 0.0
        typer.echo(
            f"{hospital:.8}  {found['documents']:>8,} notes  {share:5.1f} % of their text copied  {found['near_duplicates']:,} near-duplicates"
        )
    for table, count in told["restated_rows"].items():
        typer.echo(f"{table:22} {count:>8,} rows restate an earlier one by copy")
    typer.echo(f"Written: {output}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(copies)
