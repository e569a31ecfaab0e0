"""The folder of an export: an earlier export of the same kind is replaced whole, anything else is left alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from warehouse.compile.duckdb import quote, views_sql
from warehouse.errors import WarehouseError
from warehouse.release import Release

REPORT = "export.json"
"""What was written, from which release, and what was left out; it also marks the folder as an export."""

MEMORY = "4GB"
"""What an export may hold in memory; the rest goes to disk beside the output while it is made."""


def write_report(folder: Path, report: Mapping[str, Any]) -> None:
    """Write ``export.json``: sorted keys, so that equal exports are equal files."""
    text = json.dumps(report, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (folder / REPORT).write_text(text, encoding="utf-8")


def read_report(folder: Path) -> dict[str, Any]:
    """What ``export.json`` says; empty when there is none or it cannot be read."""
    try:
        found = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def scratch(release: Release, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The release's views in a database file of its own inside ``folder``, deleted afterwards: tables made on the way may be larger than memory."""
    path = folder / ".scratch.duckdb"
    connection = duckdb.connect(str(path))
    try:
        connection.execute(f"SET memory_limit = '{MEMORY}'; SET temp_directory = {quote(str(folder / '.spill'))}")
        connection.execute(views_sql(release.path))
        yield connection
    finally:
        connection.close()
        path.unlink(missing_ok=True)
        shutil.rmtree(folder / ".spill", ignore_errors=True)


@contextmanager
def filled(target: Path, kind: str) -> Iterator[Path]:
    """A fresh folder beside ``target`` that takes its place when the block ends well.

    Raises WarehouseError when ``target`` holds something that is no export of this kind.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())) and read_report(target).get("kind") != kind:
        raise WarehouseError(
            "The output folder holds something else.",
            where=target.name,
            why=f"it is not empty and has no {REPORT} of kind {kind}",
            do="name a new or empty folder",
        )
    fresh = target.parent / f".{target.name}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        yield fresh
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
