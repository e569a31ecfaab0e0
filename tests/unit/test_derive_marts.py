"""Every tumour type: its patient is recognised, and the mart's row says what the patient's facts say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from warehouse import codes
from warehouse.derive import Rows, derive_patient, load_rules
from warehouse.marts import mart_name, mart_views, slots
from warehouse.schema import release, release_tables

TYPES = [t.tumour_code for t in codes.tumour_types()]


def _patient(number: int) -> Rows:
    """A patient of the type: coded diagnosis, site and histology, a positive marker, death after 400 days."""
    kind = codes.tumour_types()[number]
    base = {
        "patient_id": f"p{number:03d}",
        "hospital_id": "h",
        "source_kind": "STRUCTURED",
        "review_status": "NOT_REVIEWED",
        "release_id": "r",
    }
    site = kind.topography[0].split("-")[0] if kind.topography and kind.topography[0] != "any" else None
    rows: Rows = {
        "patient": [{**base, "sex": "M" if kind.sex == "M" else "F", "birth_year": 1960}],
        "diagnosis": [{**base, "diagnosis_id": f"d{number}", "diagnosis_date": date(2020, 1, 1), "date_precision": "D", "icd10_code": kind.icd10[0].split("-")[0], "certainty": "CONFIRMED"}],
        "tumour_fact": [{**base, "fact_date": date(2020, 1, 2), "topography_icdo3": site, "morphology_icdo3": kind.morphology[0].split("-")[0]}],
        "staging": [{**base, "staging_id": f"s{number}", "stage_date": date(2020, 1, 5), "stage_group_recorded": "IV", "staging_system": "AJCC", "stage_class": "c"}],
        "drug_administration": [{**base, "drug_admin_id": f"a{number}", "drug_code": "x", "drug_name_std": "cisplatin", "drug_class": "CHEMO", "is_antineoplastic": True, "record_kind": "ADMINISTERED", "start_date": date(2020, 2, 1), "date_precision": "D", "route": "IV"}],
        "follow_up": [{**base, "follow_up_id": f"f{number}", "contact_date": date(2021, 3, 1), "channel": "PHONE", "status": "DEAD", "death_date": date(2021, 2, 4), "death_date_precision": "D"}],
    }  # fmt: skip
    marker = next((s for s in slots(kind.tumour_code) if s.kind == "marker"), None)
    if marker:
        rows["biomarker"] = [
            {
                **base,
                "biomarker_id": f"b{number}",
                "marker": marker.codes[0],
                "marker_class": "IHC",
                "report_date": date(2020, 1, 9),
                "status": "TESTED",
                "result": "POS",
            }
        ]
    return rows


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(":memory:")
    for table in release_tables():
        connection.execute(
            f"CREATE TABLE {table.name} ({', '.join(f'{c.name} {c.type.value}' for c in table.columns)})"
        )
    rules = load_rules()
    for number in range(len(TYPES)):
        for table, rows in derive_patient(_patient(number), rules).items():
            if not table.startswith("_"):
                _insert(connection, table, rows)
    for name, sql in mart_views().items():
        connection.execute(f"CREATE VIEW {name} AS {sql}")
    yield connection
    connection.close()


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    columns = release(table).column_names
    if rows:
        connection.executemany(
            f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", [[r.get(c) for c in columns] for r in rows]
        )


@pytest.mark.parametrize("number", range(len(TYPES)), ids=TYPES)
def test_each_type_has_its_row(database: duckdb.DuckDBPyConnection, number: int) -> None:
    code = TYPES[number]
    cursor = database.execute(f"SELECT * FROM {mart_name(code)}")
    names = [d[0] for d in cursor.description]
    rows = cursor.fetchall()
    assert len(rows) == 1
    row = dict(zip(names, rows[0], strict=True))
    assert (row["patient_id"], row["tumour_code"], row["stage_group"]) == (f"p{number:03d}", code, "IV")
    assert (row["line1_regimen"], row["line1_start"], row["os_event"]) == ("cisplatin", date(2020, 2, 1), 1)
    assert row["os_months"] == pytest.approx((date(2021, 2, 4) - row["first_dx_date"]).days / 30.4375)
    marker = next((s for s in slots(code) if s.kind == "marker"), None)
    if marker:
        assert row[marker.column] == "POS"
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", [n for n in mart_views() if n.startswith("db_")])
def test_hand_finished_databases_run(database: duckdb.DuckDBPyConnection, name: str) -> None:
    rows = database.execute(f"SELECT patient_id, tumour_id FROM {name}").fetchall()
    assert rows
    assert len(rows) == len(set(rows))
