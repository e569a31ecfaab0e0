"""Release files: ordered ranges of patients, and the same bytes whichever way they are written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from jobs.publish import parts
from jobs.runtime.context import Context
from jobs.runtime.settings import Settings
from jobs.runtime.storage import Store
from tests.fixtures import mini_release

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture
def context(spark: SparkSession, tmp_path: Path) -> Context:
    made = Context(Settings(), {}, Store(str(tmp_path)), Store(str(tmp_path)), "run")
    made.__dict__["spark"] = spark
    return made


def test_driver_and_workers_write_the_same_bytes(context: Context, tmp_path: Path) -> None:
    built = mini_release.build(tmp_path / "mini")
    source = str(built.path.relative_to(tmp_path))
    sources = {name: f"{source}/{name}" for name in ("tumour", "drug_administration")}
    without: dict[str, frozenset[str]] = dict.fromkeys(sources, frozenset())
    small, rows = parts.write_tables_sorted(context, sources, "small", "r1", without)
    large, _ = parts.write_tables_sorted(context, sources, "large", "r1", without, rows_on_driver=0)
    assert rows > 0
    assert {n: [p.sha256 for p in ps] for n, ps in small.items()} == {
        n: [p.sha256 for p in ps] for n, ps in large.items()
    }


def test_files_hold_ordered_ranges_of_patients(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = mini_release.build(tmp_path / "mini")
    monkeypatch.setattr(parts, "ROWS_PER_FILE", 4)
    source = {"drug_administration": f"{built.path.relative_to(tmp_path)}/drug_administration"}
    written, rows = parts.write_tables_sorted(
        context, source, "out", "r1", {"drug_administration": frozenset()}, rows_on_driver=0
    )
    found = [pq.read_table(part.path)["patient_id"].to_pylist() for part in written["drug_administration"]]
    assert sum(map(len, found)) == rows
    assert [patient for file in found for patient in file] == sorted(patient for file in found for patient in file)


def test_publishing_the_same_rows_again_touches_no_file(context: Context, tmp_path: Path) -> None:
    """A crash during a repeated publication must leave the current release whole."""
    built = mini_release.build(tmp_path / "mini")
    source = {"tumour": f"{built.path.relative_to(tmp_path)}/tumour"}
    for rows_on_driver in (parts.ROWS_ON_DRIVER, 0):
        first, _ = parts.write_tables_sorted(context, source, "out", "r1", {"tumour": frozenset()}, rows_on_driver)
        path = Path(first["tumour"][0].path)
        before = path.stat()
        (path.parent / "part-00007.parquet").write_bytes(b"left by an unfinished attempt")
        parts.write_tables_sorted(context, source, "out", "r1", {"tumour": frozenset()}, rows_on_driver)
        after = path.stat()
        assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
        assert [p.name for p in path.parent.iterdir()] == [path.name]
