"""From counts to judged results: contract outcomes grouped by rule, catalogue counts judged by Great Expectations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from expectations.contract import RULES, Reference, Rule
from expectations.counting import Count
from expectations.judge import Judge, Outcome
from expectations.model import Check, CheckResult, RowAction, Severity, Status, ValidationSettings

CONTRACT_THRESHOLD = "0: the contract with researchers has no tolerance; a breach is an error of the pipeline"
JUDGED = ("check_id", "table_name")


def contract_result(
    rule: str, table: str, n_scope: int, n_fail: int, message: str, engine: str, error: bool
) -> CheckResult:
    """One contract rule on one table, not judged yet; an error is final."""
    title_en, title_zh, category = RULES[rule]
    return CheckResult(
        check_id=rule, kind="contract", table=table, rows=table, title_en=title_en, title_zh=title_zh, category=category,
        severity=Severity.BLOCK, row_action=RowAction.STOP, max_fail_pct=0.0, threshold=CONTRACT_THRESHOLD,
        n_scope=n_scope, n_fail=n_fail, message=message, engine=engine,
        status=Status.ERROR if error else Status.NOT_APPLICABLE,
    )  # fmt: skip


def from_outcomes(table: str, outcomes: Iterable[Outcome], engine: str) -> list[CheckResult]:
    """Outcomes of a contract suite as one result a rule; the message names the columns that fail or could not be asked."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.rule].append(outcome)
    results = []
    for rule, group in sorted(groups.items()):
        broken = [f"{o.column or table}: {o.error}" for o in group if o.error]
        failing = [f"{o.column} ({o.n_fail})" if o.column else table for o in group if not o.success]
        scope = sum(o.n_scope for o in group)
        fails = sum(max(o.n_fail, 0 if o.success else 1) for o in group)
        text = "; ".join(broken) if broken else ", ".join(failing)
        result = contract_result(rule, table, max(scope, fails), fails, text, engine, bool(broken))
        columns = tuple(o.column for o in group if o.column and not o.success and not o.error)
        results.append(replace(result, columns=columns))
    return results


def from_references(references: list[Reference]) -> list[CheckResult]:
    """CT06 for one table."""
    if not references:
        return []
    table = references[0].table
    broken = [f"{r.column}: {r.error}" for r in references if r.error]
    failing = [f"{r.column} ({r.n_fail})" for r in references if r.n_fail]
    scope, fails = sum(r.n_scope for r in references), sum(r.n_fail for r in references)
    text = "; ".join(broken) or ", ".join(failing)
    result = contract_result("CT06", table, scope, fails, text, "duckdb", bool(broken))
    return [replace(result, columns=tuple(r.column for r in references if r.n_fail))]


def from_count(check: Check, count: Count, settings: ValidationSettings) -> CheckResult:
    """A counted check of the catalogue, not judged yet; an error is final."""
    limit = settings.thresholds.get(check.id, check.max_fail_pct)
    threshold = (
        check.threshold
        if limit == check.max_fail_pct
        else f"{limit:g}: set for this installation (catalogue: {check.threshold})"
    )
    return CheckResult(
        check_id=check.id, kind="job" if check.kind == "job" else "catalogue", table=check.table, rows=check.rows,
        title_en=check.title_en, title_zh=check.title_zh, category=check.category, severity=check.severity,
        row_action=check.row_action, max_fail_pct=limit, threshold=threshold, remark=check.remark, n_scope=count.n_scope,
        n_fail=count.n_fail, message=count.error, engine="job" if check.kind == "job" else "duckdb",
        status=Status.ERROR if count.error else Status.NOT_APPLICABLE,
    )  # fmt: skip


def judged_pct(result: CheckResult, settings: ValidationSettings) -> float:
    """The share that is held against the threshold.

    Small denominators: with fewer than ``min_scope`` rows in scope a percentage threshold needs ``min_fails`` failing
    rows at least; fewer count as 0. A threshold of 0 tolerates no row, however few there are.
    """
    small = result.n_scope < settings.min_scope and result.max_fail_pct > 0
    return 0.0 if small and result.n_fail < settings.min_fails else result.fail_pct


def _rules() -> list[Rule]:
    between = {"min_value": 0}
    pair = {"column_A": "max_fail_pct", "column_B": "judged_pct", "or_equal": True, "ignore_row_if": "neither"}
    return [
        Rule("unique", "ExpectCompoundColumnsToBeUnique", {"column_list": list(JUDGED)}),
        Rule("scope", "ExpectColumnValuesToBeBetween", {"column": "n_scope", **between}),
        Rule("fails", "ExpectColumnValuesToBeBetween", {"column": "n_fail", **between}),
        Rule(
            "counts",
            "ExpectColumnPairValuesAToBeGreaterThanB",
            {"column_A": "n_scope", "column_B": "n_fail", "or_equal": True},
        ),
        Rule("threshold", "ExpectColumnPairValuesAToBeGreaterThanB", pair),
    ]


def _frame(results: list[CheckResult], settings: ValidationSettings) -> object:
    import pandas as pd

    return pd.DataFrame(
        {
            "check_id": [r.check_id for r in results],
            "table_name": [r.table for r in results],
            "severity": [str(r.severity) for r in results],
            "n_scope": [r.n_scope for r in results],
            "n_fail": [r.n_fail for r in results],
            "fail_pct": [r.fail_pct for r in results],
            "judged_pct": [judged_pct(r, settings) for r in results],
            "max_fail_pct": [r.max_fail_pct for r in results],
        }
    )


def _status(result: CheckResult, failed: set[tuple[str, ...]]) -> Status:
    if result.status is Status.ERROR:
        return Status.ERROR
    if result.n_scope == 0:
        return Status.NOT_APPLICABLE
    if (result.check_id, result.table) in failed:
        return Status.FAILED
    return Status.PASSED_WITH_ROWS if result.n_fail else Status.PASSED


def judge_all(judge: Judge, results: Iterable[CheckResult], settings: ValidationSettings) -> list[CheckResult]:
    """Let Great Expectations hold every count against its threshold. Raises RuntimeError if it could not."""
    listed = list(results)
    countable = [r for r in listed if r.status is not Status.ERROR and r.n_scope > 0]
    outcomes: Mapping[str, Outcome] = {}
    if countable:
        run = judge.run("results", _frame(countable, settings), _rules(), engine="pandas", index=JUDGED)
        outcomes = {o.rule: o for o in run}
        broken = [o for o in run if o.error or (o.rule != "threshold" and not o.success)]
        if broken:
            raise RuntimeError(
                f"The results could not be judged: rule {broken[0].rule!r} of the results suite did not hold."
            )
    failed: set[tuple[str, ...]] = set(outcomes["threshold"].keys) if outcomes else set()
    return [replace(r, status=_status(r, failed)) for r in listed]
