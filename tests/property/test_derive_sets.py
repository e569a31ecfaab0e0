"""The set form gives the same rows as the single patient's form: synthetic courses, and the same courses with faults of every kind."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from bench.warehouse_people import CUTOFF, person_rows
from jobs.derive.worker import dealt
from tests.property.test_derive_columnar import _as_text, _tables
from warehouse.derive import DERIVED_TABLES, Row, Rows, Rules, derive_patient, load_rules
from warehouse.derive.columnar import COURSE_TABLES, derive_tables, reads
from warehouse.derive.columnar.arrays import Group
from warehouse.derive.sets.bucket import bucket

RULES = load_rules().with_cutoff(CUTOFF)
PEOPLE = 60
CHANCE = 0.08
"""Of a change in a cell that may change."""

PRECISION = ("D", "M", "Y", None)
DAYS = (-400, -120, -30, -7, -1, 1, 6, 7, 8, 27, 28, 29, 31, 90, 121, 400)
OTHERS: dict[str, dict[str, tuple[Any, ...]]] = {
    "patient": {"birth_year": (1900, 1931, None), "death_date": (date(2021, 3, 15), None), "death_date_precision": PRECISION, "death_source": ("CDC", None), "n_documents": (3,), "review_status": (None, "REVIEWED")},
    "encounter": {"discharge_disposition": ("死亡", "5", None), "encounter_type": ("TELE",)},
    "diagnosis": {"certainty": ("SUSPECTED", "HISTORY", None), "date_precision": PRECISION, "icd10_code": ("C34.9", "C34.101", "C80.9", "C78.0", "D02.2", None), "name_raw": ("术后复发", None, ""), "dx_role": ("PATHOLOGY",), "source_kind": ("NLP",), "hospital_id": ("h2", None), "laterality": ("L", "R", "UNK"), "grade": ("G2",)},
    "tumour_fact": {"certainty": ("SUSPECTED", None), "confidence": (0.5, 0.8), "dx_date_precision": PRECISION, "laterality": ("L", "R", "B", "NA"), "morphology_icdo3": ("8140/3", "8010/3", "8000/3", None), "topography_icdo3": ("C34.1", "C34.8", "C34", None), "first_dx_date": (None,), "recurrence_date": (date(2021, 6, 15),), "recurrence_date_precision": PRECISION, "size_text": ("3cm", ""), "primary_site_text": ("左肺上叶",), "histology_raw": ("腺癌",), "dx_basis": ("IMAGING", "CYTOLOGY", "?"), "behaviour": ("2", "6")},
    "pathology": {"morphology_icdo3": ("8140/3", "8070/3", "8000/3", "8010/6", None), "specimen_date": (None,), "specimen_type": ("CYTOLOGY", None), "surgery_id": (None, ""), "report_date_precision": PRECISION},
    "staging": {"stage_class": ("p", "yp", "c", None), "staging_system": ("FIGO", "VALG", "BINET", None), "edition": ("7", "8"), "m_category": ("M1", "M0", None), "t_category": ("T2", None), "stage_group_recorded": ("IIIB", "Ⅳ期", "IIIC", "ED", None), "stage_date_precision": PRECISION},
    "metastasis": {"certainty": ("SUSPECTED",), "site_code": ("LN_REGIONAL",), "first_seen_date_precision": PRECISION},
    "biomarker": {"marker": ("P16",), "result": ("POS", "NEG")},
    "surgery": {"intent": ("PALLIATIVE", "UNK", None), "residual": ("R2",), "procedure_kind": ("HSCT", "BIOPSY", "ENDOSCOPIC")},
    "radiotherapy": {"intent": ("RADICAL", "UNK", None), "total_dose_gy": (50.4, None), "fractions": (25, None), "end_date": (None,), "dose_per_fraction_gy": (2.0,)},
    "drug_administration": {"record_kind": ("ORDERED", "DISPENSED", "REPORTED"), "hospital_id": ("h2",), "route": (None, "PO"), "days_supply": (7, 30, 0, None), "date_precision": PRECISION, "source_kind": ("NLP",), "drug_name_std": ("cisplatin", "carboplatin", "bevacizumab", "leuprorelin"), "drug_class": ("SUPPORT",), "is_antineoplastic": (False,)},
    "regimen_fact": {"start_date": (None,), "drug_names": (["osimertinib"], None), "clinician_line": (2, None), "regimen_alias": ("TC", "EC方案")},
    "response_assessment": {"response": ("PD", "CR", "PSEUDO_PD", "VGPR", None), "is_progression": (True,), "date_precision": PRECISION, "sum_target_mm": (30.0, 45.5), "pct_change": (5.0,)},
    "adverse_event": {"grade": (None,), "is_irae": (None,)},
    "comorbidity": {"first_date": (None, date(2024, 5, 1))},
    "follow_up": {"status": ("DEAD", "LOST", "ALIVE_NED"), "channel": ("VISIT", "CDC"), "death_date": (date(2022, 2, 15), None), "death_date_precision": PRECISION, "source_kind": ("NLP",)},
}  # fmt: skip
"""What cells may become instead."""


def changed(rows: Rows, draw: random.Random) -> Rows:
    """The rows with some cells changed, days moved, rows doubled or lost."""
    found: Rows = {}
    for table, held in rows.items():
        kept = [
            dict(r) for r in held for _ in range(draw.choices((0, 1, 2), (1, 30, 1))[0] if table != "patient" else 1)
        ]
        for row in kept:
            for column, others in OTHERS.get(table, {}).items():
                if draw.random() < CHANCE:
                    row[column] = draw.choice(others)
            for column, value in row.items():
                if isinstance(value, date) and draw.random() < CHANCE:
                    row[column] = value + timedelta(days=draw.choice(DAYS))
        if kept:
            found[table] = kept
    return found


def told_only(rows: Rows, draw: random.Random) -> Rows:
    """The drug records of a hospital that has none: what is known comes from notes, at the days of notes."""
    days = {r["document_id"]: r["doc_date"] for r in rows.get("document", ())}
    drugs: list[Row] = []
    for row in rows.get("drug_administration", ()):
        document = draw.choice([None, *days])
        day = days[document] if document and draw.random() < 0.4 else row["start_date"]
        drugs.append(
            {
                **row,
                "record_kind": draw.choice(("REPORTED", "REPORTED", "ORDERED")),
                "document_id": document,
                "start_date": day,
            }
        )
    return {**rows, "drug_administration": [d for d in drugs if draw.random() < 0.4]}


def without_reports(rows: Rows, draw: random.Random) -> Rows:
    """No report of pathology; in half of the people no histology at all, some notes name another type or organ."""
    facts = [dict(r) for r in rows.get("tumour_fact", ())]
    if draw.random() < 0.5:
        facts = [{**f, "morphology_icdo3": None, "tumour_code": draw.choice((None, f["tumour_code"], "NSCLC", "SCLC"))} for f in facts]  # fmt: skip
    kept = {t: r for t, r in rows.items() if t != "pathology"}
    return changed({**kept, "tumour_fact": facts}, draw) if facts else kept


def at_the_edges(rows: Rows, draw: random.Random) -> Rows:
    """Days moved to where the rules' windows, gaps and holes end, a day more or less."""
    found = {t: [dict(r) for r in held] for t, held in rows.items()}
    last: dict[str, date] = {}
    for row in sorted(found.get("drug_administration", ()), key=lambda r: r["start_date"]):
        if draw.random() < 0.3 and (before := last.get(row["drug_name_std"])):
            row["start_date"] = before + timedelta(days=draw.choice((7, 8, 9, 28, 29, 119, 120, 121, 180, 181)))
        last[row["drug_name_std"]] = row["start_date"] + timedelta(days=(row["days_supply"] or 1) - 1)
    doses = sorted(r["start_date"] for r in found.get("drug_administration", ())) or [date(2021, 1, 1)]

    def near(*steps: int) -> date:
        return draw.choice((doses[0], draw.choice(doses))) + timedelta(days=draw.choice(steps))

    first = draw.choice(doses[:3])
    found["encounter"] = [{**r, "start_date": (d := near(0, 90, 91, 180)), "end_date": d} for r in found["encounter"] if draw.random() < 0.2]  # fmt: skip
    found["document"] = [r for r in found.get("document", ()) if draw.random() < 0.3]
    for table in ("vital_sign", "lab_measurement", "imaging_finding"):
        found.pop(table, None)
    for row in found.get("response_assessment", ()):
        row["assessed_date"] = near(0, 13, 14, 15, 31)
    for row in found.get("surgery", ()):
        row["op_date"], row["source_kind"] = first, "NLP"
    for table, column in (("metastasis", "first_seen_date"), ("staging", "stage_date")):
        for row in found.get(table, ()):
            row[column] = first + timedelta(days=draw.choice((-120, 0, 30, 31, 60)))
    for row in found.get("pathology", ()):
        row["specimen_date"] = row["report_date"] = first + timedelta(days=draw.choice((-1, 0, 45, 46, 89, 90, 91)))
    if draw.random() < 0.4:  # treated elsewhere: doses are no visits
        found["drug_administration"] = [{**r, "source_kind": "NLP"} for r in found.get("drug_administration", ())]
    for row in found.get("follow_up", ()):
        if row.get("death_date"):
            row["death_date"], row["death_date_precision"] = near(-16, -15, -14, 14, 15, 30, 31), draw.choice("DDMMY")
            seen = row["death_date"] + timedelta(days=draw.choice((-16, -15, -14, -1, 14, 15, 16)))
            found["encounter"].append({**rows["encounter"][0], "encounter_type": "IN", "start_date": seen, "end_date": seen})  # fmt: skip
            for met in found.get("metastasis", ())[:1]:
                met["first_seen_date"] = row["death_date"]
    return {t: r for t, r in found.items() if r}


CROWDS: dict[str, Callable[[Rows, random.Random], Rows]] = {
    "as simulated": lambda rows, draw: rows,
    "changed": changed,
    "changed twice": lambda rows, draw: changed(changed(rows, draw), draw),
    "without reports": without_reports,
    "at the edges": at_the_edges,
    "told in notes": told_only,
}


def crowd(name: str, seed: int = 11, people: int = PEOPLE) -> list[Rows]:
    """Synthetic people of one kind."""
    return [CROWDS[name](person_rows(n, seed), random.Random(f"{name}{seed}{n}")) for n in range(people)]


def differences(people: list[Rows], rules: Rules) -> list[str]:
    """Tables that differ, with the first rows that do."""
    inputs = {name: part for name, table in _tables(people).items() for _, part in dealt(table, 1)}
    got = derive_tables(inputs, rules, DERIVED_TABLES)
    expected = [derive_patient(rows, rules) for rows in people]
    found = []
    for table in (*DERIVED_TABLES, "_unplaced"):
        mine = _as_text(table, got[table].to_pylist())
        wanted = _as_text(table, [r for derived in expected for r in derived.get(table, ())])
        if mine != wanted:
            odd = next(((a, b) for a, b in zip(mine, wanted, strict=False) if a != b), None)
            found.append(f"{table} ({len(mine)}, {len(wanted)} rows): {odd}")
    return found


@pytest.mark.parametrize("name", CROWDS)
def test_both_forms_give_the_same_rows(name: str) -> None:
    assert differences(crowd(name), RULES) == []


def test_without_a_cutoff_and_with_one_gap_for_all() -> None:
    assert differences(crowd("changed", 12, 20), load_rules().with_gap(60)) == []


def test_the_declared_columns_are_enough() -> None:
    """The job sends of a table that does not come out again only what ``reads`` names."""
    tables = _tables(crowd("changed", 13, 30))
    narrow = {name: t.select([c for c in t.column_names if c in reads(name)]) for name, t in tables.items()}
    assert derive_tables(narrow, RULES, COURSE_TABLES) == derive_tables(tables, RULES, COURSE_TABLES)


def plain_share(people: list[Rows]) -> float:
    """Share of people whom the set form derives."""
    tables = _tables(people)
    ids = pc.unique(tables["patient"]["patient_id"])
    groups = {name: Group.of(table, ids) for name, table in tables.items()}
    return float(bucket(groups, pa.array(ids), RULES).is_plain.mean())


def test_the_set_form_derives_the_usual_patient() -> None:
    assert plain_share(crowd("as simulated")) == 1.0
    assert 0.2 < plain_share(crowd("changed")) < 1.0
