"""The derive job: read the conformed candidate, derive, write all release tables, account for every row."""

from __future__ import annotations

from collections import Counter

from jobs.derive import derive, untouched
from jobs.runtime.context import Context
from jobs.runtime.manifest import JobReport
from jobs.runtime.release_id import cut_off, release_id
from jobs.runtime.tables import candidate, count_rows

FOLDED = ("tumour_fact", "regimen_fact")
"""What notes say of tumours and regimens: read into derived rows, not published as they are."""


def run(context: Context, site_id: str = "") -> JobReport:
    """Derive the candidate of this run. ``site_id`` is unused: a patient's rows come from all sites."""
    source, target = candidate(context, "conformed"), candidate(context, "derived")
    params = {"cutoff": cut_off(context), "release_id": release_id(context)}
    made = derive(context.spark, context.warehouse, source, target, params, passing=untouched())
    read = {n: count_rows(context, f"{source}/{n}") for n in context.warehouse.folders(source) if not n.startswith("_")}
    dropped = Counter({f"{table}: {reason}": n for (table, reason), n in made.dropped.items()})
    return account(read, dict(made.written), dropped)


def account(read: dict[str, int], written: dict[str, int], dropped: Counter[str]) -> JobReport:
    """The balance by table: what derivation made beyond what it read is ``added``, notes folded into rows are ``dropped``."""
    report = JobReport(
        "derive", rows_in=sum(read.values()), rows_out=sum(written.values()), tables=written, dropped=Counter(dropped)
    )
    for name in FOLDED:
        unusable = sum(n for reason, n in dropped.items() if reason.startswith(f"{name}:"))
        if folded := read.get(name, 0) - unusable:
            report.dropped[f"{name}: folded into derived rows"] = folded
    for name, out in written.items():
        lost = sum(n for reason, n in dropped.items() if reason.startswith(f"{name}:"))
        if (made := out - (read.get(name, 0) - lost)) > 0:
            report.added[f"{name}: derived"] = made
    return report
