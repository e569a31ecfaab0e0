"""Synthetic courses as conformed warehouse rows, with no notes and no language stage: what the benchmarks of the warehouse eat.

Every course of ``jobs.synth`` becomes the rows that a good reading of its hospital record would give: repeated coded diagnoses,
stages told again in later notes, cycles, laboratory values, vital signs, documents with mentions. Deterministic by seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from jobs.synth.course import Course
from jobs.synth.knowledge import stream
from jobs.synth.simulate import simulate
from jobs.synth.treat import active_doses
from warehouse.compile.arrow import ARROW_TYPES, arrow_schema
from warehouse.derive import Row, Rows, load_rules
from warehouse.derive.common import token
from warehouse.schema import release, release_tables

CUTOFF = date(2024, 6, 1)
LABS = (("6690-2", "10*9/L", 6.0, 2.0), ("751-8", "10*9/L", 3.6, 1.6), ("777-3", "10*9/L", 210.0, 80.0), ("718-7", "g/L", 122.0, 18.0),
        ("1742-6", "U/L", 28.0, 18.0), ("2160-0", "umol/L", 70.0, 20.0))  # fmt: skip
"""Code, unit, mean and spread of the values drawn."""
PROVENANCE = {"confidence": None, "review_status": "NOT_REVIEWED", "release_id": "", "dq_flags": None}


class Writer:
    """Collects the rows of one person; every row gets its keys and provenance."""

    def __init__(self, number: int, rng: random.Random) -> None:
        self.patient_id, self.rng = token("bench", number), rng
        self.rows: Rows = {}

    def add(self, table: str, key: str = "", document: str | None = None, **columns: Any) -> Row:
        """One row; ``document``: it was read from this note."""
        found = self.rows.setdefault(table, [])
        own = token(self.patient_id, table, len(found))
        row = {"patient_id": self.patient_id, "source_kind": "NLP" if document else "STRUCTURED", "source_ref": own, "document_id": document, "hospital_id": "h1", **PROVENANCE, **columns}  # fmt: skip
        if key:
            row[key] = own
        if document:
            row["confidence"] = 0.9
            row["mention_ids"] = [self._mention(document, table)]
        found.append(row)
        return row

    def _mention(self, document: str, label: str) -> str:
        start = self.rng.randint(0, 900)
        mention = self.add("entity_mention", "mention_id", span_start=start, span_end=start + 6, text="……", label=label.upper(), polarity="affirmed", engine="bench@1", section="COURSE")  # fmt: skip
        mention["document_id"] = document
        return str(mention["mention_id"])


def person_rows(number: int, seed: int = 7) -> Rows:
    """The conformed rows of one synthetic person."""
    course = simulate(stream(seed, number, "course"), number, CUTOFF)
    writer = Writer(number, random.Random(seed * 1_000_003 + number))
    writer.add("patient", sex=course.person.sex, birth_year=course.person.birth.year, vital_status="UNKNOWN", residence_region=(course.person.id_number or "11")[:2])  # fmt: skip
    notes = _visits(writer, course)
    _disease(writer, course, notes)
    _treatment(writer, course, notes)
    _findings(writer, course, notes)
    _end(writer, course)
    return writer.rows


def _visits(writer: Writer, course: Course) -> dict[date, str]:
    """Encounters with notes, diagnoses, vital signs and laboratory values; day -> a note of that day."""
    ends = course.ends() or CUTOFF
    days = {course.dx, *(s.day for s in course.surgeries), *(d for line in course.lines for d in line.cycles)}
    days |= (
        {r.day for r in course.responses} | {t.day for t in course.toxicities} | {r.start for r in course.radiations}
    )
    day = course.dx
    while (day := day + timedelta(days=writer.rng.randint(120, 300))) <= min(ends, CUTOFF):
        days.add(day)
    notes: dict[date, str] = {}
    for day in sorted(d for d in days if d <= ends):
        visit = writer.add("encounter", "encounter_id", encounter_type="IN" if writer.rng.random() < 0.6 else "OUT", start_date=day, end_date=day, discharge_disposition="HOME", is_oncology=True)  # fmt: skip
        if day != course.dx and writer.rng.random() < 0.3:  # a visit for the drip alone
            continue
        kind = "PROGRESS" if visit["encounter_type"] == "IN" else "OUTPATIENT"
        note = writer.add("document", "document_id", doc_type=kind, doc_date=day, n_chars=writer.rng.randint(300, 1500), deid_status="PASS", encounter_id=visit["encounter_id"])  # fmt: skip
        notes[day] = str(note["document_id"])
        writer.add("diagnosis", "diagnosis_id", diagnosis_date=day, date_precision="D", icd10_code=str(course.site[1]), certainty="CONFIRMED", dx_role="MAIN", name_raw=course.cfg["names"][0], encounter_id=visit["encounter_id"])  # fmt: skip
        _measurements(writer, day, str(visit["encounter_id"]))
    return notes


def _measurements(writer: Writer, day: date, visit: str) -> None:
    for measure, value in (("ECOG", writer.rng.choice([0, 1, 1, 1, 2, 3])), ("WEIGHT", 50 + writer.rng.random() * 30)):
        if measure == "WEIGHT" and writer.rng.random() < 0.5:
            continue
        writer.add(
            "vital_sign", "vital_id", measure=measure, measure_date=day, value_num=float(value), encounter_id=visit
        )
    if writer.rng.random() < 0.25:
        for code, unit, mean, spread in LABS:
            writer.add("lab_measurement", "lab_id", test_code=code, sample_date=day, value_num=round(max(0.1, writer.rng.gauss(mean, spread)), 1), unit=unit, specimen="BLOOD", encounter_id=visit)  # fmt: skip


def _disease(writer: Writer, course: Course, notes: dict[date, str]) -> None:
    histology, stage = str(course.histology[1]), course.stage
    writer.add("pathology", "pathology_id", specimen_date=course.dx, report_date=course.dx, report_date_precision="D", specimen_type="BIOPSY", morphology_icdo3=histology, histology_raw=course.histology[2])  # fmt: skip
    told = [(day, note) for day, note in sorted(notes.items()) if day >= course.dx]
    for day, note in told[::3]:
        writer.add("tumour_fact", document=note, tumour_code=course.code, topography_icdo3=course.site[1], morphology_icdo3=histology, first_dx_date=course.dx, dx_date_precision="D", fact_date=day, fact_date_precision="D", certainty="CONFIRMED", laterality=course.laterality, recurrence_date=course.recurrence if course.recurrence and course.recurrence <= day else None)  # fmt: skip
    for _, note in told[::4]:
        writer.add("staging", "staging_id", document=note, stage_date=course.dx, stage_date_precision="D", stage_class=course.dx_class, staging_system=course.cfg["staging_system"], t_category=stage.t or None, n_category=stage.n or None, m_category=stage.m or None, stage_group_recorded=stage.group)  # fmt: skip
    for site, day in course.metastases:
        writer.add("metastasis", "metastasis_id", document=notes.get(day) or told[0][1], first_seen_date=day, first_seen_date_precision="D", site_code=site, certainty="CONFIRMED")  # fmt: skip
    for marker in course.markers:
        writer.add("biomarker", "biomarker_id", marker=marker.marker, marker_class="GENE_VARIANT" if marker.is_gene else "IHC", method=marker.method, report_date=marker.day, report_date_precision="D", status="TESTED", result=marker.result, variant_hgvs_p=marker.variant_p or None, exon=marker.exon or None, vaf=marker.vaf, ihc_score="3+" if marker.marker == "HER2" and marker.result == "POS" else None)  # fmt: skip
    if course.code == "HCC":
        writer.add("tumour_attribute", "attribute_id", variable_code="CHILD_PUGH", value_text=writer.rng.choice(["A5", "A6", "B7", "C10"]), assessed_date=course.dx)  # fmt: skip
    for condition in ("I10", "E11", "K73"):
        if writer.rng.random() < 0.2:
            writer.add("comorbidity", "comorbidity_id", condition_code=condition, first_date=course.dx - timedelta(days=900), active=True)  # fmt: skip


def _treatment(writer: Writer, course: Course, notes: dict[date, str]) -> None:
    drugs = load_rules().drugs
    for surgery in course.surgeries:
        row = writer.add("surgery", "surgery_id", op_date=surgery.day, procedure_kind="RESECTION", intent="CURATIVE", approach=surgery.approach)  # fmt: skip
        after = surgery.day + timedelta(days=7)
        writer.add("pathology", "pathology_id", specimen_date=surgery.day, report_date=after, report_date_precision="D", specimen_type="RESECTION", surgery_id=row["surgery_id"], morphology_icdo3=str(course.histology[1]), pcr=surgery.complete_response if surgery.after_therapy else None, ln_examined=surgery.nodes_examined, ln_positive=surgery.nodes_positive)  # fmt: skip
    for course_of in course.radiations:
        writer.add("radiotherapy", "radiotherapy_id", start_date=course_of.start, end_date=course_of.end, intent=course_of.intent, total_dose_gy=course_of.dose_gy, fractions=course_of.fractions, target_site=course_of.site)  # fmt: skip
    for line in course.lines:
        for number, day in enumerate(line.cycles, 1):
            for dose in active_doses(line, number):
                drug = drugs[dose.inn]
                writer.add("drug_administration", "drug_admin_id", drug_code=drug.code, drug_name_std=dose.inn, drug_class=drug.drug_class, is_antineoplastic=drug.antineoplastic, record_kind="ADMINISTERED", start_date=day, date_precision="D", route="PO" if drug.oral else "IV", days_supply=dose.days if drug.oral else None, dose=float(dose.amount), dose_unit="mg")  # fmt: skip
        if line.start in notes:
            writer.add("regimen_fact", document=notes[line.start], drug_names=list(line.inns), start_date=line.start, start_date_precision="D", fact_date=line.start, clinician_line=line.number or None)  # fmt: skip


def _findings(writer: Writer, course: Course, notes: dict[date, str]) -> None:
    for response in course.responses:
        writer.add("imaging_finding", "finding_id", exam_date=response.day, exam_date_precision="D", modality="CT", lesion_kind="PRIMARY", longest_mm=float(response.size_mm), is_new_lesion=bool(response.new_site), certainty="CONFIRMED")  # fmt: skip
        writer.add("response_assessment", "response_id", document=notes.get(response.day), assessed_date=response.day, date_precision="D", anchor="CLINICIAN", response=response.code)  # fmt: skip
        if response.code == "PD" and course.code == "NSCLC" and course.positive("EGFR") and writer.rng.random() < 0.6:
            hit = writer.rng.random() < 0.5
            writer.add("biomarker", "biomarker_id", marker="EGFR", marker_class="GENE_VARIANT", method="NGS", report_date=response.day + timedelta(days=writer.rng.randint(3, 60)), report_date_precision="D", status="TESTED", result="POS" if hit else "NEG", variant_hgvs_p="p.T790M" if hit else None, exon="20" if hit else None)  # fmt: skip
    for event in course.toxicities:
        writer.add("adverse_event", "ae_id", document=notes.get(event.day), ae_term=event.term, ae_term_raw=event.name_zh, grade=event.grade, onset_date=event.day, onset_date_precision="D", attribution="DRUG", is_irae=event.term in ("Hypothyroidism", "Pneumonitis") or None)  # fmt: skip


def _end(writer: Writer, course: Course) -> None:
    if course.death:
        writer.add("follow_up", "follow_up_id", contact_date=course.death, channel="PHONE", status="DEAD", death_date=course.death, death_date_precision="D")  # fmt: skip
    elif course.last_contact:
        writer.add("follow_up", "follow_up_id", contact_date=course.last_contact, channel="PHONE", status="ALIVE_UNK")


FACT_TYPES = {"mention_ids": "VARCHAR_LIST", "drug_names": "VARCHAR_LIST", "confidence": "DOUBLE", "dq_flags": "VARCHAR_LIST", "clinician_line": "INTEGER"} | dict.fromkeys(
    ("fact_date", "first_dx_date", "recurrence_date", "start_date"), "DATE")  # fmt: skip
"""Types of the two fact tables, which are no release tables; other columns are text."""


def tables(people: Iterable[Rows]) -> dict[str, pa.Table]:
    """The rows of many people as Arrow tables, release columns for release tables."""
    held: Rows = {}
    for rows in people:
        for name, found in rows.items():
            held.setdefault(name, []).extend(found)
    named = {t.name for t in release_tables()}
    schemas = {name: _schema(name, rows, named) for name, rows in held.items()}
    return {
        name: pa.table([pa.array([r.get(f.name) for r in rows], f.type) for f in schemas[name]], schema=schemas[name])
        for name, rows in held.items()
    }


def _schema(name: str, rows: list[Row], named: set[str]) -> pa.Schema:
    if name in named:
        return pa.schema([pa.field(f.name, f.type) for f in arrow_schema(release(name))])
    by_name = {t.name: t for t in ARROW_TYPES}
    return pa.schema([(c, ARROW_TYPES[by_name[FACT_TYPES.get(c, "VARCHAR")]]) for c in sorted({c for r in rows for c in r})])  # fmt: skip
