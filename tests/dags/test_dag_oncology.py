"""The DAG: compiled from the registry, light to parse, accepted by Airflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.pipeline import application_edges, applications

ROOT = Path(__file__).resolve().parents[2]

_LOOK = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder=sys.argv[1])
dag = bag.dags.get("oncology_warehouse")
print("ANSWER" + json.dumps({
    "errors": list(bag.import_errors.values()),
    "tasks": {t.task_id: sorted(t.upstream_task_ids) for t in dag.tasks},
    "mapped": [t.task_id for t in dag.tasks if t.is_mapped],
    "heavy": [m for m in ("pyspark", "spacy", "pandas", "great_expectations", "duckdb") if m in sys.modules],
}))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = tmp_path_factory.mktemp("airflow")
    env = dict(os.environ) | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "PYTHONPATH": str(ROOT),
    }
    airflow = Path(sys.executable).with_name("airflow")
    subprocess.run([airflow, "db", "migrate"], env=env, check=True, capture_output=True, timeout=300)
    return env


@pytest.fixture(scope="module")
def dag(environment: dict[str, str]) -> dict:  # type: ignore[type-arg]
    done = subprocess.run(
        [sys.executable, "-c", _LOOK, str(ROOT / "dags")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("ANSWER"))[6:])  # type: ignore[no-any-return]


def test_it_imports_without_error(dag: dict) -> None:  # type: ignore[type-arg]
    assert dag["errors"] == []


def test_it_parses_without_the_heavy_packages(dag: dict) -> None:  # type: ignore[type-arg]
    assert dag["heavy"] == []


def test_tasks_and_edges_come_from_the_registry(dag: dict) -> None:  # type: ignore[type-arg]
    names = {app.name.replace("-", "_") for app in applications()}
    assert names <= set(dag["tasks"])
    reach = {(up, down) for down, ups in dag["tasks"].items() for up in ups}
    for _ in dag["tasks"]:
        reach |= {(a, c) for a, b in reach for b2, c in reach if b == b2}
    assert {(a.replace("-", "_"), b.replace("-", "_")) for a, b in application_edges()} <= reach


def test_site_applications_are_mapped(dag: dict) -> None:  # type: ignore[type-arg]
    assert set(dag["mapped"]) == {app.name.replace("-", "_") for app in applications() if app.scope == "site"}
