"""Thresholds, small numbers, acceptance, history and the way figures are shown."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from expectations import ValidationContext, ValidationSettings, accept, history, run
from expectations.judge import Judge, without_values
from expectations.model import CheckResult, DeliveryState, RowAction, Severity, Status, VerdictStatus
from expectations.report import percent, sparkline
from expectations.results import judge_all, judged_pct

SETTINGS = ValidationSettings()
CONTEXT = ValidationContext(run_id="r", cut_off=dt.date(2024, 6, 30), release_id="2024-06-30-a")


def result(
    check_id: str = "PL10", n_scope: int = 100, n_fail: int = 0, max_fail_pct: float = 1.0, **more
) -> CheckResult:
    fixed = {
        "kind": "catalogue",
        "table": "staging",
        "title_en": "t",
        "title_zh": "题",
        "category": "c",
        "threshold": "1: reason",
    }
    values = {"severity": Severity.BLOCK, "row_action": RowAction.FLAG} | more
    return CheckResult(check_id=check_id, n_scope=n_scope, n_fail=n_fail, max_fail_pct=max_fail_pct, **fixed, **values)


@pytest.fixture(scope="module")
def judged() -> dict[str, Status]:
    """Great Expectations' own answer for one result of every kind."""
    given = [
        result("nothing in scope", n_scope=0),
        result("none fails", n_fail=0),
        result("at the threshold", n_fail=1),
        result("over the threshold", n_fail=2),
        result("zero tolerance", n_scope=3, n_fail=1, max_fail_pct=0),
        result("one of few", n_scope=10, n_fail=1, max_fail_pct=5),
        result("two of few", n_scope=10, n_fail=2, max_fail_pct=5),
        result("not run", status=Status.ERROR, n_fail=5),
    ]
    return {r.check_id: r.status for r in judge_all(Judge(), given, SETTINGS)}


@pytest.mark.parametrize(
    ("check_id", "status"),
    [
        ("nothing in scope", Status.NOT_APPLICABLE),
        ("none fails", Status.PASSED),
        ("at the threshold", Status.PASSED_WITH_ROWS),
        ("over the threshold", Status.FAILED),
        ("zero tolerance", Status.FAILED),
        ("one of few", Status.PASSED_WITH_ROWS),
        ("two of few", Status.FAILED),
        ("not run", Status.ERROR),
    ],
)
def test_status(judged, check_id, status):
    assert judged[check_id] is status


def test_small_scope_rule_is_a_setting():
    one = result(n_scope=10, n_fail=1, max_fail_pct=5)
    assert judged_pct(one, SETTINGS) == 0
    assert judged_pct(one, replace(SETTINGS, min_fails=1)) == 10


FAILED_BLOCK = result(n_fail=9, status=Status.FAILED)
FAILED_WARN = result(n_fail=9, status=Status.FAILED, severity=Severity.WARN)
ERROR_WARN = result(status=Status.ERROR, severity=Severity.WARN, message="metric")


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ((result(status=Status.PASSED),), VerdictStatus.PASS),
        ((FAILED_WARN,), VerdictStatus.WARN),
        ((FAILED_BLOCK, FAILED_WARN), VerdictStatus.BLOCK),
        ((ERROR_WARN,), VerdictStatus.BLOCK),
        ((replace(FAILED_BLOCK, accepted="known"),), VerdictStatus.WARN),
    ],
)
def test_verdict(results, status):
    verdict = run.decide(results, {}, CONTEXT)
    assert verdict.status is status
    assert len(verdict.reasons) == sum(r.status in (Status.FAILED, Status.ERROR) for r in results)


def test_a_missing_delivery_warns():
    context = replace(
        CONTEXT, deliveries=(DeliveryState(hospital_id="h", delivery="2024-06-01", state="failed", reason="empty"),)
    )
    verdict = run.decide((), {}, context)
    assert verdict.status is VerdictStatus.WARN
    assert verdict.reasons == ("Delivery 2024-06-01 of h is failed: empty.",)


ENTRY = '[[accept]]\ncheck_id = "PL10"\nrole = "data steward"\nreason = "known"\n'


def accepted(tmp_path, text: str, given: CheckResult = FAILED_BLOCK) -> str:
    path = tmp_path / "accept.toml"
    path.write_text(text, encoding="utf-8")
    return accept.apply([given], accept.load(path), CONTEXT.cut_off, CONTEXT.release_id)[0].accepted


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("until = 2024-12-31", "known"),
        ("until = 2024-06-29", ""),
        ('release = "2024-06-30-a"', "known"),
        ('release = "2024-03-31-a"', ""),
        ('until = 2024-12-31\ntable = "staging"', "known"),
        ('until = 2024-12-31\ntable = "tumour"', ""),
    ],
)
def test_acceptance(tmp_path, line, reason):
    assert accepted(tmp_path, ENTRY + line) == reason


def test_an_error_is_never_accepted(tmp_path):
    assert accepted(tmp_path, ENTRY + "until = 2024-12-31", replace(ERROR_WARN, check_id="PL10")) == ""


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (ENTRY, "no acceptance lasts for ever"),
        (ENTRY + "until = 2024-12-31\nwho = 1", "unknown key 'who'"),
        (ENTRY.replace("PL10", "PL99") + "until = 2024-12-31", "no check is called 'PL99'"),
        (ENTRY.replace("PL10", "DI02") + "until = 2024-12-31", "cannot be accepted"),
        (ENTRY.replace("known", " ") + "until = 2024-12-31", "'reason' is missing"),
        (ENTRY + 'until = "2024-12-31"', "without quotes"),
        ("[[accept", "cannot be read"),
    ],
)
def test_an_accept_file_that_cannot_be_used_says_why(tmp_path, text, word):
    with pytest.raises(accept.AcceptError, match=word):
        accepted(tmp_path, text)


def test_history_comes_from_the_releases_beside_the_last_one(tmp_path):
    for number, name in enumerate(("2024-01-31-a", "2024-02-29-b", "2024-03-31-c")):
        folder = tmp_path / name / "report"
        folder.mkdir(parents=True)
        history.write(folder / history.NAME, [result(n_fail=number)], replace(CONTEXT, release_id=name), {})
    files = history.earlier_files(tmp_path / "2024-02-29-b", CONTEXT, 12)
    points = history.read(files)["PL10", "staging"]
    assert [(p.release_id, p.n_fail) for p in points] == [("2024-01-31-a", 0), ("2024-02-29-b", 1)]
    assert "<polyline" in sparkline(result(n_fail=2), points)


def test_an_unreadable_history_file_does_not_stop_a_release(tmp_path):
    path = tmp_path / "dq_result.parquet"
    path.write_bytes(b"PAR1 broken")
    assert history.read([path]) == {}


@pytest.mark.parametrize(
    ("n_fail", "n_scope", "text"),
    [
        (0, 7, "0"),
        (7, 7, "100"),
        (1, 3, "33.33"),
        (1, 1_000_000, "0.0001"),
        (999_999, 1_000_000, ">99.99"),
        (0, 0, "–"),
    ],
)
def test_no_failing_row_hides_behind_a_rounded_percent(n_fail, n_scope, text):
    assert percent(n_fail, n_scope) == text


def test_evidence_has_no_values():
    node = {
        "result": {"partial_unexpected_list": ["张三"], "unexpected_count": 1},
        "exception_info": {"exception_traceback": "张三"},
    }
    assert without_values(node) == {"result": {"unexpected_count": 1}, "exception_info": {"raised_exception": False}}


@pytest.mark.parametrize(
    ("engine", "rows", "chosen"), [("auto", 5, "pandas"), ("auto", 3_000_000, "spark"), ("spark", 5, "spark")]
)
def test_engine(engine, rows, chosen):
    assert run.engine_of(rows, replace(SETTINGS, engine=engine)) == chosen


def test_unknown_engine_is_refused():
    with pytest.raises(ValueError, match="use auto, pandas or spark"):
        run.engine_of(1, replace(SETTINGS, engine="duckdb"))


def test_great_expectations_is_not_imported_before_it_is_used():
    import subprocess
    import sys

    code = "import sys, expectations; sys.exit('great_expectations' in sys.modules or 'pyspark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
