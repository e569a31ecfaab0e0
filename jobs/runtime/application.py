"""Open a context and run one application of the pipeline, or all of it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from jobs.pipeline import JOBS, Application, Scope, applications
from jobs.runtime.context import Context, clean_run_id, new_run_id
from jobs.runtime.errors import ConfigError, Exit
from jobs.runtime.manifest import read_reports
from jobs.runtime.runner import failed_sites, refuse_if_nothing, run_all, run_application
from jobs.runtime.settings import load_settings
from jobs.runtime.sites import load_sites
from jobs.runtime.storage import Store
from warehouse import codes


def default_warehouse() -> str:
    """``$ONCORWE_WAREHOUSE``, else ``./warehouse_data``."""
    return os.environ.get("ONCORWE_WAREHOUSE") or "warehouse_data"


def _absolute(root: str) -> str:
    return root if "://" in root else str(Path(root).resolve())


def open_context(
    *,
    landing: str,
    warehouse: str,
    sites_folder: str | None = None,
    settings_file: str | None = None,
    run_id: str = "",
    delivery: str = "",
    only_site: str = "",
) -> Context:
    """Context of a run.

    Raises:
        ConfigError: the landing folder is not there, a site file or a setting is wrong, or the site is unknown.
    """
    store = Store(_absolute(landing))
    if not store.exists():
        raise ConfigError(
            "The landing folder does not exist",
            where=landing,
            do="Name the folder that holds one folder per site with --landing",
        )
    sites = load_sites(sites_folder)
    if only_site and only_site not in sites:
        raise ConfigError(f"There is no site '{only_site}'", why=f"known sites: {', '.join(sites)}")
    chosen = {only_site: sites[only_site]} if only_site else sites
    settings = load_settings(settings_file)
    codes.use(settings.codes.folder or None)
    return Context(
        settings=settings,
        sites=chosen,
        landing=store,
        warehouse=Store(_absolute(warehouse)),
        run_id=clean_run_id(run_id) if run_id else new_run_id(),
        only_delivery=delivery,
    )


def find_application(name: str) -> Application:
    """The application called ``name``.

    Raises:
        ConfigError: the pipeline has no such application.
    """
    for application in applications():
        if application.name == name:
            return application
    raise ConfigError(f"There is no application '{name}'", why=f"known: {', '.join(a.name for a in applications())}")


def require_forerunners(context: Context, application: Application) -> None:
    """Stop when a job that this application stands on, and that is everybody's, did not finish in this run.

    Raises:
        ConfigError: names the job.
    """
    done = {r.job for r in read_reports(context.warehouse, context.run_id) if r.status != "failed"}
    for job in JOBS[: JOBS.index(application.jobs[0])]:
        if job.scope is Scope.ALL and job.name not in done:
            raise ConfigError(
                f"The job '{job.name}' did not finish in this run",
                where=context.run_id,
                do=f"Run it again before '{application.name}'",
            )


def run_named(
    name: str,
    *,
    sites: Iterable[str],
    landing: str,
    warehouse: str,
    sites_folder: str | None,
    settings_file: str | None,
    run_id: str,
    delivery: str = "",
) -> int:
    """Run one application; exit code PARTIAL when some of its sites failed."""
    context = open_context(
        landing=landing,
        warehouse=warehouse,
        sites_folder=sites_folder,
        settings_file=settings_file,
        run_id=run_id,
        delivery=delivery,
    )
    application = find_application(name)
    if application.scope is Scope.ALL:
        refuse_if_nothing(context)
        require_forerunners(context, application)
        run_application(context, application)
        return Exit.DONE
    earlier = failed_sites(context) if application.jobs[0].name != "ingest" else {}
    wanted = [context.site(s).id for s in sites] or list(context.sites)
    failed = run_application(context, application, [s for s in wanted if s not in earlier])
    return Exit.PARTIAL if failed else Exit.DONE


def run_pipeline(context: Context) -> None:
    """Every job of the pipeline in this process."""
    run_all(context)
