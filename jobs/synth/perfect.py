"""Derivation against the plan: complete facts of synthetic people, derived, compared with what was planned for them.

    python -m jobs.synth.perfect [--people 1000] [--seed 7]

No hospital files, no notes: what disagrees here disagrees because of the derivation rules. Prints a table and every person that differs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from jobs.synth.agreement import Agreement
from jobs.synth.course import Course
from jobs.synth.knowledge import stream
from jobs.synth.simulate import simulate
from jobs.synth.treat import active_doses
from jobs.synth.truth import rule_lines
from warehouse.derive import Rows, Rules, derive_patient, load_rules

CUTOFF = date(2024, 6, 1)
BASE = {"patient_id": "p", "hospital_id": "h", "source_kind": "STRUCTURED", "release_id": "r"}
MAJOR = ("IV", "III", "II", "I", "0")


def contact_days(course: Course) -> list[date]:
    """Days on which the person was in the hospital, in order."""
    days = {course.dx, *(s.day for s in course.surgeries), *(r.start for r in course.radiations)}
    days |= {day for line in course.lines for day in line.cycles}
    days |= {r.day for r in course.responses} | {t.day for t in course.toxicities}
    return sorted(d for d in days if d <= (course.death or CUTOFF))


def facts(course: Course, rules: Rules) -> Rows:
    """What a perfect record of the course would hold."""
    stage, histology = course.stage, str(course.histology[1])
    alive = {"status": "ALIVE_UNK", "contact_date": course.last_contact}
    dead = {"status": "DEAD", "contact_date": course.death, "death_date": course.death, "death_date_precision": "D"}
    return {
        "patient": [{**BASE, "birth_year": course.person.birth.year, "sex": course.person.sex}],
        "encounter": [{**BASE, "encounter_id": f"v{i}", "encounter_type": "OUT", "start_date": day, "end_date": day} for i, day in enumerate(contact_days(course))],
        "tumour_fact": [{**BASE, "first_dx_date": course.dx, "dx_date_precision": "D", "topography_icdo3": course.site[1], "morphology_icdo3": histology, "tumour_code": course.code, "recurrence_date": course.recurrence}],
        "pathology": [{**BASE, "pathology_id": "a", "report_date": course.dx, "report_date_precision": "D", "morphology_icdo3": histology}],
        "staging": [{**BASE, "staging_id": "s", "stage_date": course.dx, "stage_class": course.dx_class, "t_category": stage.t or None, "n_category": stage.n or None, "m_category": stage.m or None, "stage_group_recorded": stage.group, "staging_system": course.cfg["staging_system"]}],
        "metastasis": [{**BASE, "metastasis_id": f"m{i}", "first_seen_date": day, "site_code": site, "certainty": "CONFIRMED"} for i, (site, day) in enumerate(course.metastases)],
        "surgery": [{**BASE, "surgery_id": f"o{i}", "op_date": s.day, "procedure_kind": "RESECTION", "intent": "CURATIVE"} for i, s in enumerate(course.surgeries)],
        "radiotherapy": [{**BASE, "radiotherapy_id": f"r{i}", "start_date": r.start, "end_date": r.end, "intent": r.intent} for i, r in enumerate(course.radiations)],
        "drug_administration": list(_doses(course, rules)),
        "response_assessment": [{**BASE, "response_id": f"q{i}", "assessed_date": r.day, "date_precision": "D", "response": r.code} for i, r in enumerate(course.responses)],
        "follow_up": [{**BASE, "channel": "PHONE", **(dead if course.death else alive)}] if course.death or course.last_contact else [],
    }  # fmt: skip


def _doses(course: Course, rules: Rules) -> Iterable[dict[str, Any]]:
    for line in course.lines:
        for number, day in enumerate(line.cycles, 1):
            for dose in active_doses(line, number):
                drug = rules.drugs[dose.inn]
                yield {**BASE, "drug_admin_id": f"{dose.inn}{day}", "drug_name_std": dose.inn, "drug_class": drug.drug_class, "is_antineoplastic": drug.antineoplastic,
                       "record_kind": "ADMINISTERED", "start_date": day, "date_precision": "D", "route": "PO" if drug.oral else "IV", "days_supply": dose.days if drug.oral else None}  # fmt: skip


def planned_progression_free(course: Course, start: date) -> tuple[int, date]:
    """Event and end of rwPFS from the plan alone, as the definition words it: followed until a hole of more than 90 days between contacts."""
    known = start
    for day in (d for d in contact_days(course) if d >= start):
        if day - known > timedelta(days=90):
            break
        known = day
    worse = min(
        (r.day for r in course.responses if r.code == "PD" and r.day > start + timedelta(days=14)), default=None
    )
    if worse and worse <= known:
        return 1, worse
    if course.death and course.death <= known + timedelta(days=30):
        return 1, course.death
    return 0, known


def compare_person(result: Agreement, number: int, course: Course, derived: Rows) -> None:
    """Add the cases of one person: type and date of the tumour, stage, lines, OS, rwPFS."""
    tumours, endpoints = derived["tumour"], derived["endpoint"]
    result.add("tumour type", number, [course.code], [t["tumour_code"] for t in tumours])
    result.add("first diagnosis", number, [course.dx], [t["first_dx_date"] for t in tumours])
    result.add("stage group", number, _major(course.stage.group), next((s["stage_group"] for s in derived["staging"]), None))  # fmt: skip
    planned = [(x["setting"], x["line_number"], x["is_maintenance"], x["start"], " + ".join(sorted(x["drugs"]))) for x in rule_lines(course)]  # fmt: skip
    found = [(x["setting"], x["line_number"], x["is_maintenance"], str(x["start_date"]), x["line_name"]) for x in derived["line_of_therapy"]]  # fmt: skip
    result.add("line starts and names", number, planned, found)
    survival = [e for e in endpoints if e["definition_id"] == "os_default@1" and e["index_event"] == "DX"]
    result.add("OS: event", number, [int(course.death is not None)], [e["event"] for e in survival])
    if course.death:
        result.add("OS: end", number, [course.death], [e["end_date"] for e in survival])
    for row in (e for e in endpoints if e["definition_id"] == "rwpfs_default@1"):
        wanted = planned_progression_free(course, row["index_date"])
        result.add("rwPFS", number, wanted, (row["event"], row["end_date"]))


def _major(group: str) -> str:
    return next((major for major in MAJOR if group.upper().startswith(major)), "UNK")


def compare(people: int, seed: int = 7) -> Agreement:
    """Derive and compare that many people."""
    rules, result = load_rules().with_cutoff(CUTOFF), Agreement()
    for number in range(people):
        course = simulate(stream(seed, number, "course"), number, CUTOFF)
        compare_person(result, number, course, derive_patient(facts(course, rules), rules))
    return result


def main() -> None:
    """Print the table, then every case that differs."""
    parser = argparse.ArgumentParser(description="Derivation of complete facts against the plan of synthetic people")
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    result = compare(options.people, options.seed)
    misses = (
        f"{name}: person {n}: planned {a}, derived {b}" for name, found in result.misses.items() for n, a, b in found
    )
    sys.stdout.write("\n".join([str(result), *misses]) + "\n")


if __name__ == "__main__":
    main()
