"""The whole way: deliveries in, release out, nothing lost, nobody named, the same bytes twice."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.pipeline import JOBS, Scope
from jobs.runtime import keys
from jobs.runtime.errors import InputUnusable, KeyProblem, PartialRun
from jobs.runtime.manifest import read_reports
from jobs.runtime.quarantine import held_rows
from jobs.runtime.release_id import release_id
from jobs.runtime.runner import run_all, run_job
from jobs.runtime.storage import Store
from jobs.synth.canary import canaries
from warehouse import questions
from warehouse.release import current
from warehouse.schema import release_tables
from warehouse.sql import ask

if TYPE_CHECKING:
    from tests.world import World


def truth_patients(world: World) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in (world.truth / "patients.jsonl").read_text(encoding="utf-8").splitlines()]


def test_the_release_is_whole(world: World) -> None:
    release = current(world.warehouse)
    release.verify()
    assert set(release.manifest.tables) == {table.name for table in release_tables()}
    # The invented notes state no disease-specific attribute (BCLC, Child-Pugh, Gleason …).
    empty = [n for n, entry in release.manifest.tables.items() if entry.rows == 0 and n != "tumour_attribute"]
    assert not empty, empty
    for name in release.manifest.tables:
        table = next(t for t in release_tables() if t.name == name)
        schema = pq.read_schema(next((release.path / name).glob("*.parquet")))
        assert schema.names == list(table.column_names)
        assert b"description_zh" in (schema.field(0).metadata or {})


def test_every_job_balances_and_says_what_it_did(world: World) -> None:
    reports = read_reports(Store(str(world.warehouse)), "first")
    assert Counter(r.job for r in reports) == {
        "ingest": 3,
        "link": 1,
        "deidentify": 3,
        "structure": 3,
        "conform": 1,
        "derive": 1,
        "validate": 1,
        "publish": 1,
    }
    for report in reports:
        report.check_balance()
        assert report.status == "done" and f"[{report.job}]" in world.log


def test_planted_bad_rows_are_in_quarantine_without_their_values(world: World) -> None:
    planted = json.loads((world.truth / "planted.json").read_text(encoding="utf-8"))["bad_rows"]
    held = [
        r
        for r in held_rows(Store(str(world.warehouse)))
        if r["kind"] == "row" and not r["reason"].startswith("text held back")
    ]
    assert len(planted) == len(held) > 0
    assert all(
        set(row) == {"table_name", "site", "delivery", "file", "file_row", "column_name", "reason", "kind"}
        for row in held
    )


def _texts(path: Path) -> str:
    if path.suffix != ".parquet":
        return path.read_bytes().decode("utf-8", "ignore")
    table = pq.read_table(path)
    columns = [
        table[name].to_pylist() for name in table.column_names if pa.types.is_string(table.schema.field(name).type)
    ]
    return "\n".join(text for column in columns for text in column if text)


def test_nobody_is_named_in_any_artefact(world: World) -> None:
    known = canaries(world.truth)
    strong = [word for word in known.all() if len(word) >= 3] + [name for name in known.names if len(name) == 2]
    pattern = re.compile("|".join(map(re.escape, sorted(strong, key=len, reverse=True))))
    events = Path(world.spark.conf.get("spark.eventLog.dir").removeprefix("file://"))
    files = [p for folder in (world.warehouse, events) for p in folder.rglob("*") if p.is_file()]
    for path in files:
        assert not pattern.search(f"{path.name}\n{_texts(path)}"), (
            f"an identifier stands in {path.name} of {path.parent}"
        )
    assert len(files) > 50 and not pattern.search(world.log)


def test_sealed_rows_are_gone_after_publishing(world: World) -> None:
    assert not list((world.warehouse / "private" / "rows").rglob("*-rows-*.parquet"))


def test_persons_are_counted_once(world: World) -> None:
    people = truth_patients(world)
    planted = json.loads((world.truth / "planted.json").read_text(encoding="utf-8"))
    gone = len(planted.get("deletions", []))
    found = ask(current(world.warehouse), "select count(*) n from patient").to_pylist()[0]["n"]
    assert abs(found - len(people)) <= gone + 1


def test_a_second_run_finds_nothing_new(world: World) -> None:
    """Same bytes for the same inputs: the id is the same, nothing is read again. (Another process: test_e2e_airflow.)"""
    context = world.context(run_id="second")
    for name in ("ingest", "link", "deidentify", "structure"):
        job = next(j for j in JOBS if j.name == name)
        for site in context.sites if job.scope is Scope.SITE else [""]:
            report = run_job(context, job, site)
            assert report.status == ("done" if name == "link" else "skipped")
    assert release_id(context) == current(world.warehouse).release_id


@pytest.mark.soak
def test_a_bad_file_stops_its_site_only(world: World, tmp_path: Path) -> None:
    """A new delivery of one site is cut off: its last good rows stay in the release, which says so."""
    landing, warehouse = tmp_path / "landing", tmp_path / "warehouse"
    shutil.copytree(world.landing, landing)
    shutil.copytree(world.warehouse, warehouse)
    newest = sorted((landing / "site_c").iterdir())[-1]
    (landing / "site_c" / "2024-07-01").mkdir()
    labs = next(newest.glob("labs*"))
    (landing / "site_c" / "2024-07-01" / labs.name).write_bytes(labs.read_bytes()[:-30])
    with pytest.raises(PartialRun, match="site_c"):
        run_all(world.context(warehouse=warehouse, landing=landing, run_id="partial"))
    before, after = current(world.warehouse).manifest, current(warehouse).manifest
    assert after.partial and not before.partial
    assert {d.site for d in after.deliveries if d.status == "failed"} == {"site_c"}
    assert {(d.site, d.delivery) for d in before.deliveries} <= {(d.site, d.delivery) for d in after.deliveries}
    assert after.tables["patient"].rows == before.tables["patient"].rows
    failed = [r for r in read_reports(Store(str(warehouse)), "partial") if r.status == "failed"]
    assert [r.site for r in failed] == ["site_c"] and "Parquet file is damaged" in failed[0].error


def test_another_key_is_refused(world: World, key_file: Path) -> None:
    assert key_file.exists()
    with pytest.raises(KeyProblem, match="another key"):
        run_all(world.context(run_id="wrong-key"))
    keys.project_key.cache_clear()


def test_no_site_at_all(world: World, tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    with pytest.raises(InputUnusable, match="No site could be read"):
        run_all(world.context(warehouse=tmp_path / "w", landing=tmp_path / "landing", run_id="empty"))


@pytest.mark.parametrize("name", [q.name for q in questions.questions()])
def test_every_question_has_an_answer(world: World, name: str) -> None:
    assert questions.run(name, current(world.warehouse)).num_columns > 0
