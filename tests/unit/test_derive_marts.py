"""Every tumour type: its patient is recognised, and the mart's row says what the patient's facts say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from warehouse import codes
from warehouse.derive import Rows, derive_patient, load_rules
from warehouse.marts import mart_name, mart_views, named_in, slots
from warehouse.marts.qualifiers import result_sql
from warehouse.marts.sources import sources
from warehouse.schema import release, release_tables

TYPES = [t.tumour_code for t in codes.tumour_types()]


def _shape(label: str) -> dict[str, Any]:
    """Columns that make a positive result the one that the entry means."""
    shapes = {
        r"ex ?14$": {"marker_class": "GENE_VARIANT", "exon": "14"},
        r" mut(ations)?$": {"marker_class": "GENE_VARIANT"},
        r" amp$": {"marker_class": "CNV"},
        r" fusion$": {"marker_class": "FUSION"},
    }
    if found := re.search(r" ([A-Z]\d{3}[A-Z]?|G12C)$", label):
        return {"marker_class": "GENE_VARIANT", "variant_hgvs_p": f"p.{found[1]}"}
    return next((shape for words, shape in shapes.items() if re.search(words, label)), {"marker_class": "IHC"})


def _patient(number: int) -> Rows:
    """A patient of the type: coded diagnosis, site and histology, every marker, laboratory item and variable of the type, death after 400 days."""
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
    own = slots(kind.tumour_code)
    rows["biomarker"] = [
        {**base, "biomarker_id": f"b{number}-{i}", "marker": s.codes[0], "report_date": date(2020, 1, 9), "status": "TESTED", "result": "POS", "value_num": 5.0, **_shape(s.label)}
        for i, s in enumerate(own) if s.kind == "marker"
    ]  # fmt: skip
    rows["lab_measurement"] = [
        {**base, "lab_id": f"l{number}-{i}", "test_code": code, "sample_date": date(2020, 1, 3), "value_num": 10.0 + i}
        for i, code in enumerate(dict.fromkeys(s.codes[0] for s in own if s.kind == "lab"))
    ]
    rows["tumour_attribute"] = [
        {**base, "attribute_id": f"v{number}-{i}", "variable_code": code, "value_text": f"value {i}", "assessed_date": date(2020, 1, 4)}
        for i, code in enumerate(dict.fromkeys(s.codes[0] for s in own if s.kind == "variable"))
    ]  # fmt: skip
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
        given = _patient(number)
        _insert(connection, "lab_measurement", given["lab_measurement"])
        for table, rows in derive_patient(given, rules).items():
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
    _own_columns_are_right(row, code)
    assert len(names) == len(set(names))


def _own_columns_are_right(row: dict[str, Any], code: str) -> None:
    """Each marker, laboratory item and variable of the type holds the value that the patient has under its first code."""
    own = slots(code)
    wanted = {
        kind: list(dict.fromkeys(s.codes[0] for s in own if s.kind == kind)) for kind in ("marker", "lab", "variable")
    }
    for slot in own:
        place = wanted[slot.kind].index(slot.codes[0])
        match slot.kind:
            case "marker":
                assert (row[slot.column], row[f"{slot.column}_value"]) == ("POS", 5.0), slot
            case "lab":
                assert row[slot.column] == 10.0 + place, slot
            case _:
                assert row[slot.column] == f"value {place}", slot


@pytest.mark.parametrize("name", [n for n in mart_views() if n.startswith("db_")])
def test_hand_finished_databases_run(database: duckdb.DuckDBPyConnection, name: str) -> None:
    rows = database.execute(f"SELECT patient_id, tumour_id FROM {name}").fetchall()
    assert rows
    assert len(rows) == len(set(rows))


def _row(result: str, **columns: Any) -> dict[str, Any]:
    return {"marker": "KRAS", "status": "TESTED", "marker_class": "GENE_VARIANT", "result": result, **columns}


ENTRIES = [
    ("KRAS G12C", [_row("POS", variant_hgvs_p="p.G12C")], "POS"),
    ("KRAS G12C", [_row("POS", variant_hgvs_p="p.Gly12Cys")], "POS"),
    ("KRAS G12C", [_row("POS", variant_hgvs_p="p.G12D")], "NEG"),
    ("KRAS G12C", [_row("POS")], "UNK"),
    ("KRAS G12C", [_row("POS", result_raw="KRAS G12C 突变")], "POS"),
    ("KRAS G12C", [_row("NEG")], "NEG"),
    ("KRAS G12C", [], None),
    ("KRAS", [_row("POS", variant_hgvs_p="p.G12D")], "POS"),
    ("KRAS mut", [_row("POS", marker_class="IHC")], None),
    ("KRAS mut", [_row("NEG", marker_class="IHC"), _row("POS")], "POS"),
    ("KRAS amp", [_row("POS", variant_hgvs_p="p.G12D")], None),
    ("KRAS amp", [_row("POS", copy_number=9.0)], "POS"),
    ("KRAS amp", [_row("NEG", method="FISH")], "NEG"),
    ("KRAS fusion", [_row("POS", fusion_partner="X")], "POS"),
    ("KRAS fusion", [_row("POS", variant_hgvs_p="p.G12D")], None),
    ("KRAS ex14", [_row("POS", exon="14")], "POS"),
    ("KRAS ex14", [_row("POS", exon="2")], "NEG"),
    ("KRAS expression", [_row("POS")], None),
]


@pytest.mark.parametrize(("entry", "rows", "expected"), ENTRIES)
def test_an_entry_means_its_own_variant(entry: str, rows: list[dict[str, Any]], expected: str | None) -> None:
    with duckdb.connect(":memory:") as connection:
        columns = ", ".join(f"{c.name} {c.type.value}" for c in release("biomarker").columns)
        connection.execute(f"CREATE TABLE biomarker ({columns})")
        _insert(connection, "biomarker", [{**row, "report_date": date(2020, 1, 1)} for row in rows])
        sql = f"SELECT {result_sql(entry, 'true')} FROM biomarker"
        assert connection.execute(sql).fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("tumour", "column", "wanted"),
    [
        ("THYROID_DTC", "lab_tg", ("3013-0",)), ("BREAST", "bm_brca1_2", ("BRCA", "BRCA1", "BRCA2")), ("GLIOMA", "bm_idh1_2", ("IDH1", "IDH2")),
        ("BREAST", "bm_gbrca", ("BRCA", "BRCA1", "BRCA2")), ("NSCLC", "bm_ntrk", ("NTRK", "NTRK1", "NTRK2", "NTRK3")), ("KAPOSI", "lab_cd4_count", ("24467-3",)),
    ],
)  # fmt: skip
def test_entries_gather_the_codes_that_they_mean(tumour: str, column: str, wanted: tuple[str, ...]) -> None:
    assert next(s.codes for s in slots(tumour) if s.column == column) == wanted


def test_every_source_fills_a_variable_of_some_type() -> None:
    columns = {s.column for code in TYPES for s in slots(code) if s.kind == "variable"}
    assert {f"var_{name}" for source in sources() for name in source.variables} <= columns


def test_a_variable_that_notes_do_not_state_comes_from_its_table(database: duckdb.DuckDBPyConnection) -> None:
    """The colon patient's notes state every variable; without them nodes, vessels and the side come from pathology and site."""
    number = TYPES.index("COLON")
    ((tumour,),) = database.execute("SELECT tumour_id FROM tumour WHERE tumour_code = 'COLON'").fetchall()
    base = {"patient_id": f"p{number:03d}", "tumour_id": tumour}
    report = {"pathology_id": "px", "report_date": date(2020, 3, 1), "ln_examined": 18, "lvi": "POS"}
    asked = "SELECT var_number_of_ln_harvested, var_lvi_pni, var_sidedness, var_crs FROM mart_colon"
    database.execute("BEGIN")
    try:
        _insert(database, "pathology", [{**base, **report}])
        told = database.execute(asked).fetchall()
        database.execute("DELETE FROM tumour_attribute WHERE tumour_code = 'COLON'")
        database.execute("UPDATE tumour SET topography_icdo3 = 'C18.7' WHERE tumour_code = 'COLON'")
        assert database.execute(asked).fetchall() == [("18", "LVI POS PNI UNK", "left", None)]
        assert all(str(value).startswith("value") for value in told[0]), "what notes state goes first"
    finally:
        database.execute("ROLLBACK")


def test_a_query_makes_the_marts_that_it_names_and_those_that_they_read() -> None:
    assert named_in("select * from DB_LUNG l join mart_line using (tumour_id)") >= {"db_lung", "mart_nsclc"}
    assert "mart_hcc" not in named_in("select * from db_lung")
    assert named_in("select * from mart_endpoint, mart_nothing") == frozenset()
