"""``oncorwe export``: a release for the tools of OHDSI (OMOP CDM 5.4) and of MEDS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.cli.options import ReleaseId, Warehouse

export_app = typer.Typer(
    help="Write a release in the shape of another data model: OMOP CDM 5.4 or MEDS.", no_args_is_help=True
)

Output = Annotated[
    Path,
    typer.Option("--output", "-o", help="Folder to write: a new or empty one, or an earlier export of the same kind."),
]


@export_app.command("omop")
def omop(
    output: Output,
    warehouse: Warehouse,
    release: ReleaseId = None,
    vocabulary: Annotated[
        Path | None,
        typer.Option(
            help="Folder with CONCEPT.csv and CONCEPT_RELATIONSHIP.csv of athena.ohdsi.org; without it concepts are 0."
        ),
    ] = None,
) -> None:
    """Write the release as OMOP CDM 5.4: 14 tables, Parquet and CSV, and export.json with counts and coverage.

    Texts of notes go along where the release has them: the folder is as sensitive as the release. Nothing is written when a table
    would break the model (exit 2). What is mapped how: docs/exports.md.

    Example: oncorwe export omop --vocabulary athena --output omop
    """
    from warehouse.export import export_omop
    from warehouse.release import find

    report = export_omop(find(warehouse, release), output, vocabulary)
    for line in omop_lines(report):
        typer.echo(line)
    typer.echo(f"Written: {output}")


def omop_lines(report: dict[str, Any]) -> list[str]:
    """The report of an OMOP export for a terminal."""
    lines = [
        f"OMOP CDM {report['cdm_version']}, release {report['release_id']}, vocabulary {report['vocabulary_version']}"
    ]
    lines += [f"  {table:22} {rows:>12,}" for table, rows in report["rows"].items()]
    lines.append("Codes that found a standard concept (rows, codes):")
    for system, found in report["coverage"].items():
        share = 100 * found["rows_mapped"] / found["rows"]
        lines.append(f"  {system:22} {share:>11.1f} %   {found['codes_mapped']} of {found['codes']}")
    lines += [f"Left out: {count:,} {what}" for what, count in report["left_out"].items() if count]
    lines += [f"Concept in doubt: {said}" for said in report["concepts_in_doubt"]]
    return lines


@export_app.command("meds")
def meds(
    output: Output,
    warehouse: Warehouse,
    release: ReleaseId = None,
    notes: Annotated[
        bool, typer.Option("--notes/--no-notes", help="Also write the de-identified texts of notes.")
    ] = False,
) -> None:
    """Write the release as a MEDS data set: data/<split>/<n>.parquet, metadata/, and export.json with counts.

    A person's subject_id and split follow from the person's token alone and stay the same in every release. Derived lines and
    endpoints are left out, because they are made with the whole course in view.

    Example: oncorwe export meds --output meds
    """
    from warehouse.export import export_meds
    from warehouse.release import find

    report = export_meds(find(warehouse, release), output, notes=notes)
    total = sum(report["events"].values())
    typer.echo(
        f"MEDS {report['meds_version']}, release {report['release_id']}: {report['subjects']:,} subjects, {total:,} events, "
        f"{report['codes']:,} codes\nWritten: {output}"
    )


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(export_app, name="export")
