"""The DAG ``oncology_warehouse``: hospital deliveries in, one validated release out.

Nothing is drawn here: tasks are the applications of ``jobs.pipeline``, edges come from what their jobs read and write, a
hospital's applications are mapped over the site files found when the run starts. Tasks hand over folder names and
manifests on disk; XCom holds site ids only.

Configuration by environment (or run parameters): ``ONCORWE_LANDING``, ``ONCORWE_WAREHOUSE``, ``ONCORWE_SITES``, ``ONCORWE_SETTINGS``,
``ONCORWE_SCHEDULE``. Spark's master, deploy mode and queue come from the Airflow connection ``oncorwe_spark`` when there is one, else
from the settings file.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from airflow.sdk import DAG, Asset, Param, task

from dags.spark import LAUNCHER, SparkApplication
from jobs.pipeline import Application, Scope, application_edges, applications
from jobs.runtime.settings import load_settings

RELEASE = Asset(name="oncology_release", uri="oncorwe://release")


def _common_arguments() -> list[str]:
    return [
        "--landing", "{{ params.landing }}", "--warehouse", "{{ params.warehouse }}", "--sites", "{{ params.sites }}",
        "--settings", "{{ params.settings }}", "--delivery", "{{ params.delivery }}", "--run-id", "{{ run_id }}",
    ]  # fmt: skip


def _batches(application: Application, site_ids: list[str], per_application: int) -> list[list[str]]:
    """Sites that share one Spark application: reading files stays apart, so that one bad file fails one task."""
    size = 1 if application.jobs[0].name == "ingest" else per_application
    return [site_ids[i : i + size] for i in range(0, len(site_ids), size)]


def _direct_edges() -> list[tuple[str, str]]:
    """Edges that no longer path implies: an application waits for its nearest forerunners only."""
    edges = set(application_edges())
    reach = set(edges)
    for middle in (a.name for a in applications()):
        reach |= {(a, c) for a, b in reach if b == middle for b2, c in reach if b2 == middle}
    return sorted(
        (a, c)
        for a, c in edges
        if not any((a, m) in reach and (m, c) in reach for m in {x for e in edges for x in e} - {a, c})
    )


@task
def list_sites(application: str, sites: str, settings: str, params: dict[str, str] | None = None) -> list[list[str]]:
    """Arguments of each mapped task: which sites it takes. Refuses a wrong site file before Spark starts."""
    from jobs.runtime.application import find_application
    from jobs.runtime.sites import load_sites

    per_application = load_settings(settings or None).read.sites_per_application
    found = _batches(find_application(application), list(load_sites(sites or None)), per_application)
    return [[argument for site in batch for argument in ("--site", site)] for batch in found]


@task(trigger_rule="all_done", outlets=[RELEASE])
def conclude(warehouse: str, this_run: str) -> None:
    """Fail the run when a job failed or a site was left out, with the sentence that says why; else say what was published."""
    from airflow.sdk.exceptions import AirflowFailException

    from jobs.runtime.conclusion import conclusion

    sentence, good = conclusion(warehouse, this_run)
    if not good:
        raise AirflowFailException(sentence)


def _task(application: Application) -> SparkApplication:
    """The Spark task of an application, mapped over sites where its jobs are a site's."""
    arguments = ["--application", application.name, *_common_arguments()]
    after_sites = application.name in {down for up, down in _direct_edges() if up in _SITE_APPLICATIONS}
    options = {
        "task_id": application.name.replace("-", "_"), "application": LAUNCHER, "trigger_rule": "all_done" if after_sites else "all_success",
        "doc_md": "\n\n".join(f"**{job.name}** {job.en} {job.zh}" for job in application.jobs),
        "map_index_template": "{{ task.site_label }}",
    }  # fmt: skip
    if application.scope is Scope.ALL:
        return SparkApplication(application_args=arguments, **options)
    listed = list_sites.override(task_id=f"sites_for_{application.jobs[0].name}")(
        application.name, "{{ params.sites }}", "{{ params.settings }}"
    )
    return SparkApplication.partial(**options, common_arguments=arguments).expand(site_arguments=listed)


_SITE_APPLICATIONS = {a.name for a in applications() if a.scope is Scope.SITE}

with DAG(
    dag_id="oncology_warehouse",
    description="Hospital deliveries to a de-identified, structured, validated oncology release",
    doc_md=__doc__,
    schedule=os.environ.get("ONCORWE_SCHEDULE") or None,
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["oncology", "rwe"],
    params={
        "landing": Param(
            os.environ.get("ONCORWE_LANDING", "landing"), type="string", description="Folder with one folder per site"
        ),
        "warehouse": Param(
            os.environ.get("ONCORWE_WAREHOUSE", "warehouse_data"), type="string", description="Warehouse folder or URI"
        ),
        "sites": Param(
            os.environ.get("ONCORWE_SITES", ""),
            type="string",
            description="Folder of site files; empty: the project's own",
        ),
        "settings": Param(
            os.environ.get("ONCORWE_SETTINGS", ""), type="string", description="Settings file; empty: defaults"
        ),
        "delivery": Param("", type="string", description="Take deliveries up to this date only; empty: all"),
    },
) as dag:
    tasks = {application.name: _task(application) for application in applications()}
    for up, down in _direct_edges():
        tasks[up] >> tasks[down]
    tasks[applications()[-1].name] >> conclude("{{ params.warehouse }}", "{{ run_id }}")
