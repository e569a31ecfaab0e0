"""Run jobs: time them, balance them, write their manifests, and let one site's failure stop that site only."""

from __future__ import annotations

import time
from collections.abc import Iterable

from jobs.pipeline import JOBS, Application, Job, Scope
from jobs.runtime.context import Context
from jobs.runtime.errors import Exit, InputUnusable, PartialRun, describe, exit_code
from jobs.runtime.logs import LOG
from jobs.runtime.manifest import JobReport, read_reports, write_report


def run_job(context: Context, job: Job, site: str = "") -> JobReport:
    """Run one job and write its manifest, also when it fails.

    Raises:
        OncorweError: the job's own failure, after its manifest is written.
    """
    started = time.monotonic()
    LOG.info("[%s]%s started", job.name, f" {site}" if site else "")
    try:
        context.check_key()
        report = job.load()(context, site)
        report.check_balance()
    except BaseException as error:
        report = JobReport(job.name, site, status="failed", error=describe(error), seconds=time.monotonic() - started)
        report.details["exit_code"] = exit_code(error)
        write_report(context.warehouse, context.run_id, report)
        LOG.error("%s", report.line())
        raise
    report.seconds = round(time.monotonic() - started, 1)
    write_report(context.warehouse, context.run_id, report)
    LOG.info("%s", report.line())
    for warning in report.warnings:
        LOG.warning("[%s]%s note: %s", job.name, f" {site}" if site else "", warning)
    return report


def run_application(context: Context, application: Application, sites: Iterable[str] = ()) -> list[str]:
    """Run the jobs of an application, for each site where they are a site's; return the sites that failed.

    A site whose job fails is left where it was; its later jobs are not tried, the other sites go on. A failure of a job that
    is everybody's is raised.
    """
    if application.scope is Scope.ALL:
        for job in application.jobs:
            run_job(context, job)
        return []
    failed = []
    for site in sites:
        try:
            for job in application.jobs:
                run_job(context, job, site)
        except Exception as error:
            if exit_code(error) == Exit.KEY:
                raise
            failed.append(site)
    return failed


def failed_sites(context: Context) -> dict[str, str]:
    """Sites with a failed job in this run, with the sentence that says why."""
    return {r.site: r.error for r in read_reports(context.warehouse, context.run_id) if r.site and r.status == "failed"}


def ingestable_sites(context: Context) -> list[str]:
    """Sites of this run whose files were taken."""
    bad = {
        r.site
        for r in read_reports(context.warehouse, context.run_id)
        if r.site and r.status == "failed" and r.job == "ingest"
    }
    return [site for site in context.sites if site not in bad]


def refuse_if_nothing(context: Context) -> None:
    """Stop when no site was ever staged: there is nothing to publish.

    Raises:
        InputUnusable: every site failed and none has good rows from an earlier run.
    """
    if not context.states("ingest") and not context.states("deidentify"):
        reasons = failed_sites(context)
        raise InputUnusable(
            "No site could be read",
            why="; ".join(reasons.values()) or "there is no site",
            do="Correct what the lines above name and run again",
        )


def raise_if_partial(context: Context) -> None:
    """End a run that published without some site with its own exit code.

    Raises:
        PartialRun: names the sites; their last good rows are in the release.
    """
    failed = failed_sites(context)
    if failed:
        raise PartialRun(
            f"The release was published without new data of {len(failed)} site(s): {', '.join(failed)}",
            why="; ".join(failed.values()),
            do="Correct the delivery or the site file and run again",
        )


def run_all(context: Context) -> None:
    """Every job in one process and one Spark session, without Airflow.

    Raises:
        PartialRun: a site failed and the others were published.
        OncorweError: nothing was published.
    """
    for job_scope, group in _groups():
        if job_scope is Scope.SITE:
            for site in ingestable_sites(context):
                try:
                    for job in group:
                        run_job(context, job, site)
                except Exception as error:
                    if exit_code(error) == Exit.KEY or site not in failed_sites(context):
                        raise
        else:
            refuse_if_nothing(context)
            for job in group:
                run_job(context, job)
    raise_if_partial(context)


def _groups() -> list[tuple[Scope, list[Job]]]:
    groups: list[tuple[Scope, list[Job]]] = []
    for job in JOBS:
        if groups and groups[-1][0] is job.scope:
            groups[-1][1].append(job)
        else:
            groups.append((job.scope, [job]))
    return groups
