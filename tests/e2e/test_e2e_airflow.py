"""The DAG through Airflow itself, by spark-submit: the same release as the one-process run, and no name in its logs."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobs.cli.demo import airflow_environment
from jobs.synth.canary import canaries
from warehouse.release import current

if TYPE_CHECKING:
    from tests.world import World

AIRFLOW = Path(sys.executable).with_name("airflow")


@pytest.fixture(scope="module")
def run(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """Warehouse, Airflow home and console output of one DAG run over the shared landing area."""
    folder = tmp_path_factory.mktemp("dag-run")
    env = airflow_environment(folder / "airflow", world.landing, folder / "warehouse", None)
    subprocess.run([AIRFLOW, "db", "migrate"], env=env, check=True, capture_output=True, timeout=600)
    done = subprocess.run(
        [AIRFLOW, "dags", "test", "oncology_warehouse"],
        env=env,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return folder / "warehouse", folder / "airflow", done.stdout + done.stderr


def test_airflow_and_one_process_give_the_same_release(world: World, run: tuple[Path, Path, str]) -> None:
    mine, other = current(world.warehouse).manifest, current(run[0]).manifest
    assert mine.release_id == other.release_id
    digests = [{name: [f.sha256 for f in entry.files] for name, entry in m.tables.items()} for m in (mine, other)]
    assert digests[0] == digests[1]


def test_nothing_in_airflow_names_a_person(world: World, run: tuple[Path, Path, str]) -> None:
    words = sorted((w for w in canaries(world.truth).all() if len(w) >= 3), key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, words)))
    assert not pattern.search(run[2])
    for path in [p for p in run[1].rglob("*") if p.is_file()]:
        assert not pattern.search(path.read_bytes().decode("utf-8", "ignore")), path.name


def test_tasks_talk_by_folders_not_by_data(run: tuple[Path, Path, str]) -> None:
    database = next(run[1].glob("*.db"))
    with sqlite3.connect(database) as connection:
        sizes = connection.execute("select task_id, key, length(value) from xcom").fetchall()
    assert all(size is None or size < 2_000 for _, _, size in sizes), sizes
