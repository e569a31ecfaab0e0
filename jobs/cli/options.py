"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.runtime.application import default_warehouse
from jobs.runtime.errors import ConfigError

Warehouse = Annotated[
    str,
    typer.Option(
        default_factory=default_warehouse, help="Warehouse folder. [env: ONCORWE_WAREHOUSE]", show_default=False
    ),
]
OtherWarehouse = Annotated[
    str | None, typer.Option("--warehouse", help="Warehouse folder. [env: ONCORWE_WAREHOUSE]", show_default=False)
]


def min_cell() -> int:
    """Counts of persons below this are small: the warehouse's own threshold."""
    from warehouse.privacy.cells import DEFAULT_THRESHOLD

    return DEFAULT_THRESHOLD


MinCell = Annotated[
    int,
    typer.Option(
        "--min-cell",
        min=2,
        default_factory=min_cell,
        show_default=False,
        help="Counts of persons below this are hidden; default: the warehouse's threshold.",
    ),
]
ReleaseId = Annotated[str | None, typer.Option("--release", help="Release id; default: the current one.")]


def writable(file: Path | None) -> None:
    """Stop before the work when the folder of an output file is missing."""
    if file is not None and not file.absolute().parent.is_dir():
        raise ConfigError(
            "The output file cannot be written",
            where=str(file),
            why="its folder does not exist",
            do="Make the folder first",
        )
