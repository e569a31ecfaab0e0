"""What must hold for every patient, however odd: lines, endpoints, links, and independence of order, calendar and company."""

from __future__ import annotations

import itertools
import random
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.derive import Rows, derive_patient, load_rules
from warehouse.schema import release

START = date(2019, 1, 5)
RULES = load_rules().with_cutoff(START + timedelta(days=2400))
CODES = ["C34.9", "C34.1", "C50.9", "C16.2", "C18.7", "C22.0", "C61", "C83.3", "C90.0", "C11.9", "C78.0", "C80.9"]
MORPHOLOGIES = ["8140/3", "8041/3", "8070/3", "8500/3", "9680/3", "9732/3", "8000/3", "8140/6"]
DRUGS = [
    "cisplatin",
    "carboplatin",
    "pemetrexed",
    "paclitaxel",
    "docetaxel",
    "bevacizumab",
    "osimertinib",
    "pembrolizumab",
    "capecitabine",
    "letrozole",
    "bortezomib",
    "lenalidomide",
    "cetuximab",
    "fluorouracil",
]
BASE = {"patient_id": "p", "hospital_id": "h", "release_id": "r", "source_kind": "STRUCTURED"}

day = st.integers(0, 1500).map(lambda n: START + timedelta(days=n))
precision = st.sampled_from(["D", "D", "D", "M"])


def _rows(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries(columns), max_size=5)


def _maybe(values: list[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


@st.composite
def treatments(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Courses of drugs: some cycles of a drug from a day on."""
    found = []
    for _ in range(draw(st.integers(0, 8))):
        drug = RULES.drugs[draw(st.sampled_from(DRUGS))]
        first, step, times = (
            START + timedelta(days=draw(st.integers(0, 400))),
            draw(st.sampled_from([7, 14, 21, 28])),
            draw(st.integers(1, 6)),
        )
        kind = draw(st.sampled_from(["ADMINISTERED", "ADMINISTERED", "DISPENSED", "ORDERED", "REPORTED"]))
        exact = draw(precision)
        found += [
            {"drug_name_std": drug.inn, "drug_class": drug.drug_class, "is_antineoplastic": True, "record_kind": kind, "start_date": first + timedelta(days=step * n),
             "date_precision": exact, "route": "PO" if drug.oral else "IV", "days_supply": draw(_maybe([7, 30])) if drug.oral else None}
            for n in range(times)
        ]  # fmt: skip
    return found


@st.composite
def patients(draw: st.DrawFn) -> Rows:
    """One patient's conformed rows."""
    tables = {
        "diagnosis": draw(_rows(diagnosis_date=day, date_precision=precision, icd10_code=st.sampled_from(CODES), certainty=st.sampled_from(["CONFIRMED", "SUSPECTED"]), name_raw=st.sampled_from(["", "复发"]))),
        "pathology": draw(_rows(report_date=day, morphology_icdo3=st.sampled_from(MORPHOLOGIES), specimen_type=st.sampled_from(["BIOPSY", "RESECTION"]))),
        "tumour_fact": draw(_rows(tumour_code=st.sampled_from(["NSCLC", "GASTRIC", "BREAST"]), first_dx_date=day, dx_date_precision=precision, recurrence_date=st.one_of(st.none(), day))),
        "staging": draw(_rows(stage_date=day, stage_group_recorded=_maybe(["IVA", "IIIB", "II"]), edition=st.just("8"), t_category=_maybe(["T2"]), n_category=_maybe(["N1"]), m_category=_maybe(["M0", "M1"]))),
        "metastasis": draw(_rows(first_seen_date=day, site_code=st.sampled_from(["BRAIN", "LN_REGIONAL"]), certainty=st.sampled_from(["CONFIRMED", "SUSPECTED"]))),
        "surgery": draw(_rows(op_date=day, procedure_kind=st.sampled_from(["RESECTION", "HSCT", "BIOPSY"]), intent=_maybe(["CURATIVE", "PALLIATIVE"]))),
        "radiotherapy": draw(_rows(start_date=day, intent=_maybe(["RADICAL", "PALLIATIVE"]))),
        "drug_administration": draw(treatments()),
        "response_assessment": draw(_rows(assessed_date=day, date_precision=precision, response=st.sampled_from(["CR", "PR", "SD", "PD", "NE", "PSEUDO_PD"]))),
        "follow_up": draw(_rows(contact_date=day, channel=st.sampled_from(["PHONE", "VISIT", "CDC"]), status=st.sampled_from(["ALIVE_NED", "LOST", "DEAD"]), death_date=st.one_of(st.none(), day), death_date_precision=st.sampled_from(["D", "M", "Y"]))),
        "encounter": draw(_rows(start_date=day, encounter_type=st.sampled_from(["IN", "OUT", "TELE"]), discharge_disposition=_maybe(["5", "1"]))),
        "lab_measurement": draw(_rows(sample_date=day, test_code=st.sampled_from(["751-8", "718-7"]), value_num=st.floats(0.1, 150))),
    }  # fmt: skip
    if draw(st.integers(0, 3)):
        tables["diagnosis"].append(
            {
                "diagnosis_date": START,
                "date_precision": "D",
                "icd10_code": draw(st.sampled_from(CODES[:6])),
                "certainty": "CONFIRMED",
                "name_raw": "",
            }
        )
        tables["staging"].append(
            {"stage_date": START + timedelta(days=5), "stage_group_recorded": "IV", "edition": "8"}
        )
    keys = {"drug_administration": "drug_admin_id", "response_assessment": "response_id"}
    rows: Rows = {"patient": [{**BASE, "sex": "F", "birth_year": 1950}]}
    for table, found in tables.items():
        rows[table] = [
            {**BASE, keys.get(table, f"{table}_id"): f"{table}{n:03d}", "source_ref": f"{table}{n:03d}", **row}
            for n, row in enumerate(found)
        ]
    return rows


checked = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    derandomize=True,
)


@checked
@given(patients())
def test_lines_never_overlap_and_numbers_have_no_holes(rows: Rows) -> None:
    derived = derive_patient(rows, RULES)
    for tumour in derived["tumour"]:
        lines = sorted(
            (r for r in derived["line_of_therapy"] if r["tumour_id"] == tumour["tumour_id"]),
            key=lambda r: r["start_date"],
        )
        assert all(a["end_date"] < b["start_date"] for a, b in itertools.pairwise(lines))
        assert all(r["start_date"] <= r["last_dose_date"] <= r["end_date"] for r in lines)
        numbers = [r["line_number"] for r in lines if r["setting"] == "ADVANCED"]
        assert sorted(set(numbers)) == list(range(1, len(set(numbers)) + 1))
        assert numbers == sorted(numbers)


@checked
@given(patients())
def test_endpoints_are_consistent(rows: Rows) -> None:
    endpoints = derive_patient(rows, RULES)["endpoint"]
    keys = [(e["tumour_id"], e["line_id"], e["endpoint"], e["definition_id"]) for e in endpoints]
    assert len(keys) == len(set(keys))
    survival = {e["line_id"]: e for e in endpoints if e["definition_id"] == "os_default@1" and e["line_id"]}
    for e in endpoints:
        assert e["time_days"] == (e["end_date"] - e["index_date"]).days >= 0
        if e["endpoint"] == "RWPFS":
            assert e["end_date"] <= survival[e["line_id"]]["end_date"]


@checked
@given(patients())
def test_order_of_rows_does_not_matter(rows: Rows) -> None:
    shuffled = deepcopy(rows)
    for found in shuffled.values():
        random.Random(7).shuffle(found)
    assert _comparable(derive_patient(rows, RULES)) == _comparable(derive_patient(shuffled, RULES))


@checked
@given(patients(), st.integers(-200, 400))
def test_shifting_all_dates_shifts_the_results_and_nothing_else(rows: Rows, offset: int) -> None:
    before = derive_patient(rows, RULES)
    assert RULES.cutoff is not None
    after = derive_patient(_shifted(rows, offset), RULES.with_cutoff(RULES.cutoff + timedelta(days=offset)))
    assert _comparable(_shifted(before, offset)) == _comparable(after)


@checked
@given(patients(), patients())
def test_another_patient_changes_nothing(rows: Rows, other: Rows) -> None:
    alone = derive_patient(deepcopy(rows), RULES)
    derive_patient(other, RULES)
    assert derive_patient(rows, RULES) == alone


@checked
@given(patients())
def test_rows_meet_the_table_model(rows: Rows) -> None:
    derived = derive_patient(rows, RULES)
    tumours, lines = {r["tumour_id"] for r in derived["tumour"]}, {r["line_id"] for r in derived["line_of_therapy"]}
    for table in ("tumour", "line_of_therapy", "regimen", "endpoint"):
        columns = {c.name: c for c in release(table).columns}
        for row in derived[table]:
            assert set(row) <= set(columns), table
            assert all(row[c.name] is not None for c in columns.values() if c.required), table
            assert all(
                row[c] in columns[c].values
                for c in columns
                if columns[c].values and c != "exemptions" and row.get(c) is not None
            ), table
            assert row["tumour_id"] in tumours
            assert row.get("line_id") is None or row["line_id"] in lines


def _shifted(rows: Rows, offset: int) -> Rows:
    step = timedelta(days=offset)
    return {
        t: [{c: v + step if isinstance(v, date) else v for c, v in r.items()} for r in found]
        for t, found in rows.items()
        if t != "_unplaced"
    }


def _comparable(derived: Rows) -> dict[str, list[str]]:
    """Rows as sorted text; ages follow the calendar year and are left out."""
    ages = ("age_at_dx", "age_at_index")
    return {
        t: sorted(str(sorted((c, str(v)) for c, v in r.items() if c not in ages)) for r in found)
        for t, found in derived.items()
        if t != "_unplaced"
    }
