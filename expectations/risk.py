"""The risk of re-identification as part of the verdict: limits of the settings become results beside the checks."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from expectations.model import CheckResult, RowAction, Severity, Status
from warehouse.privacy.report import Limit, RiskReport, limits
from warehouse.privacy.risk import Risk, RiskSettings, assess

TITLES = {
    "k_min": ("smallest class of persons who agree in all quasi-identifiers", "准标识符完全相同的最小人群"),
    "share_below": ("share of persons in classes that are too small", "处于过小人群的人数占比"),
    "prosecutor_max": ("largest prosecutor risk of a person", "检察官攻击风险最大值"),
    "prosecutor_average": ("average prosecutor risk", "检察官攻击风险平均值"),
    "marketer": ("marketer risk", "营销者攻击风险"),
    "l": ("smallest number of values of a sensitive attribute in a class", "人群内敏感属性的最少取值数"),
}


def _titles(measure: str) -> tuple[str, str]:
    family = "share_below" if measure.startswith("share_below_") else "l" if measure.startswith("l_") else measure
    en, zh = TITLES[family]
    return f"risk report: {en} ({measure})", f"风险报告：{zh}（{measure}）"


def _counts(limit: Limit, risk: Risk) -> tuple[int, int, float]:
    """In scope, failing, and allowed percent: persons for a share, the measure itself for everything else."""
    if limit.measure.startswith("share_below_"):
        return risk.persons, risk.below[limit.measure.removeprefix("share_below_")], 100 * limit.limit
    return int(risk.persons > 0), int(limit.broken), 0.0


def results(report: RiskReport) -> Iterator[CheckResult]:
    """One result a limit, not judged yet; none when no limit is set."""
    for limit in report.limits:
        scope, fails, allowed = _counts(limit, report.before)
        en, zh = _titles(limit.measure)
        yield CheckResult(
            check_id=f"RK-{limit.measure}-{limit.severity}", kind="risk", table="patient", rows="patient", title_en=en,
            title_zh=zh, category="deidentification", severity=Severity(limit.severity), row_action=RowAction.STOP,
            max_fail_pct=allowed, threshold=f"{limit.limit:g}: set for this installation (privacy.risk)", n_scope=scope,
            n_fail=fails, message=f"{limit.measure} is {limit.value:g}, allowed {limit.limit:g}" if limit.broken else "",
            engine="duckdb", status=Status.NOT_APPLICABLE,
        )  # fmt: skip


def measure(db: duckdb.DuckDBPyConnection, settings: RiskSettings, release_id: str, profile: str) -> RiskReport:
    """Measure the candidate. Limits judge what is published, so for profile ``wide`` they wait until it is generalised."""
    risk = assess(db, settings)
    held = limits(risk, settings) if profile == "project" else ()
    return RiskReport(release_id=release_id, profile=profile, settings=settings, before=risk, limits=held)
