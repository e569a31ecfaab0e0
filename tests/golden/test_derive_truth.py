"""Complete facts of synthetic people: derivation finds the tumours, lines and deaths that were planned for them."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest

from jobs.synth.course import Course
from jobs.synth.knowledge import stream
from jobs.synth.simulate import simulate
from jobs.synth.treat import active_doses
from jobs.synth.truth import rule_lines
from warehouse.derive import Rows, derive_patient, load_rules

CUTOFF = date(2024, 6, 1)
RULES = load_rules().with_cutoff(CUTOFF)
PEOPLE = 150
WANTED = 0.98
BASE = {"patient_id": "p", "hospital_id": "h", "source_kind": "STRUCTURED", "release_id": "r"}


def _facts(course: Course) -> Rows:
    """What a perfect record of the course would hold."""
    stage, histology = course.stage, str(course.histology[1])
    alive = {"status": "ALIVE_UNK", "contact_date": course.last_contact}
    dead = {"status": "DEAD", "contact_date": course.death, "death_date": course.death, "death_date_precision": "D"}
    return {
        "patient": [{**BASE, "birth_year": course.person.birth.year, "sex": course.person.sex}],
        "tumour_fact": [{**BASE, "first_dx_date": course.dx, "dx_date_precision": "D", "topography_icdo3": course.site[1], "morphology_icdo3": histology, "tumour_code": course.code, "recurrence_date": course.recurrence}],
        "pathology": [{**BASE, "pathology_id": "a", "report_date": course.dx, "report_date_precision": "D", "morphology_icdo3": histology}],
        "staging": [{**BASE, "staging_id": "s", "stage_date": course.dx, "t_category": stage.t or None, "n_category": stage.n or None, "m_category": stage.m or None, "stage_group_recorded": stage.group, "staging_system": course.cfg["staging_system"]}],
        "metastasis": [{**BASE, "metastasis_id": f"m{i}", "first_seen_date": day, "site_code": site, "certainty": "CONFIRMED"} for i, (site, day) in enumerate(course.metastases)],
        "surgery": [{**BASE, "surgery_id": f"o{i}", "op_date": s.day, "procedure_kind": "RESECTION", "intent": "CURATIVE"} for i, s in enumerate(course.surgeries)],
        "radiotherapy": [{**BASE, "radiotherapy_id": f"r{i}", "start_date": r.start, "end_date": r.end, "intent": r.intent} for i, r in enumerate(course.radiations)],
        "drug_administration": _drugs(course),
        "response_assessment": [{**BASE, "response_id": f"q{i}", "assessed_date": r.day, "date_precision": "D", "response": r.code} for i, r in enumerate(course.responses)],
        "follow_up": [{**BASE, "channel": "PHONE", **(dead if course.death else alive)}] if course.death or course.last_contact else [],
    }  # fmt: skip


def _drugs(course: Course) -> list[dict[str, Any]]:
    found = []
    for line in course.lines:
        for number, day in enumerate(line.cycles, 1):
            for dose in active_doses(line, number):
                drug = RULES.drugs[dose.inn]
                found.append({**BASE, "drug_admin_id": f"{dose.inn}{day}", "drug_name_std": dose.inn, "drug_class": drug.drug_class, "is_antineoplastic": drug.antineoplastic,
                              "record_kind": "ADMINISTERED", "start_date": day, "date_precision": "D", "route": "PO" if drug.oral else "IV", "days_supply": dose.days if drug.oral else None})  # fmt: skip
    return found


@pytest.fixture(scope="module")
def agreement() -> Counter[str]:
    """People for whom each derived thing is as planned."""
    found: Counter[str] = Counter()
    for number in range(PEOPLE):
        course = simulate(stream(7, number, "course"), number, CUTOFF)
        derived = derive_patient(_facts(course), RULES)
        tumours = derived["tumour"]
        found["type"] += [t["tumour_code"] for t in tumours] == [course.code]
        found["diagnosis"] += [t["first_dx_date"] for t in tumours] == [course.dx]
        planned = [
            (x["setting"], x["line_number"], x["is_maintenance"], x["start"], " + ".join(sorted(x["drugs"])))
            for x in rule_lines(course)
        ]
        found["lines"] += planned == [
            (x["setting"], x["line_number"], x["is_maintenance"], str(x["start_date"]), x["line_name"])
            for x in derived["line_of_therapy"]
        ]
        survival = [
            (e["event"], e["end_date"])
            for e in derived["endpoint"]
            if e["definition_id"] == "os_default@1" and e["index_event"] == "DX"
        ]
        found["survival"] += [s[0] for s in survival] == [int(course.death is not None)] and (
            course.death is None or survival[0][1] == course.death
        )
    return found


@pytest.mark.parametrize("what", ["type", "diagnosis", "lines", "survival"])
def test_derived_agrees_with_what_was_planned(agreement: Counter[str], what: str) -> None:
    assert agreement[what] / PEOPLE >= WANTED
