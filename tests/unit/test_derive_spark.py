"""The Spark job: the contract's tables and columns, the same rows as the pure function, nothing lost unsaid."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.derive import _scratch, _tasks, derive, derived_table, untouched
from jobs.derive.job import account
from jobs.derive.sensitivity import gap_sensitivity
from jobs.derive.worker import File
from jobs.runtime.storage import Store
from warehouse.derive import Rows, derive_patient, load_rules
from warehouse.derive.cases import case_rows, read_cases
from warehouse.derive.columnar.rows import plain_schema
from warehouse.derive.docs import CASES
from warehouse.schema import release_tables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

RULES = load_rules().with_cutoff(date(2024, 12, 31))
FACTS = {
    "tumour_fact": pa.schema([("patient_id", pa.string()), ("tumour_code", pa.string()), ("fact_date", pa.date32())]),
    "regimen_fact": pa.schema(
        [("patient_id", pa.string()), ("drug_names", pa.list_(pa.string())), ("start_date", pa.date32())]
    ),
}


def _patients() -> list[Rows]:
    """The cases of the endpoint file as patients of their own, and one whose stage has no tumour to belong to."""
    found = []
    for number, case in enumerate(read_cases(CASES / "endpoints.txt")):
        rows = case_rows(case, RULES)
        found.append({t: [{**r, "patient_id": f"p{number}"} for r in rs] for t, rs in rows.items()})
    found.append(
        {
            "patient": [{"patient_id": "q", "sex": "F"}],
            "staging": [{"patient_id": "q", "staging_id": "s", "stage_date": date(2020, 1, 1)}],
        }
    )
    return found


def _conformed(folder: Path, patients: list[Rows]) -> None:
    """The patients' rows as files, two a table, as conform leaves them."""
    tables: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("patient", "encounter", "document", "history", *FACTS)
    }
    for rows in patients:
        for table, found in rows.items():
            tables.setdefault(table, []).extend(found)
    for table, rows in tables.items():
        whole = pa.Table.from_pylist(rows, FACTS.get(table) or plain_schema(table))
        for part in range(2):
            path = folder / table / f"part-{part}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            half = slice(part * len(rows) // 2, (part + 1) * len(rows) // 2)
            pq.write_table(whole.slice(half.start, half.stop - half.start), path)


def _text(rows: list[dict[str, Any]]) -> set[str]:
    return {str(sorted((c, str(v)) for c, v in r.items() if v is not None and c != "release_id")) for r in rows}


def test_spark_gives_what_the_pure_function_gives(spark: SparkSession, tmp_path: Path) -> None:
    patients = _patients()
    _conformed(tmp_path / "conformed", patients)
    params = {"cutoff": "2024-12-31", "release_id": "r1"}
    store = Store(str(tmp_path))
    made = derive(spark, store, "conformed", "derived", params, passing=untouched())
    got = {t.name: pq.read_table(tmp_path / "derived" / t.name) for t in release_tables()}
    for table in release_tables():
        assert got[table.name].schema.remove_metadata() == plain_schema(table.name)
        assert made.written[table.name] == got[table.name].num_rows
    expected = [derive_patient(rows, RULES) for rows in patients]
    for name in ("tumour", "line_of_therapy", "endpoint", "adverse_event", "patient"):
        assert _text(got[name].to_pylist()) == _text([r for d in expected for r in d[name]]), name
    assert _text(got["encounter"].to_pylist()) == _text([r for p in patients for r in p.get("encounter", ())])
    assert set(got["tumour"]["release_id"].to_pylist()) == {"r1"}
    assert made.dropped == {("staging", "no_tumour"): 1}
    lines = derived_table(spark, store, "conformed", {"cutoff": "2024-12-31"}, "line_of_therapy")
    assert _text(lines.to_pylist()) == _text(got["line_of_therapy"].to_pylist())
    assert store.folders() == ["conformed", "derived"]
    assert store.folders("derived") == sorted(made.written)


def test_deriving_again_replaces_what_was_there(spark: SparkSession, tmp_path: Path) -> None:
    patients = _patients()
    _conformed(tmp_path / "conformed", patients[:3])
    left = tmp_path / "derived" / "tumour" / "part-00009.parquet"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"of an attempt with more buckets")
    store = Store(str(tmp_path))
    first = derive(spark, store, "conformed", "derived", {}, ("tumour",))
    assert not left.exists()
    digest = store.sha256("derived/tumour/part-00000.parquet")
    assert derive(spark, store, "conformed", "derived", {}, ("tumour",)).written == first.written
    assert store.sha256("derived/tumour/part-00000.parquet") == digest


def test_gaps_are_compared_on_what_a_release_holds(spark: SparkSession, tmp_path: Path) -> None:
    patients = _patients()
    _conformed(tmp_path / "conformed", patients)
    derive(spark, Store(str(tmp_path)), "conformed", "released", {}, passing=untouched())
    found = gap_sensitivity(spark, tmp_path / "released", gaps=(60,))
    assert found == gap_sensitivity(spark, tmp_path / "conformed", gaps=(60,))
    assert found[0].tumours > 5
    assert found[0].lines > 5
    assert not list(tmp_path.glob("_scratch*"))


def test_the_books_balance() -> None:
    read = {"staging": 10, "tumour_fact": 4, "regimen_fact": 3, "drug_administration": 5, "patient": 2}
    written = {"staging": 9, "drug_administration": 8, "patient": 2, "tumour": 2}
    report = account(read, written, Counter({"staging: no_tumour": 1, "regimen_fact: no_date": 1}))
    report.check_balance()
    assert report.added == {"drug_administration: derived": 3, "tumour: derived": 2}
    assert report.dropped["tumour_fact: folded into derived rows"] == 4
    assert report.dropped["regimen_fact: folded into derived rows"] == 2


@pytest.mark.parametrize("one", [False, True])
def test_nothing_is_left_of_a_derivation_that_failed(
    one: bool, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.derive.STRAGGLERS", 0.1)
    _conformed(tmp_path / "conformed", _patients()[:2])
    (tmp_path / "conformed" / "tumour_fact" / "part-9.parquet").write_bytes(b"no Parquet")
    store = Store(str(tmp_path))
    with pytest.raises(Exception, match="WorkerFailure"):
        if one:
            derived_table(spark, store, "conformed", {}, "tumour")
        else:
            derive(spark, store, "conformed", "derived", {}, ("tumour",))
    assert store.folders() in (["conformed"], ["conformed", "derived"])
    assert store.folders("derived") == []


def test_what_comes_late_is_swept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that was not yet told of another's failure writes after the first sweep."""
    store = Store(str(tmp_path))
    monkeypatch.setattr("jobs.derive.time.sleep", lambda seconds: store.put("late/cells", b"rows"))
    with pytest.raises(RuntimeError, match="failed"), _scratch(store, "late"):
        raise RuntimeError("a task failed")
    assert not store.exists("late")


def test_files_are_dealt_in_heaps_of_about_the_same_size(tmp_path: Path) -> None:
    store, files = Store(str(tmp_path)), [File("staging", f"f{n}", n) for n in range(5)]
    for file, size in zip(files, (900, 500, 400, 300, 100), strict=True):
        store.put(file.name, b"x" * size)
    heaps = [[name for _, name, _ in task["files"]] for task in _tasks(store, files, 2)]
    assert sorted(name for heap in heaps for name in heap) == [f"f{n}" for n in range(5)]
    assert sorted(sum(store.size(name) for name in heap) for heap in heaps) == [1000, 1200]
