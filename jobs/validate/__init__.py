"""Validate: Great Expectations judges the candidate; failing rows are repaired as their checks say; BLOCK stops here."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from jobs.runtime.context import Context
from jobs.runtime.errors import Blocked
from jobs.runtime.manifest import JobReport, read_reports
from jobs.runtime.release_id import cut_off, release_id
from jobs.runtime.tables import candidate
from jobs.validate.canary import scan
from jobs.validate.repairs import apply_repairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from expectations.model import ValidationContext, Verdict


@contextmanager
def local_folder(context: Context, name: str) -> Iterator[Path]:
    """A warehouse folder as a local path; copied down first when the warehouse is not on local disk."""
    if context.warehouse.is_local:
        yield Path(context.warehouse.path(name))
        return
    with TemporaryDirectory() as folder:
        for file in context.warehouse.walk(name):
            target = Path(folder) / file.removeprefix(name).lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            with context.warehouse.open(file) as source:
                target.write_bytes(source.read())
        yield Path(folder)


def delivery_states(context: Context) -> list[dict[str, Any]]:
    """What the release holds of each site's deliveries: held, stale (last good rows kept) or failed (none held)."""
    failed = {
        r.site: r.error for r in read_reports(context.warehouse, context.run_id) if r.site and r.status == "failed"
    }
    held = context.states("deidentify")
    found = [
        {
            "site": site,
            "delivery": delivery,
            "state": "held",
            "rows": sum(state["rows"].values()),
            "files": len(state["files"]),
            "reason": "",
        }
        for (site, delivery), state in held.items()
    ]
    for site, reason in failed.items():
        kind = "stale" if any(s == site for s, _ in held) else "failed"
        found.append({"site": site, "delivery": "newest", "state": kind, "rows": 0, "files": 0, "reason": reason})
    return sorted(found, key=lambda d: (d["site"], d["delivery"]))


def _validation_context(context: Context, derived: Path) -> ValidationContext:
    from expectations.model import DeliveryState, ValidationContext

    shifts = [state.get("shift_check", [0, 0]) for state in context.states("deidentify").values()]
    return ValidationContext(
        run_id=context.run_id,
        cut_off=cut_off(context),
        release_id=release_id(context),
        deliveries=tuple(
            DeliveryState(
                hospital_id=d["site"], delivery=d["delivery"], state=d["state"], rows=d["rows"], reason=d["reason"]
            )
            for d in delivery_states(context)
        ),
        job_results={
            "DI09": (max((n for n, _ in shifts), default=0), max((bad for _, bad in shifts), default=0)),
            "DI10": scan(derived, context.settings.validation.canary_file),
        },
        spark=context.spark,
    )


def previous_release(context: Context) -> Path | None:
    """What the candidate is compared with: the current release, or when that is generalised, the newest that is not.

    What is judged are the rows before a profile is applied; a wide release lacks their columns, and a retracted one its rows.
    """
    from warehouse.release import releases

    if not context.warehouse.is_local:
        return None
    whole = [r for r in releases(context.warehouse.path()) if r.manifest.profile == "project"]
    return next((r.path for r in whole if r.is_current), whole[-1].path if whole else None)


def judge(context: Context, derived: Path, out: Path) -> Verdict:
    """The verdict on the candidate; the report is in ``out``."""
    from expectations import validate
    from expectations.model import ValidationSettings
    from warehouse.privacy.risk import RiskSettings

    settings = context.settings.validation
    previous = previous_release(context)
    options = ValidationSettings(
        engine=settings.engine,
        row_limit=settings.pandas_row_limit,
        shift_days=context.settings.deid.max_offset_days,
        accept_file=Path(settings.accept_file) if settings.accept_file else None,
        risk=RiskSettings(**context.settings.privacy.risk.model_dump()),
        profile=context.settings.release.profile,
    )
    return validate(
        derived, previous=previous, out=out, settings=options, context=_validation_context(context, derived)
    )


def run(context: Context, site_id: str = "") -> JobReport:
    """Judge, report, repair.

    Raises:
        Blocked: a BLOCK check fails; nothing is published and the last release stays current.
    """
    report = JobReport("validate")
    source, target = candidate(context, "derived"), candidate(context, "validated")
    out = candidate(context, "report")
    with local_folder(context, source) as derived:
        if context.warehouse.is_local:
            verdict = judge(context, derived, Path(context.warehouse.path(out)))
        else:
            with TemporaryDirectory() as folder:
                verdict = judge(context, derived, Path(folder))
                _upload(context, Path(folder), out)
    report.details = {
        "verdict": str(verdict.status),
        "counts": dict(verdict.counts),
        "reasons": list(verdict.reasons),
        "report": context.warehouse.uri(f"{out}/index.html"),
    }
    context.warehouse.write_json(f"{candidate(context, 'verdict')}.json", report.details)
    if verdict.status == "block":
        raise Blocked(
            f"Validation stopped the release: {len(verdict.blocking)} blocking check(s)",
            why=verdict.reasons[0] if verdict.reasons else "",
            do=f"Open {report.details['report']}; the last release stays current",
        )
    report.warnings = list(verdict.reasons[:5])
    report.rows_in = sum(verdict.rows.values())
    rows, held = apply_repairs(context, source, target, out)
    report.tables, report.quarantined = rows, held
    report.rows_out = sum(rows.values())
    return report


def _upload(context: Context, folder: Path, name: str) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with context.warehouse.open(f"{name}/{path.relative_to(folder).as_posix()}", "wb") as sink:
                sink.write(path.read_bytes())


def verdict_of(context: Context) -> dict[str, Any]:
    """What :func:`run` decided."""
    found: dict[str, Any] = json.loads(json.dumps(context.warehouse.read_json(f"{candidate(context, 'verdict')}.json")))
    return found
