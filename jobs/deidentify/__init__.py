"""De-identify: sealed rows become staging tables; a privacy verb for every column, note text rewritten, doubt held back."""

from __future__ import annotations

from collections import Counter
from typing import Any

from jobs.ingest import deliveries, ingest_deliveries
from jobs.ingest.seal import ROW_DDL
from jobs.link import CURRENT, MAP_DDL
from jobs.runtime.context import Context
from jobs.runtime.errors import OncorweError
from jobs.runtime.fanout import run_partitions
from jobs.runtime.manifest import JobReport
from jobs.runtime.sites import Site

_ROWS_PER_TASK = 20_000


def due(context: Context, site: Site, report: JobReport) -> list[str]:
    """Deliveries to de-identify: newly ingested ones, and all of a site whose person keys changed (re-read from landing)."""
    ingested = context.states("ingest", site.id)
    staged = context.states("deidentify", site.id)
    new = [
        d for (_, d), state in ingested.items() if staged.get((site.id, d), {}).get("input_hash") != state["input_hash"]
    ]
    if site.id in context.warehouse.read_json(CURRENT, {}).get("redo", []):
        available = set(deliveries(context, site))
        again = [d for _, d in staged if d in available and d not in new]
        lost = [d for _, d in staged if d not in available and d not in new]
        if again:
            ingest_deliveries(context, site, again, JobReport("ingest", site.id))
        if lost:
            report.warnings.append(
                f"{len(lost)} delivery(ies) are gone from landing; patients whose person key changed are held back there"
            )
        new += again
    return sorted(new)


def rows_of(context: Context, site: Site, names: list[str]) -> tuple[Any, int]:
    """Sealed rows of the deliveries, joined with the person map, one partition of whole patients each; and their number."""
    states = [context.state("ingest", site.id, name) for name in names]
    rows = context.frame([f for s in states for f in s["rows"]], ROW_DDL)
    people = (
        context.frame(context.warehouse.read_json(CURRENT)["files"], MAP_DDL).where(f"site = '{site.id}'").drop("site")
    )
    total = sum(sum(s["tables"].values()) for s in states)
    parts = max(2, total // _ROWS_PER_TASK)
    joined = rows.join(people, "patient_token", "left").repartition(parts, "patient_token")
    return joined.sortWithinPartitions("patient_token", "table_name", "delivery", "file_row"), total


def run(context: Context, site_id: str) -> JobReport:
    """De-identify what is due of a site and make it visible in ``staging/``."""
    from jobs.deidentify.worker import DeidWorker

    site, report = context.site(site_id), JobReport("deidentify", site_id)
    names = due(context, site, report)
    report.deliveries = names
    if not names:
        report.status = "skipped"
        return report
    settings = context.settings
    worker = DeidWorker(
        warehouse=context.warehouse.root,
        run_id=context.run_id,
        site=site.id,
        institutions=tuple(n for n in (site.site.name_zh, site.site.name_en, *site.site.aliases) if n),
        style=settings.deid.style,
        network=settings.deid.network,
        max_offset_days=settings.deid.max_offset_days,
        rows_per_part=settings.ingest.rows_per_part,
        keep_offsets=settings.deid.keep_offset_maps,
    )
    frame, total = rows_of(context, site, names)
    answers = run_partitions(frame, worker)
    counts: Counter[str] = Counter()
    for answer in answers:
        counts.update(answer["counts"])
        report.quarantined.update(answer["held"])
        for column, n in answer["blanked"].items():
            report.details.setdefault("blanked", Counter())[column] += n
    report.rows_in, report.rows_out = total, counts["out"]
    if counts["opt_out"]:
        report.dropped["patient opted out or is on the refusal list"] = counts["opt_out"]
    report.details["shift_check"] = [counts["dates"], counts["dates_off"]]
    _publish(context, site, names, answers, counts, report)
    return report


def _publish(
    context: Context,
    site: Site,
    names: list[str],
    answers: list[dict[str, Any]],
    counts: Counter[str],
    report: JobReport,
) -> None:
    """Check the balance, then make each delivery visible with one put."""
    report.check_balance()
    for name in names:
        tables: dict[str, list[str]] = {}
        quarantine: list[str] = []
        for part in (p for a in answers for p in a["parts"] if p["delivery"] == name):
            files = [f["file"] for f in part["files"]]
            if part["kind"] == "staging":
                tables.setdefault(part["table"], []).extend(files)
            elif part["kind"] == "quarantine":
                quarantine.extend(files)
        rows = {key.split("/")[2]: n for key, n in counts.items() if key.startswith(f"table/{name}/")}
        ingested = context.state("ingest", site.id, name)
        context.put_state(
            "deidentify",
            site.id,
            name,
            {
                "input_hash": ingested["input_hash"],
                "run_id": context.run_id,
                "site_kind": site.delivery.kind,
                "files": ingested["files"],
                "tables": {t: sorted(f) for t, f in sorted(tables.items())},
                "rows": rows,
                "quarantine": sorted(quarantine),
                "shift_check": [counts["dates"], counts["dates_off"]],
                "delivered_tables": sorted(ingested["tables"]),
                "ingest_quarantined": ingested["quarantined"],
                "ingest_cells": ingested["cells"],
            },
        )
        for table, n in rows.items():
            report.tables[table] = report.tables.get(table, 0) + n


def active_files(context: Context, table: str, site: str = "") -> list[str]:
    """Staging parts of a landing table that count today.

    Of a snapshot site only the newest delivery that holds the table counts: a row it lacks is a deletion. Of an increment
    site all deliveries count; the newest version of a row wins later.
    """
    files: list[str] = []
    by_site: dict[str, list[dict[str, Any]]] = {}
    for (name, _), state in context.states("deidentify", site).items():
        by_site.setdefault(name, []).append(state)
    for states in by_site.values():
        holding = [s for s in states if table in s["delivered_tables"]]
        counting = holding[-1:] if holding and holding[-1]["site_kind"] == "snapshot" else holding
        files += [f for s in counting for f in s["tables"].get(table, [])]
    return files


def failed_sentence(error: BaseException) -> str:
    """One line for a report."""
    from jobs.runtime.errors import describe

    return error.sentence() if isinstance(error, OncorweError) else describe(error)
