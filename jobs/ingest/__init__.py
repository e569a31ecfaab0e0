"""Ingest: a hospital's delivered files become sealed canonical rows in ``private/``; bad rows go to quarantine."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from typing import Any

from jobs.runtime.context import Context, code_version
from jobs.runtime.errors import InputUnusable, KeyProblem
from jobs.runtime.manifest import JobReport
from jobs.runtime.sites import Site

DELIVERY = re.compile(r"\d{4}-\d{2}-\d{2}([._-].*)?")


def deliveries(context: Context, site: Site, report: JobReport | None = None) -> list[str]:
    """Delivery folders of a site in the order in which they apply."""
    found = context.landing.folders(site.id)
    good = [name for name in found if DELIVERY.fullmatch(name)]
    if report is not None and len(good) < len(found):
        report.warnings.append(f"{len(found) - len(good)} folder(s) are not named by date and were left alone")
    if context.only_delivery:
        good = [name for name in good if name <= context.only_delivery]
    return good


def delivery_files(context: Context, site: Site, delivery: str) -> tuple[list[str], list[str]]:
    """Files of a delivery that some rule takes, and the others."""
    names = [name for name in context.landing.files(f"{site.id}/{delivery}") if not name.startswith((".", "_"))]
    return [n for n in names if site.rules_for(n)], [
        n for n in names if not site.rules_for(n) and not site.is_opt_out(n)
    ]


def input_hash(context: Context, site: Site, delivery: str, files: list[str]) -> str:
    """Hash of a delivery's bytes, its mapping, the code and the settings: unchanged means nothing to do."""
    digest = hashlib.sha256(f"{site.fingerprint()}|{code_version()}|{context.settings.fingerprint()}".encode())
    for name in files:
        digest.update(f"|{name}|{context.landing.sha256(f'{site.id}/{delivery}/{name}')}".encode())
    return digest.hexdigest()[:24]


def is_new(context: Context, site: Site, delivery: str, wanted: str) -> bool:
    """False when the delivery with this hash is already staged."""
    return bool(context.state("deidentify", site.id, delivery).get("input_hash") != wanted)


def tasks(context: Context, site: Site, delivery: str, files: list[str]) -> list[dict[str, Any]]:
    """One task a file, for :func:`jobs.ingest.worker.read_file`. Holds paths and rules, no key and no value."""
    from jobs.ingest.worker import shown_name

    made = []
    for number, name in enumerate(files, 1):
        rules = site.rules_for(name)
        assert rules is not None
        made.append(
            {
                "site": site.model_dump(mode="json"),
                "rules": site.file.index(rules),
                "table": rules.table,
                "delivery": delivery,
                "landing": context.landing.root,
                "warehouse": context.warehouse.root,
                "file": f"{site.id}/{delivery}/{name}",
                "shown": shown_name(name, rules, number),
                "prefix": f"private/rows/site={site.id}/delivery={delivery}/{context.run_id}-{number:04d}",
                "max_text_chars": context.settings.ingest.max_text_chars,
                "max_bad_share": context.settings.ingest.max_bad_share,
                "rows_per_part": context.settings.ingest.rows_per_part,
            }
        )
    return made


def _refuse(site: Site, delivery: str, answer: dict[str, Any]) -> None:
    error = answer["error"]
    kind = KeyProblem if answer["exit_code"] == KeyProblem.exit_code else InputUnusable
    raise kind(
        error["what"],
        where=f"{site.id}/{delivery}/{answer['file']}",
        why=error["why"],
        do=error["do"] + ". The site's last good rows stay",
    )


def ingest_deliveries(context: Context, site: Site, names: list[str], report: JobReport) -> None:
    """Read the named deliveries of one site into ``private/`` and record them; a bad file stops the whole site."""
    from jobs.ingest.worker import read_file
    from jobs.runtime.fanout import run_tasks

    todo = {name: delivery_files(context, site, name)[0] for name in names}
    answers = run_tasks(
        context.spark, read_file, [task for name, files in todo.items() for task in tasks(context, site, name, files)]
    )
    by_delivery = _by_delivery(todo, answers)
    for name, found in by_delivery.items():
        for answer in found:
            if "error" in answer:
                _refuse(site, name, answer)
    for name, found in by_delivery.items():
        state = _state(found) | {
            "input_hash": input_hash(context, site, name, todo[name]),
            "run_id": context.run_id,
            "site_kind": site.delivery.kind,
        }
        context.put_state("ingest", site.id, name, state)
        _count(report, found)


def _by_delivery(todo: dict[str, list[str]], answers: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    grouped: dict[str, list[dict[str, Any]]] = {name: [] for name in todo}
    for answer in answers:
        grouped[answer["delivery"]].append(answer)
    return grouped


def _state(answers: list[dict[str, Any]]) -> dict[str, Any]:
    state: dict[str, Any] = {
        kind: sorted(part["file"] for a in answers for part in a[kind])
        for kind in ("rows", "known", "persons", "quarantine")
    }
    tables: Counter[str] = Counter()
    quarantined: Counter[str] = Counter()
    cells: Counter[str] = Counter()
    for answer in answers:
        tables[answer["table"]] += answer["taken"]
        quarantined.update({f"{answer['table']}: {reason}": n for reason, n in answer["bad"].items()})
        cells.update({f"{answer['table']}.{reason}": n for reason, n in answer["cells"].items()})
    return state | {
        "tables": dict(tables),
        "quarantined": dict(quarantined),
        "cells": dict(cells),
        "files": sorted(a["file"] for a in answers),
    }


def _count(report: JobReport, answers: list[dict[str, Any]]) -> None:
    for answer in answers:
        report.rows_in += answer["seen"]
        report.rows_out += answer["taken"]
        if answer["refused"]:
            report.dropped["patient is on the refusal list"] += answer["refused"]
        report.quarantined.update({f"{answer['table']}: {reason}": n for reason, n in answer["bad"].items()})
        report.tables[answer["table"]] = report.tables.get(answer["table"], 0) + answer["taken"]
        cells = report.details.setdefault("cells", {})
        for reason, n in answer["cells"].items():
            cells[f"{answer['table']}.{reason}"] = cells.get(f"{answer['table']}.{reason}", 0) + n
        report.warnings.extend(w for w in answer["warnings"] if w not in report.warnings)


def run(context: Context, site_id: str) -> JobReport:
    """Ingest every delivery of a site that is not staged yet.

    Raises:
        InputUnusable: there is no delivery, a delivery is empty, or a file cannot be used.
    """
    from jobs.privacy.optout import read_opt_outs

    site = context.site(site_id)
    report = JobReport("ingest", site_id)
    names = deliveries(context, site, report)
    if not names:
        raise InputUnusable(
            "The site has no delivery",
            where=f"landing/{site_id}",
            why="no folder is named by a date such as 2024-06-01",
            do="Put the hospital's files into landing/<site>/<date>/",
        )
    if objections := read_opt_outs(context, site, names):
        report.details["opt_out_list"] = objections
    new = []
    for name in names:
        files, others = delivery_files(context, site, name)
        if not files:
            raise InputUnusable(
                "The delivery is empty",
                where=f"{site_id}/{name}",
                why="no file fits a pattern of the site file",
                do="Ask the hospital to send it again, or correct the patterns. The site's last good rows stay",
            )
        if others:
            report.warnings.append(f"{name}: {len(others)} file(s) fit no pattern of the site file and were left alone")
        if is_new(context, site, name, input_hash(context, site, name, files)):
            new.append(name)
    report.deliveries = new
    if not new:
        report.status = "skipped"
        return report
    ingest_deliveries(context, site, new, report)
    return report


def describe_input(context: Context, site: Site) -> str:
    """JSON of what a site would deliver (for ``oncorwe site check``): files by table, no content."""
    found = {name: delivery_files(context, site, name)[0] for name in deliveries(context, site)}
    return json.dumps(found, ensure_ascii=False, indent=2)
