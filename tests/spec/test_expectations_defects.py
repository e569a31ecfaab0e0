"""One defect, one check: every line plants a defect in the clean candidate and names the check that must catch it."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable

import pytest

from expectations import catalogue, jobchecks, warehouse_view
from expectations.contract import references
from expectations.counting import count_all, failing_keys
from expectations.judge import Judge
from expectations.model import ValidationSettings
from expectations.repair import recompute
from tests.fixtures.expectations_candidate import CUT_OFF, add, clean_rows, token, write
from warehouse.schema import release

D = dt.date
Rows = dict[str, list[dict]]
CLEAN = clean_rows()
BOUND = list(catalogue.checks(CUT_OFF.isoformat()))


def put(table: str, row: int = 0, **values) -> Callable[[Rows], object]:
    """Change one row of the clean candidate."""
    return lambda rows: rows[table][row].update(values)


def new(table: str, **values) -> Callable[[Rows], object]:
    """Add one row that is fine but for what is given."""
    return lambda rows: add(rows, table, **values)


def again(table: str) -> Callable[[Rows], object]:
    """Repeat the first row of a table."""
    return lambda rows: rows[table].append(copy.deepcopy(rows[table][0]))


FEMALE, MALE = CLEAN["patient"][0]["patient_id"], CLEAN["patient"][1]["patient_id"]
NSCLC = {"tumour_code": "NSCLC"}
LAB = {"sample_date": D(2021, 1, 1)}

DEFECTS = [
    ("CF01", again("patient")),
    ("CF02", new("vital_sign", patient_id=token("nobody"), measure="HR", value_num=70.0)),
    ("CF03", new("staging", tumour_id=token("nothing"))),
    ("CF04", put("staging", 0, patient_id=MALE)),
    ("CF05", put("patient", sex="X")),
    ("CF07", put("tumour", topography_icdo3="C341")),
    ("CF08", put("tumour", morphology_icdo3="9999")),
    ("CF09", put("diagnosis", icd10_code="34.1")),
    ("CF10", put("staging", t_category="T5")),
    ("CF11", put("staging", n_category="N9")),
    ("CF12", put("staging", m_category="M2")),
    ("CF13", put("biomarker", 4, ihc_score="4+")),
    ("CF14", put("biomarker", variant_hgvs_p="E746_A750del")),
    ("CF16", put("drug_administration", drug_code="UNMAPPED")),
    ("CF17", put("drug_administration", dose=80.0, dose_unit=None)),
    ("CF18", put("tumour", age_at_dx=30)),
    ("CF19", new("history", kind="SMOKING", value_code="FORMER", amount_per_day=20.0, years=30.0, pack_years=300.0)),
    ("CF20", new("radiotherapy", total_dose_gy=60.0, fractions=30, dose_per_fraction_gy=3.0)),
    ("CM01", put("tumour", dx_date_precision="Y")),
    ("CM02", put("tumour", topography_icdo3=None)),
    ("PL01", put("tumour", tumour_code="PROSTATE")),
    ("PL02", put("tumour", 1, tumour_code="OVARY")),
    ("PL06", put("tumour", topography_icdo3="C50.4")),
    ("PL07", put("tumour", morphology_icdo3="8041")),
    ("PL09", put("tumour", laterality=None)),
    ("PL10", put("staging", stage_group="II")),
    ("PL11", put("staging", m_category="M0")),
    ("PL15", new("pathology", tumour_id=CLEAN["staging"][3]["tumour_id"], report_date=D(2021, 8, 22), ln_positive=2)),
    ("PL18", put("staging", edition="9")),
    ("PL19", new("metastasis", **NSCLC, site_code="BRAIN", certainty="CONFIRMED", synchronous=True, tumour_id="T-III")),
    ("PL21", put("pathology", ln_positive=9, ln_examined=4)),
    ("PL23", put("pathology", tumour_size_mm=2500.0)),
    ("PL25", put("biomarker", marker="ER", value_num=180.0)),
    ("PL26", put("biomarker", marker="ER", value_num=90.0, result="NEG")),
    ("PL27", put("biomarker", 4, method="IHC", result="NEG")),
    ("PL29", put("biomarker", vaf=23.0)),
    ("PL32", put("biomarker", status="NOT_TESTED")),
    ("PL34", new("lab_measurement", test_code="718-7", value_num=13.2, unit="g/L", **LAB)),
    ("PL43", put("vital_sign", value_num=7.0)),
    ("PL46", new("imaging_finding", longest_mm=4200.0)),
    ("PL47", new("imaging_finding", longest_mm=10.0, shortest_mm=22.0)),
    ("PL48", new("radiotherapy", total_dose_gy=6000.0)),
    ("PL53", put("adverse_event", grade=7)),
    ("PL54", put("adverse_event", grade=5, patient_id=FEMALE)),
    ("TM01", new("encounter", patient_id=MALE, encounter_type="IN", start_date=D(2022, 5, 1))),
    ("TM02", put("drug_administration", 3, start_date=D(2023, 9, 1), end_date=None)),
    ("TM03", put("tumour", 1, first_dx_date=D(2022, 9, 1))),
    ("TM04", put("encounter", end_date=D(2020, 1, 1))),
    ("TM07", put("tumour", advanced_date=D(2018, 1, 1))),
    ("TM08", put("tumour", first_dx_date=D(1979, 1, 1))),
    ("TM12", put("drug_administration", start_date=D(2019, 1, 1))),
    ("TM13", put("drug_administration", start_date=D(2012, 1, 1))),
    ("TM14", put("drug_administration", end_date=D(2010, 1, 1))),
    ("TM17", put("line_of_therapy", 1, line_number=3)),
    ("TM18", put("line_of_therapy", 0, end_date=D(2022, 1, 1))),
    ("TM19", put("line_of_therapy", 0, start_date=D(2019, 6, 1))),
    ("TM26", new("follow_up", patient_id=MALE, status="ALIVE_NED", informant="DOCTOR", contact_date=D(2022, 5, 1))),
    ("EN01", put("endpoint", time_days=1)),
    ("EN02", put("endpoint", event=1)),
    ("EN03", put("endpoint", 2, end_date=D(2023, 12, 1))),
    ("EN06", again("endpoint")),
    ("NP01", put("entity_mention", span_end=99999)),
    ("NP02", put("entity_mention", text="左肺")),
    ("NP03", put("staging", mention_ids=[])),
    ("NP04", put("entity_mention", 1, polarity="negated")),
    ("NP04", put("entity_mention", 1, experiencer="family")),
    ("DI01", put("document", text_deid="证号11010519491231002X。")),
    ("DI02", put("diagnosis", name_raw="电话13800138000")),
    ("DI03", put("document", text_deid="住院号：0012345")),
    ("DI04", put("document", deid_status="QUARANTINED")),
    ("DI05", put("patient", age_at_index=94)),
    ("DI06", put("patient", residence_region="310104")),
    ("DI07", put("patient", patient_id="12345678901234567890123")),
]


def fails(rows: Rows, folder, check_id: str) -> int:
    checks = [c for c in BOUND if c.id == check_id]
    with warehouse_view.open_candidate(write(folder, rows), None) as db:
        counts = count_all(db, checks)
        assert not [c.error for c in counts.values() if c.error]
        listed = sum(len(failing_keys(db, c)) for c in checks)
    total = sum(c.n_fail for c in counts.values())
    assert listed == total, "every counted row must have a key to look it up by"
    return total


def stage_three_only(rows: Rows) -> None:
    """A lung cancer whose only stage is III: what PL19 contradicts."""
    tumour = add(rows, "tumour", tumour_id=token("T-III"), **NSCLC)
    add(rows, "staging", tumour_id=tumour["tumour_id"], **NSCLC, stage_group="III", stage_class="c")
    for row in rows["metastasis"]:
        row["tumour_id"] = tumour["tumour_id"] if row["tumour_id"] == "T-III" else row["tumour_id"]


@pytest.mark.parametrize(("check_id", "spoil"), DEFECTS, ids=[f"{i}-{n}" for n, (i, _) in enumerate(DEFECTS)])
def test_defect_is_caught_and_clean_data_is_not(check_id, spoil, tmp_path):
    rows = copy.deepcopy(CLEAN)
    assert fails(rows, tmp_path / "clean", check_id) == 0
    spoil(rows)
    if check_id == "PL19":
        stage_three_only(rows)
    assert fails(rows, tmp_path / "spoilt", check_id) >= 1


CONTRACT_DEFECTS = [
    ("CT03", "patient", put("patient", sex=None)),
    ("CT04", "tumour", put("tumour", laterality="Q")),
    ("CT05", "tumour", again("tumour")),
    ("CT07", "tumour", put("tumour", patient_id="张三")),
]


def contract_failures(folder, table: str) -> set[str]:
    pattern = ValidationSettings().token_pattern
    outcomes = Judge().contract(folder / table, release(table), engine="pandas", token_pattern=pattern)
    assert not [o.error for o in outcomes if o.error]
    return {o.rule for o in outcomes if not o.success}


@pytest.mark.parametrize(("rule", "table", "spoil"), CONTRACT_DEFECTS, ids=[d[0] for d in CONTRACT_DEFECTS])
def test_contract_breach_is_caught(rule, table, spoil, tmp_path):
    rows = copy.deepcopy(CLEAN)
    assert contract_failures(write(tmp_path / "clean", rows), table) == set()
    spoil(rows)
    assert contract_failures(write(tmp_path / "spoilt", rows), table) == {rule}


def test_missing_reference_is_caught(tmp_path):
    rows = copy.deepcopy(CLEAN)
    rows["staging"][0]["mention_ids"] = [token("no such mention")]
    with warehouse_view.open_candidate(write(tmp_path, rows), None) as db:
        bad = {r.column: r.n_fail for r in references(db, release("staging")) if r.n_fail}
    assert bad == {"mention_ids": 1}


def test_wrong_type_and_order_are_caught_in_the_footer(tmp_path):
    import pyarrow.parquet as pq

    folder = write(tmp_path, copy.deepcopy(CLEAN))
    path = folder / "tumour" / "part-00000.parquet"
    table = pq.read_table(path)
    position = table.schema.get_field_index("age_at_dx")
    pq.write_table(table.set_column(position, "age_at_dx", table["age_at_dx"].cast("string")), path)
    counts = dict(jobchecks.schema_of_files(folder))
    assert counts["tumour"].n_fail == 1 and counts["patient"].n_fail == 0
    assert contract_failures(folder, "tumour") == {"CT02"}


def test_month_precision_does_not_look_like_a_contradiction(tmp_path):
    rows = copy.deepcopy(CLEAN)
    rows["tumour"][0] |= {
        "first_dx_date": D(2020, 1, 20),
        "advanced_date": D(2020, 1, 15),
        "advanced_date_precision": "M",
    }
    assert fails(rows, tmp_path, "TM07") == 0


def test_negated_mention_beside_an_affirmed_one_is_evidence(tmp_path):
    rows = copy.deepcopy(CLEAN)
    rows["entity_mention"][2]["polarity"] = "negated"
    rows["metastasis"] = []
    rows["staging"][0]["mention_ids"] = [token("m2"), token("m3")]
    assert fails(rows, tmp_path, "NP04") == 0


def test_an_expectation_that_cannot_be_asked_is_an_error_and_not_bad_data(tmp_path):
    import pyarrow.parquet as pq

    folder = write(tmp_path, copy.deepcopy(CLEAN)) / "surgery"
    path = folder / "part-00000.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["op_date"]), path)
    pattern = ValidationSettings().token_pattern
    outcomes = Judge().contract(folder, release("surgery"), engine="pandas", token_pattern=pattern)
    assert {(o.rule, o.column) for o in outcomes if o.error} == {("CT02", "op_date"), ("CT03", "op_date")}
    assert {o.rule for o in outcomes if not o.success and not o.error} == {"CT01"}


def test_recomputed_values(tmp_path):
    rows = copy.deepcopy(CLEAN)
    key = rows["endpoint"][0]["endpoint_id"]
    days = rows["endpoint"][0]["time_days"]
    rows["endpoint"][0]["time_days"] = 1
    rows["patient"][0] |= {"age_at_index": 94, "birth_year": 1926}
    wanted = [
        ("endpoint", key, "EN01", "time_days"),
        ("patient", FEMALE, "DI05", "age_at_index"),
        ("patient", FEMALE, "DI05", "birth_year"),
    ]
    assert recompute(write(tmp_path, rows), wanted) == [
        ("endpoint", key, "time_days", str(days)),
        ("patient", FEMALE, "age_at_index", "90"),
        ("patient", FEMALE, "birth_year", None),
    ]


def test_a_row_that_a_join_repeats_counts_once_and_fails_if_any_of_them_does(tmp_path):
    rows = copy.deepcopy(CLEAN)
    tumour = rows["staging"][3]["tumour_id"]
    for positive in (0, 2, 3):
        add(rows, "pathology", tumour_id=tumour, report_date=D(2021, 8, 22), ln_positive=positive)
    assert fails(rows, tmp_path, "PL15") == 1
