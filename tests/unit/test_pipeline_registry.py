"""The job registry: edges from reads and writes, applications, and names that resolve inside this project."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

from jobs.pipeline import JOBS, Scope, application_edges, applications, upstream

ROOT = Path(__file__).resolve().parents[2]


def test_every_job_reads_what_an_earlier_one_writes() -> None:
    for number, job in enumerate(JOBS):
        if "landing.*" not in job.reads:
            assert upstream(job), job.name
        assert all(JOBS.index(up) < number for up in upstream(job)), job.name


def test_dotted_paths_resolve() -> None:
    for job in JOBS:
        assert callable(job.load())
        if job.transform:
            module, _, name = job.transform.rpartition(".")
            assert callable(getattr(importlib.import_module(module), name))


def test_applications_hold_every_job_once_and_keep_scopes_apart() -> None:
    made = applications()
    assert [job for app in made for job in app.jobs] == list(JOBS)
    assert all(len({job.scope for job in app.jobs}) == 1 for app in made)


def test_a_run_of_three_sites_needs_at_most_six_applications() -> None:
    assert sum(3 if app.jobs[0].name == "ingest" else 1 for app in applications()) <= 6


def test_edges_lead_forward() -> None:
    order = [app.name for app in applications()]
    assert application_edges() and all(order.index(a) < order.index(b) for a, b in application_edges())


def test_the_registry_imports_neither_spark_nor_spacy() -> None:
    code = "import sys, jobs.pipeline; print([m for m in ('pyspark', 'spacy', 'pandas', 'great_expectations') if m in sys.modules])"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
        ).stdout.strip()
        == "[]"
    )


def test_the_generic_package_names_are_ours() -> None:
    for name in ("dags", "jobs", "nlp", "expectations", "warehouse"):
        found = importlib.import_module(name).__file__
        assert found and Path(found).resolve().is_relative_to(ROOT), name


def test_scopes() -> None:
    assert {job.scope for job in JOBS} == {Scope.SITE, Scope.ALL}
