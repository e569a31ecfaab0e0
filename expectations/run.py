"""``validate``: everything about one candidate, from its Parquet to a verdict with a report."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from expectations import accept, history, jobchecks, repair
from expectations import risk as risks
from expectations.catalogue import checks as catalogue_checks
from expectations.contract import breach_sql, list_values, references
from expectations.counting import Count, copy_sql, count_all, failing_keys, has_rows
from expectations.model import (
    Check,
    CheckResult,
    Severity,
    Status,
    ValidationContext,
    ValidationSettings,
    Verdict,
    VerdictStatus,
)
from expectations.warehouse_view import count_rows, open_candidate
from warehouse.privacy.report import NAME as RISK
from warehouse.schema import release, release_tables

if TYPE_CHECKING:
    import duckdb

    from expectations.judge import Judge

DEFAULTS = ValidationSettings()
_STATUS_ORDER = {status: position for position, status in enumerate(Status)}


def engine_of(rows: int, settings: ValidationSettings) -> str:
    """Engine for a table of ``rows`` rows."""
    if settings.engine not in ("auto", "pandas", "spark"):
        raise ValueError(f"Validation engine {settings.engine!r} is unknown; use auto, pandas or spark.")
    if settings.engine == "auto":
        return "spark" if rows > settings.row_limit else "pandas"
    return settings.engine if rows else "pandas"


def tokens_only(keys: list[str], settings: ValidationSettings) -> list[str]:
    """Keys that have the form of a token. Any other key may be a name or a number of a person: it is counted, never shown."""
    form = re.compile(settings.token_pattern)
    return [key for key in keys if form.search(key)]


def _contract(
    judge: Judge, db: duckdb.DuckDBPyConnection, candidate: Path, rows: dict[str, int], settings: ValidationSettings
) -> Iterator[CheckResult]:
    from expectations.judge import Outcome
    from expectations.results import contract_result, from_outcomes, from_references

    for table in release_tables():
        engine = engine_of(rows[table.name], settings)
        try:
            outcomes = judge.contract(
                candidate / table.name, table, engine=engine, token_pattern=settings.token_pattern
            )
            items = [
                Outcome("CT04", v.column, not v.n_fail, v.n_scope, v.n_fail, v.error) for v in list_values(db, table)
            ]
            yield from from_outcomes(table.name, [*outcomes, *items], f"gx-{engine}")
        except Exception as error:  # the suite could not run at all: say so for this table, judge the others
            yield contract_result(
                "CT01", table.name, 0, 0, f"suite not run: {type(error).__name__}", f"gx-{engine}", True
            )
        yield from from_references(list(references(db, table)))


def _with_breaches(
    db: duckdb.DuckDBPyConnection, results: list[CheckResult], settings: ValidationSettings
) -> Iterator[CheckResult]:
    """Contract results with SQL and a capped sample of the keys that break the rule, where rows can be named."""
    for result in results:
        sql = breach_sql(release(result.table), result.check_id, result.columns, settings.token_pattern)
        try:
            keys = [str(k) for (k,) in db.execute(sql).fetchmany(settings.sample_keys)] if sql else []
        except Exception:  # a column that is not there: the contract's own result says so
            sql, keys = "", []
        yield replace(result, rows_sql=sql, sample_keys=tuple(tokens_only(keys, settings)))


def _job_counts(
    db: duckdb.DuckDBPyConnection,
    candidate: Path,
    rows: dict[str, int],
    previous: Path | None,
    settings: ValidationSettings,
    context: ValidationContext,
) -> dict[str, dict[str, Count]]:
    """Counts of job checks by check id and table."""
    return {
        "RL01": dict(jobchecks.schema_of_files(candidate)),
        "RL02": dict(jobchecks.row_counts(db, rows, context, settings, previous is not None)),
        "RL03": {"*": jobchecks.freshness(db, context.cut_off, settings)},
        "DI09": {"*": jobchecks.from_job("DI09", context, settings)},
        "DI10": {"*": jobchecks.from_job("DI10", context, settings)},
    }


def _pairs(
    checks: list[Check], counts: dict[tuple[str, str], Count], jobs: dict[str, dict[str, Count]]
) -> Iterator[tuple[Check, Count]]:
    for check in checks:
        if check.kind != "job":
            yield check, counts[check.id, check.table]
            continue
        for table, count in jobs[check.id].items():
            yield replace(check, table=table, rows=table), count


def _with_keys(
    db: duckdb.DuckDBPyConnection,
    pairs: list[tuple[Check, Count]],
    results: list[CheckResult],
    settings: ValidationSettings,
) -> tuple[list[CheckResult], list[repair.Repair]]:
    """Results with SQL and a capped sample of keys, and the actions for all failing rows."""
    found: list[repair.Repair] = []
    shown = []
    for (check, count), result in zip(pairs, results, strict=True):
        if count.n_fail and check.kind in ("row", "join"):
            keys = tokens_only(failing_keys(db, check), settings)
            if has_rows(check):
                found.extend(repair.repairs_of(check, keys))
            result = replace(result, sample_keys=tuple(keys[: settings.sample_keys]), rows_sql=copy_sql(check))
        elif check.kind in ("row", "join"):
            result = replace(result, rows_sql=copy_sql(check))
        shown.append(result)
    return shown, repair.cascade(db, found)


def _sentence(result: CheckResult) -> str:
    where = "" if result.table == "*" else f" in {result.table}"
    if result.status is Status.ERROR:
        return f"{result.check_id}{where} could not be judged ({result.message}): {result.title_en}."
    share = f"{result.n_fail:,} of {result.n_scope:,} ({result.fail_pct:.4g} %, allowed {result.max_fail_pct:g} %)"
    return f"{result.check_id}{where}: {result.title_en}; {share} fail."


def decide(results: tuple[CheckResult, ...], rows: dict[str, int], context: ValidationContext) -> Verdict:
    """Block on any error or unaccepted BLOCK failure; warn on any other failure or a delivery that is not in; else pass."""
    blocking = tuple(
        r
        for r in results
        if r.status is Status.ERROR or (r.status is Status.FAILED and r.severity is Severity.BLOCK and not r.accepted)
    )
    warning = tuple(r for r in results if r.status is Status.FAILED and r not in blocking)
    missing = [d for d in context.deliveries if d.state != "held"]
    status = VerdictStatus.BLOCK if blocking else VerdictStatus.WARN if warning or missing else VerdictStatus.PASS
    notes = [
        f"Delivery {d.delivery} of {d.hospital_id} is {d.state}{': ' + d.reason.rstrip('.') if d.reason else ''}."
        for d in missing
    ]
    return Verdict(
        status=status,
        results=results,
        counts=dict(Counter(str(r.status) for r in results)),
        rows=rows,
        reasons=(*map(_sentence, blocking), *map(_sentence, warning), *notes),
        blocking=blocking,
        warning=warning,
    )


def _write_evidence(out: Path, judge: Judge, context: ValidationContext) -> None:
    folder = out / "gx"
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.json"):
        stale.unlink()
    for name, evidence in judge.evidence.items():
        (folder / f"{name}.json").write_text(
            json.dumps(evidence, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8"
        )
    (out / "run.json").write_text(json.dumps({"run_id": context.run_id}) + "\n", encoding="utf-8")


def validate(
    candidate: Path,
    *,
    previous: Path | None,
    out: Path,
    settings: ValidationSettings = DEFAULTS,
    context: ValidationContext,
) -> Verdict:
    """Judge a candidate release and write its report into ``out``.

    ``candidate`` and ``previous`` hold one sub-folder of Parquet per release table. Writes ``index.html``,
    ``dq_result.parquet``, ``repairs.parquet``, ``risk.json``, ``gx/*.json`` and ``run.json``; all but ``run.json`` are the same for the same
    inputs. Raises ``accept.AcceptError`` for an accept file that cannot be used; data never makes it raise.
    """
    from expectations.judge import Judge
    from expectations.report import write_report
    from expectations.results import from_count, judge_all

    acceptances = accept.load(settings.accept_file)
    out.mkdir(parents=True, exist_ok=True)
    judge = Judge(context.spark)
    with open_candidate(candidate, previous) as db:
        rows = {t.name: count_rows(candidate / t.name) for t in release_tables()}
        contract = list(_with_breaches(db, list(_contract(judge, db, candidate, rows, settings)), settings))
        bound = list(catalogue_checks(context.cut_off.isoformat()))
        pairs = list(_pairs(bound, count_all(db, bound), _job_counts(db, candidate, rows, previous, settings, context)))
        counted, repairs = _with_keys(db, pairs, [from_count(c, n, settings) for c, n in pairs], settings)
        risk = risks.measure(db, settings.risk, context.release_id, settings.profile)
        results = judge_all(judge, [*contract, *counted, *risks.results(risk)], settings)
        accepted = accept.apply(results, acceptances, context.cut_off, context.release_id)
        ordered = tuple(sorted(accepted, key=lambda r: (_STATUS_ORDER[r.status], r.severity, r.check_id, r.table)))
        verdict = decide(ordered, rows, context)
        past = history.read(history.earlier_files(previous, context, settings.history_limit))
        history.write(out / history.NAME, sorted(ordered, key=lambda r: (r.check_id, r.table)), context, past)
        repair.write(out / "repairs.parquet", repairs)
        _write_evidence(out, judge, context)
        (out / RISK).write_text(risk.to_json(), encoding="utf-8")
        page = out / "index.html"
        write_report(page, db, verdict, past, repairs, risk, previous=previous, context=context, settings=settings)
    return verdict
