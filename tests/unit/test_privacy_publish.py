"""Publishing with profile ``wide``: the whole job on a crowd, what stops it, and that workers write what the driver writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jobs import publish
from jobs.publish import parts, profiles
from jobs.runtime.context import Context
from jobs.runtime.errors import Blocked, ConfigError
from jobs.runtime.settings import Settings
from jobs.runtime.storage import Store
from tests.fixtures import crowd
from warehouse.privacy.profile import left_out
from warehouse.release import Release, current
from warehouse.schema import release_tables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def context_of(tmp_path: Path, persons: int, years: int = 2, **privacy: Any) -> Context:
    """A warehouse whose candidate of run ``r`` is a crowd that validation has passed."""
    wide = {"k": 5, "rare_tumour": 10, "max_suppressed": 0.1}
    settings = Settings.model_validate({"release": {"profile": "wide", "wide": wide}, "privacy": {"risk": privacy}})
    context = Context(settings, {}, Store(str(tmp_path / "landing")), Store(str(tmp_path / "w")), "r")
    context.check_key()
    built = crowd.build(tmp_path / "crowd", persons, 7, years)
    target = tmp_path / "w" / "candidate" / "r"
    target.mkdir(parents=True)
    built.path.rename(target / "validated")
    (target / "report").mkdir()
    (target / "report" / "repairs.parquet").write_bytes(b"keys of rows")
    context.warehouse.write_json("candidate/r/verdict.json", {"verdict": "warn", "counts": {"PASSED": 3}})
    state = {"input_hash": "h", "rows": {"labs": 3}, "files": ["f"], "ingest_quarantined": {}}
    context.put_state("deidentify", "site_a", "2024-06-30", state)
    return context


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Release:
    folder = tmp_path_factory.mktemp("wide")
    context = context_of(folder, 700, warn={"marketer": 0.001})
    report = publish.run(context)
    report.check_balance()
    assert report.dropped["left out by profile wide"] > 0
    return current(folder / "w")


def test_the_release_says_what_it_is(published: Release) -> None:
    published.verify()
    manifest = published.manifest
    assert manifest.profile == "wide" and manifest.tables["entity_mention"].rows == 0
    assert sum("Profile wide" in note for note in manifest.notes) == 3
    assert {name: entry.rows for name, entry in manifest.marts.items()} == {
        "mart_line": manifest.tables["line_of_therapy"].rows, "mart_endpoint": manifest.tables["endpoint"].rows,
    }  # fmt: skip


def test_its_report_has_the_risk_before_and_after_and_no_keys_of_rows(published: Release) -> None:
    folder = published.path / "report"
    assert sorted(p.name for p in folder.iterdir()) == ["index.html", "risk.json"]
    risk = json.loads((folder / "risk.json").read_text(encoding="utf-8"))
    assert risk["before"]["k_min"] < 5 <= risk["after"]["k_min"] and risk["profile"] == "wide"
    assert risk["after"]["persons"] == published.manifest.tables["patient"].rows
    taken = {t["what"]: t["persons"] for t in risk["taken"]}
    assert (
        taken["persons_suppressed"] == risk["before"]["persons"] - risk["after"]["persons"] > 0 and taken["tumour"] > 0
    )
    assert [x["broken"] for x in risk["limits"]] == [True] and "q06_time_to_treatment" in risk["questions"]
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "http" not in page and "As published" in page and "发布后" in page and "整人删除" in page


def test_no_key_of_the_warehouse_is_in_it(published: Release) -> None:
    with published.connect() as db:
        for table in release_tables():
            assert db.sql(
                f"SELECT count(*) FROM {table.name} WHERE length(patient_id) <> 26 OR patient_id LIKE 'P0%'"
            ).fetchall() == [(0,)]
        assert db.sql("SELECT count(*) FROM endpoint e ANTI JOIN patient p USING (patient_id)").fetchall() == [(0,)]


def test_the_same_candidate_gives_the_same_bytes(
    published: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "broken", lambda db: {})
    publish.run(context_of(tmp_path, 700, warn={"marketer": 0.001}))
    again = current(tmp_path / "w").manifest
    assert (again.tables, again.marts) == (published.manifest.tables, published.manifest.marts)


def test_k_out_of_reach_stops_the_release(tmp_path: Path) -> None:
    context = context_of(tmp_path, 14, years=5)
    with pytest.raises(Blocked, match=r"cannot reach k = 5.*persons would have to be left out"):
        publish.run(context)
    assert not context.warehouse.exists("CURRENT.json") and not context.warehouse.exists("releases/_lock.json")


def test_a_limit_on_what_is_published_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "broken", lambda db: {})
    context = context_of(tmp_path, 300, block={"marketer": 0.0001})
    with pytest.raises(Blocked, match="breaks 1 limit"):
        publish.run(context)
    assert not context.warehouse.exists("CURRENT.json")


def test_a_question_that_no_longer_runs_stops_it() -> None:
    from warehouse.privacy.risk import Risk

    fine = Risk(0, 0, 0, 0, {}, {}, 0.0, 0.0, {}, 0.0, (), ())
    with pytest.raises(Blocked, match=r"do not run.*q01.*BinderException"):
        profiles._refuse(fine, 5, {"q01": "BinderException"}, [])
    with pytest.raises(Blocked, match="class of 2 person"):
        profiles._refuse(Risk(9, 2, 2, 0, {}, {}, 0.5, 0.3, {}, 0.3, (), ()), 5, {}, [])


def test_a_release_that_was_taken_back_is_not_made_again(tmp_path: Path) -> None:
    context = context_of(tmp_path, 300)
    from jobs.runtime.release_id import release_id

    context.warehouse.write_json(f"releases/{release_id(context)}/RETRACTED.json", {"at": "t"})
    with pytest.raises(ConfigError, match="was taken back"):
        publish.run(context)


def test_workers_write_what_the_driver_writes(spark: SparkSession, tmp_path: Path) -> None:
    context = context_of(tmp_path, 200)
    context.__dict__["spark"] = spark
    names = ("tumour", "endpoint")
    sources = {t.name: f"candidate/r/validated/{t.name}" for t in release_tables()}
    wide = profiles.prepare(context, sources)
    assert wide is not None
    some, without = {n: sources[n] for n in names}, {n: left_out("wide", n) for n in names}
    small, _ = parts.write_tables_sorted(context, some, "small", "r1", without, applier=wide.applier)
    large, _ = parts.write_tables_sorted(context, some, "large", "r1", without, rows_on_driver=0, applier=wide.applier)
    assert {n: [p.sha256 for p in ps] for n, ps in small.items()} == {
        n: [p.sha256 for p in ps] for n, ps in large.items()
    }


def test_a_candidate_is_compared_with_the_last_release_that_is_not_generalised(
    published: Release, tmp_path: Path
) -> None:
    """A wide release lacks the columns that checks compare; with nothing else there, there is no earlier release."""
    from jobs.validate import previous_release

    root = published.path.parent.parent
    context = Context(Settings(), {}, Store(str(tmp_path)), Store(str(root)), "x")
    assert current(root).manifest.profile == "wide" and previous_release(context) is None
    older = crowd.build(tmp_path / "w2", 20, 2)
    assert (
        previous_release(Context(Settings(), {}, Store(str(tmp_path)), Store(str(tmp_path / "w2")), "x")) == older.path
    )
