"""``oncorwe sql``: formats, files, and refusals that say what to do."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest

from tests.fixtures import mini_release
from warehouse.errors import WarehouseError
from warehouse.release import ReleaseError
from warehouse.sql import QueryError, query

SQL = "select patient_id, death_date, vital_status from patient where patient_id in ('p1', 'p2') order by 1"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    root = tmp_path_factory.mktemp("w")
    mini_release.build(root)
    return root


def test_table(warehouse):
    text = query(SQL, warehouse)
    assert "2021-08-20" in text and "2 row(s)" in text


def test_csv(warehouse):
    assert list(csv.reader(io.StringIO(query(SQL, warehouse, fmt="csv")))) == [
        ["patient_id", "death_date", "vital_status"],
        ["p1", "", "ALIVE"],
        ["p2", "2021-08-20", "DEAD"],
    ]


@pytest.mark.parametrize("fmt", ["json", "csv"])
def test_columns_of_one_name_are_named_apart(warehouse, fmt):
    text = query("select 1 as n, 2 as n, 3 as n_1, 4 as N from patient limit 1", warehouse, fmt=fmt)
    row = json.loads(text)[0] if fmt == "json" else next(csv.DictReader(io.StringIO(text)))
    assert {name: int(value) for name, value in row.items()} == {"n": 1, "n_2": 2, "n_1": 3, "N_3": 4}


def test_json_keeps_lists_and_nulls(warehouse):
    answer = json.loads(
        query(
            "select s.mention_ids, edition, pcr from staging s, pathology where staging_id='st1'", warehouse, fmt="json"
        )
    )
    assert answer == [{"mention_ids": ["m2"], "edition": "8", "pcr": True}]


def test_parquet_needs_a_file_and_writes_it(warehouse, tmp_path):
    with pytest.raises(QueryError, match="goes into a file"):
        query(SQL, warehouse, fmt="parquet")
    assert "2 row(s) written" in query(SQL, warehouse, fmt="parquet", out=tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").num_rows == 2


def test_text_into_a_file(warehouse, tmp_path):
    query(SQL, warehouse, fmt="csv", out=tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().startswith("patient_id,")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("copy patient to '/tmp/never_written.csv'", "Only statements that read"),
        ("create table x as select 1", "Only statements that read"),
        ("select 1; select 2", "one statement"),
        ("", "one statement"),
        ("selec 1", "cannot be parsed"),
        ("select no_such_column from patient", "no_such_column"),
    ],
)
def test_refusals(warehouse, sql, message):
    with pytest.raises(QueryError, match=message):
        query(sql, warehouse)


def test_time_travel(warehouse):
    assert "6" in query("select count(*) n from patient", warehouse, release=mini_release.RELEASE_ID)
    with pytest.raises(ReleaseError):
        query("select 1", warehouse, release="other")


def test_json_has_sums_as_numbers_and_is_json_for_every_reader(warehouse):
    sql = (
        "SELECT sum(event) AS deaths, sum(1.5) AS half, 'nan'::DOUBLE AS odd, [DATE '2020-01-31'] AS days FROM endpoint"
    )
    text = query(sql, warehouse, fmt="json")
    assert json.loads(text, parse_constant=pytest.fail) == [
        {"deaths": 9, "half": 18, "odd": None, "days": ["2020-01-31"]}
    ]


def test_csv_takes_lists_of_dates_and_structures(warehouse):
    text = query("SELECT [DATE '2020-01-31'] AS days, {'n': 1} AS pair", warehouse, fmt="csv")
    assert list(csv.reader(io.StringIO(text)))[1] == ['["2020-01-31"]', '{"n": 1}']


def test_a_broken_file_is_named(tmp_path):
    (mini_release.build(tmp_path).path / "biomarker" / "part-00000.parquet").write_bytes(b"no Parquet")
    with pytest.raises(WarehouseError, match=r"biomarker/part-00000.parquet[\s\S]*releases verify"):
        query(SQL, tmp_path)


def test_the_list_of_tables_has_the_disease_marts(warehouse):
    names = {row["name"] for row in json.loads(query("SHOW TABLES", warehouse, fmt="json"))}
    assert {"patient", "mart_line", "mart_nsclc", "db_lung"} <= names
    assert sum(name.startswith("mart_") for name in names) == 98 + 2
