"""Stored marts: declared columns, the rows that the tables say, the same stored or computed, part of what a manifest vouches for."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
from pathlib import Path

import pytest

from jobs.publish.marts import mart_rows
from tests.fixtures import mini_release
from warehouse.compile.arrow import arrow_schema
from warehouse.compile.catalog import catalog_sql
from warehouse.questions import questions, run
from warehouse.release import MANIFEST, Release, ReleaseError, relative_entry
from warehouse.schema import Table, mart_tables, release
from warehouse.sql import ask
from warehouse.writer import write_part

COLUMNS = "next_line_name, second_next_line_name, regimen_class, vital_status, n_assessments, responded, first_progression_date"


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return mini_release.build(tmp_path_factory.mktemp("w"))


@pytest.fixture(scope="module")
def stored(computed: Release, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The same release with its marts in files."""
    folder = Path(shutil.copytree(computed.path, tmp_path_factory.mktemp("s") / computed.release_id))
    with computed.connect() as db:
        parts = {m.name: [write_part(mart_rows(db, m), folder / m.name / "part-00000.parquet")] for m in mart_tables()}
    marts = {name: relative_entry(folder, files) for name, files in parts.items()}
    manifest = dataclasses.replace(computed.manifest, marts=marts)
    (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    return Release.open(folder)


@pytest.mark.parametrize("mart", mart_tables(), ids=lambda m: m.name)
def test_a_mart_has_its_declared_columns_stored_and_computed(computed: Release, stored: Release, mart: Table) -> None:
    with computed.connect() as one, stored.connect() as other:
        views = [db.sql(f"SELECT * FROM {mart.name} ORDER BY ALL") for db in (one, other)]
        assert views[0].columns == views[1].columns == list(mart.column_names)
        assert views[0].fetchall() == views[1].fetchall() != []
        assert mart_rows(one, mart).schema.equals(arrow_schema(mart), check_metadata=True)


def test_a_line_knows_what_came_after_it_and_how_it_went(computed: Release) -> None:
    with computed.connect() as db:
        rows = {key: row for key, *row in db.sql(f"SELECT line_id, {COLUMNS} FROM mart_line").fetchall()}
    second = "carboplatin + pemetrexed"
    assert rows["l1"] == [second, None, "TARGETED", "ALIVE", 2, True, dt.date(2021, 9, 25)]
    assert rows["l2"] == ["osimertinib", None, "TARGETED", "DEAD", 2, False, dt.date(2019, 3, 5)]
    assert rows["l3"][:2] == [None, None], "an early line has no next one"
    assert rows["l6"][4:] == [0, False, None]


def test_toxicity_counts_from_the_start_of_the_line(tmp_path: Path) -> None:
    event = {"patient_id": "p1", "line_id": "l1", "ae_term": "x", "soc": "Blood and lymphatic", "is_irae": "1"}
    rows = mini_release.rows()
    rows["adverse_event"] = [
        {**event, "ae_id": "a1", "grade": 4, "onset_date": "2020-01-31"},
        {**event, "ae_id": "a2", "grade": 2, "onset_date": "2020-02-20", "is_irae": ""},
        {**event, "ae_id": "a3", "grade": 3, "onset_date": "2020-03-01"},
        {**event, "ae_id": "a4", "grade": 3, "onset_date": "2020-02-25", "soc": "Skin"},
    ]
    with mini_release.write_release(tmp_path, rows).connect() as db:
        wanted = "n_adverse_events, worst_grade, n_immune_events, first_grade_3_date, first_blood_grade_3_date"
        row = db.sql(f"SELECT {wanted} FROM mart_line WHERE line_id = 'l1'").fetchall()
    assert row == [(4, 4, 3, dt.date(2020, 2, 25), dt.date(2020, 3, 1))]


def test_an_endpoint_knows_its_line_and_one_from_diagnosis_has_none(computed: Release) -> None:
    with computed.connect() as db:
        sql = "SELECT line_id, setting, line_number, line_name, regimen_class, time_days FROM mart_endpoint WHERE tumour_id = 't6' OR line_id = 'l5' ORDER BY ALL"
        rows = db.sql(sql).fetchall()
    name = "cetuximab + fluorouracil + leucovorin + oxaliplatin"
    assert {row[:5] for row in rows} == {("l5", "ADVANCED", 1, name, "COMBO"), (None,) * 5}


@pytest.mark.parametrize("name", [q.name for q in questions() if "mart_" in q.sql])
def test_questions_answer_the_same_from_stored_marts(computed: Release, stored: Release, name: str) -> None:
    assert run(name, computed).equals(run(name, stored))


def test_the_manifest_vouches_for_marts_too(stored: Release) -> None:
    stored.verify()
    file = stored.path / "mart_line" / "part-00000.parquet"
    content = file.read_bytes()
    file.write_bytes(content + b" ")
    with pytest.raises(ReleaseError, match="was changed"):
        stored.verify()
    file.write_bytes(content)


def test_other_engines_get_the_stored_marts_only(computed: Release, stored: Release) -> None:
    assert "mart_line" not in catalog_sql("spark", computed.path)
    for engine in ("spark", "trino"):
        assert "mart_endpoint" in catalog_sql(engine, stored.path)


def test_words_of_repeated_columns_are_those_of_the_table() -> None:
    """Keys and copied columns of a mart keep the description of the table that they come from."""
    for mart, table in zip(mart_tables(), ("line_of_therapy", "endpoint"), strict=True):
        known = {c.name: c for c in release(table).columns}
        for column in mart.columns[:8]:
            assert (column.en, column.zh, column.type) == (
                known[column.name].en,
                known[column.name].zh,
                known[column.name].type,
            )


STATUSES = [  # marker, status, result → column, shown
    ("ROS1", "NOT_TESTED", None, "bm_ros1", "NOT_TESTED"),
    ("KRAS", "NOT_TESTED", "UNK", "bm_kras_g12c", "NOT_TESTED"),
    ("RET", "TESTED", "NEG", "bm_ret", "NEG"),
    ("STK11", "TESTED", "UNK", "bm_stk11", "UNK"),
    ("KEAP1", "QNS", None, "bm_keap1", "UNK"),
    ("HER2", "TESTED", "UNK", "bm_her2_mut", "UNK"),
    ("EGFR", "NOT_TESTED", None, "bm_egfr", "POS"),
]


def test_not_tested_unknown_and_negative_are_three_values_in_a_disease_mart(tmp_path: Path) -> None:
    rows = mini_release.rows()
    plain = {**rows["biomarker"][0], "variant_hgvs_p": None, "exon": None}
    for number, (marker, status, result, _, _) in enumerate(STATUSES):
        rows["biomarker"].append(
            {**plain, "biomarker_id": f"x{number}", "marker": marker, "status": status, "result": result}
        )
    columns = ", ".join(column for *_, column, _ in STATUSES)
    told = ask(
        mini_release.write_release(tmp_path, rows), f"SELECT {columns}, bm_ntrk FROM mart_nsclc WHERE tumour_id = 't1'"
    )
    assert told.to_pylist() == [{column: shown for *_, column, shown in STATUSES} | {"bm_ntrk": None}]


@pytest.mark.parametrize(
    ("marker", "column", "result"),
    [("RET", "bm_ret", "NEG"), ("RET", "bm_ret", "EQUIVOCAL"), ("HER2", "bm_her2_mut", "NEG")],
)
def test_a_known_result_counts_before_an_earlier_one_that_was_awaited(
    tmp_path: Path, marker: str, column: str, result: str
) -> None:
    added = [(marker, "UNK", "2020-01-15"), (marker, result, "2020-01-25"), ("STK11", "UNK", "2020-01-15")]
    told = ask(
        mini_release.with_markers(tmp_path, "t1", added),
        f"SELECT {column}, bm_stk11 FROM mart_nsclc WHERE tumour_id = 't1'",
    )
    assert told.to_pylist() == [{column: result, "bm_stk11": "UNK"}]


@pytest.mark.parametrize(
    ("tumour", "view", "added", "wanted"),
    [
        ("t3", "db_breast", "ER UNK PR NEG", {"er_pos": None, "pr_pos": False, "her2_pos": True, "subtype": None}),
        ("t3", "db_breast", "ER UNK PR NEG HER2 NEG", {"er_pos": None, "her2_pos": False, "subtype": None}),
        ("t3", "db_breast", "ER NEG PR NEG HER2 UNK", {"er_pos": False, "her2_pos": None, "subtype": None}),
        ("t3", "db_breast", "ER NEG PR UNK", {"er_pos": False, "pr_pos": None, "her2_pos": True, "subtype": "HER2"}),
        ("t3", "db_breast", "ER UNK ER POS", {"er_pos": True, "subtype": "LUMINAL_B_HER2"}),
        ("t6", "db_gastric", "HER2 UNK CLDN18.2 UNK", {"her2_pos": None, "cldn182_pos": None}),
        ("t6", "db_gastric", "HER2 NEG CLDN18.2 POS", {"her2_pos": False, "cldn182_pos": True}),
        ("t1", "db_lung", "EGFR UNK", {"egfr_class": None}),
        (
            "t5",
            "db_colorectal",
            "KRAS UNK NRAS UNK BRAF UNK MLH1 UNK MSI UNK",
            {"ras": None, "braf": None, "mmr": None},
        ),
        ("t5", "db_colorectal", "KRAS UNK NRAS NEG", {"ras": "WILD_TYPE"}),
    ],
)
def test_an_unknown_result_is_no_negative_one_in_a_disease_database(
    tmp_path: Path, tumour: str, view: str, added: str, wanted: dict[str, object]
) -> None:
    words = added.split()
    rows = [(marker, result, "2021-03-20") for marker, result in zip(words[::2], words[1::2], strict=True)]
    told = ask(
        mini_release.with_markers(tmp_path, tumour, rows),
        f"SELECT {', '.join(wanted)} FROM {view} WHERE tumour_id = '{tumour}'",
    )
    assert told.to_pylist() == [wanted]
