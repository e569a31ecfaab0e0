"""How a run ended, from its manifests alone: for the DAG's last task and the command line."""

from __future__ import annotations

from pathlib import Path

from jobs.runtime.context import clean_run_id
from jobs.runtime.manifest import JobReport, read_reports
from jobs.runtime.storage import Store


def _reports(warehouse: str, run_id: str) -> list[JobReport]:
    root = warehouse if "://" in warehouse else str(Path(warehouse).resolve())
    return read_reports(Store(root), clean_run_id(run_id))


def failures(warehouse: str, run_id: str, sites: list[str] | None = None) -> list[str]:
    """Sentences of failed jobs of a run, of the given sites and of everybody's jobs."""
    return [
        r.line() for r in _reports(warehouse, run_id) if r.status == "failed" and (not sites or r.site in ("", *sites))
    ]


def conclusion(warehouse: str, run_id: str) -> tuple[str, bool]:
    """One sentence on how the run ended, and whether all of it is good."""
    reports = _reports(warehouse, run_id)
    published = next((r for r in reports if r.job == "publish" and r.status == "done"), None)
    failed = [r.line() for r in reports if r.status == "failed"]
    if published is None:
        return f"Nothing was published: {failed[0] if failed else 'the publish job did not run'}", False
    sentence = f"Published {published.details['release_id']} with verdict '{published.details['verdict']}', {published.rows_out:,} rows"
    if failed:
        return f"{sentence}, but a site was left out: {failed[0]}", False
    return sentence, True
