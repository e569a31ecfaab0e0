"""Structured rows of the landing tables, written from the course. A row is ``(table, values, day)``: known from that day on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from jobs.synth.course import Line
from jobs.synth.hospital import KINDS, Patient, Visit, scatter
from jobs.synth.knowledge import Dose, Lab, drugs, labs, toml
from jobs.synth.treat import active_doses, drug_label
from warehouse import codes


class Month(date):
    """A date of which only year and month were told."""


Row = tuple[str, dict[str, Any], date]
_BLOOD = ("WBC", "NEUT", "HGB", "PLT")
_CHEMISTRY = ("ALT", "AST", "TBIL", "ALB", "CREA")
# Value windows by CTCAE v5 grade (1-4): white cells and neutrophils 10^9/L, platelets 10^9/L.
_GRADES = {"WBC": ((3.0, 3.4), (2.0, 2.9), (1.0, 1.9), (0.4, 0.9)), "NEUT": ((1.5, 1.7), (1.0, 1.4), (0.5, 0.9), (0.1, 0.4)),
           "PLT": ((76, 120), (50, 74), (25, 49), (5, 24))}  # fmt: skip
_LAB_TERMS = {
    "White blood cell decreased": "WBC",
    "Neutrophil count decreased": "NEUT",
    "Platelet count decreased": "PLT",
}


def at(rng: Random, day: date, low: int = 6, high: int = 18) -> datetime:
    """A moment of a day."""
    return datetime.combine(day, time(rng.randrange(low, high), rng.randrange(60)))


def patient_row(patient: Patient) -> Row:
    """The row of the patients table."""
    p = patient.course.person
    values = {
        "patient_sn": patient.sn, "name": p.name, "sex": p.sex, "birth_date": p.birth,
        "id_number": p.id_number if patient.id_known else None,
        "phone": p.phone if patient.phone_known else None, "address": p.address if patient.address_known else None,
        "ethnicity": p.ethnicity, "occupation": p.occupation, "employer": p.employer or None, "marital_status": p.marital,
        "insurance_type": p.insurance, "contact_name": p.contact_name, "contact_phone": p.contact_phone,
        "blood_type": p.blood, "consent_scope": p.consent,
    }  # fmt: skip
    return "patients", values, patient.visits[0].start


def structured(patient: Patient, rng: Random) -> Iterator[Row]:
    """All rows of a patient at one hospital but the notes."""
    if not patient.visits:
        return
    yield patient_row(patient)
    for order, visit in enumerate(patient.visits):
        yield _encounter(visit, patient, rng)
        yield from _diagnoses(visit, patient, order)
        yield from _labs(visit, patient, rng)
        yield from _vitals(visit, patient, rng, order)
        if visit.surgery:
            yield _procedure(visit, patient, rng)
        if visit.kind == "cycle" and visit.line:
            yield from _drugs(visit, visit.line, patient, rng)
        if visit.kind == "diagnosis":
            yield _biopsy(visit, patient, rng)
            yield from _genomics(visit, patient)
        if visit.radiation:
            yield _radiation(visit, patient)


def _encounter(visit: Visit, patient: Patient, rng: Random) -> Row:
    inside = visit.type == "IN"
    start = at(rng, visit.start, 8, 12)
    cost = round((rng.uniform(4000, 60000) if inside else rng.uniform(120, 6000)), 2)
    leaving = "DEATH" if visit.kind == "death" else rng.choice(("HOME",) * 12 + ("AGAINST_ADVICE",)) if inside else None
    values = {
        "encounter_sn": visit.sn, "patient_sn": patient.sn, "encounter_type": visit.type, "start_time": start,
        "end_time": at(rng, visit.end, 14, 18) if visit.type != "OUT" else None, "department": visit.department,
        "ward": visit.ward or None, "bed_no": visit.bed or None, "admission_no": visit.admission_no or None,
        "attending_doctor": visit.doctor, "discharge_disposition": leaving, "total_cost": cost,
    }  # fmt: skip
    return "encounters", values, visit.end


def _diagnoses(visit: Visit, patient: Patient, order: int) -> Iterator[Row]:
    course = patient.course
    if visit.kind == "clinic":
        name, code = f"{course.site[3]}占位性病变", "R91.x00" if course.code in ("NSCLC", "SCLC") else "R22.900"
    else:
        name, code = f"{course.site[3]}恶性肿瘤" if course.code != "DLBCL" else "弥漫大B细胞淋巴瘤", course.site[4]
    base = {"encounter_sn": visit.sn, "patient_sn": patient.sn}
    yield "diagnoses", {**base, "name": name, "code": code, "role": "MAIN", "diagnosed_at": visit.start}, visit.end
    if visit.type != "IN" or order > 4:
        return
    for name, code, _, _ in course.person.comorbidities:
        yield "diagnoses", {**base, "name": name, "code": code, "role": "OTHER", "diagnosed_at": visit.start}, visit.end


def _lab_value(lab: Lab, visit: Visit, patient: Patient, rng: Random) -> float:
    if visit.toxic and _LAB_TERMS.get(visit.toxic.term) == lab.key:
        return rng.uniform(*_GRADES[lab.key][visit.toxic.grade - 1])
    value = rng.gauss(lab.mean, lab.sd)
    for name, _, height in patient.course.cfg["markers"]:
        if name == lab.key:
            value += height * patient.course.burden(visit.start) * rng.uniform(0.6, 1.4)
    if visit.toxic or (visit.kind == "cycle" and visit.cycle > 1 and not (visit.line and visit.line.regimen.oral_only)):
        value *= 1 - (1 - lab.nadir) * rng.uniform(0.1, 0.5)
    return max(value, lab.mean * 0.3)


def _panel(visit: Visit, patient: Patient) -> tuple[str, ...]:
    markers = tuple(m[0] for m in patient.course.cfg["markers"])
    if visit.kind == "toxic":
        return _BLOOD
    if visit.kind == "assess":
        return markers
    if visit.kind == "diagnosis":
        return _BLOOD + _CHEMISTRY + markers
    if visit.kind in ("surgery", "death"):
        return _BLOOD + _CHEMISTRY
    if visit.kind == "cycle" and (visit.cycle < 7 or visit.cycle % 4 == 0):
        return _BLOOD + _CHEMISTRY[:1] + _CHEMISTRY[-1:] if visit.cycle % 2 else _BLOOD + _CHEMISTRY + markers[:1]
    return ()


def _labs(visit: Visit, patient: Patient, rng: Random) -> Iterator[Row]:
    keys = _panel(visit, patient)
    if not keys:
        return
    kind = KINDS.index(patient.hospital.kind)
    sampled = at(rng, visit.start, 6, 9)
    number = f"J{visit.sn}"
    for key in keys:
        lab = labs()[key]
        value = _lab_value(lab, visit, patient, rng)
        shown = f"{value:.{lab.digits}f}"
        flag = "↑" if value > lab.high else "↓" if value < lab.low else None
        serum = key not in _BLOOD
        values = {
            "patient_sn": patient.sn, "item_name": lab.names[kind], "value": _as_reported(shown, lab, rng), "sampled_at": sampled,
            "encounter_sn": visit.sn, "item_code": lab.code, "unit": None if rng.random() < 0.02 else lab.unit, "ref_low": lab.low,
            "ref_high": lab.high, "flag": flag, "specimen": "血清" if serum else "全血", "report_no": number + ("S" if serum else "B"),
        }  # fmt: skip
        yield "labs", values, visit.start


def _as_reported(shown: str, lab: Lab, rng: Random) -> str:
    if lab.key == "AFP" and float(shown) > 1210:
        return ">1210"
    return f"{shown} {lab.unit}" if rng.random() < 0.004 else shown


def ecog_of(patient: Patient, day: date) -> int:
    """Performance status: follows the burden of disease, and falls before death."""
    course = patient.course
    if course.death and (course.death - day).days < 45:
        return 3 if (course.death - day).days > 10 else 4
    burden = course.burden(day)
    base = 0 if burden < 0.2 else 1
    return base + (1 if burden > 0.85 and course.person.number % 4 == 0 else 0)


def weight_of(patient: Patient, day: date) -> float:
    """Body weight, kg: up to 8 % lost with high burden."""
    return round(patient.course.person.weight * (1 - 0.08 * patient.course.burden(day)), 1)


def _vitals(visit: Visit, patient: Patient, rng: Random, order: int) -> Iterator[Row]:
    if visit.type == "OUT" and visit.kind != "assess" and order % 4:
        return
    when = at(rng, visit.start, 8, 12)
    measures: list[tuple[str, float, str]] = [
        ("WEIGHT", weight_of(patient, visit.start), "kg"),
        ("ECOG", ecog_of(patient, visit.start), "分"),
    ]
    if order < 2:
        measures.append(("HEIGHT", patient.course.person.height, "cm"))
    if visit.type == "IN":
        measures += [
            ("SBP", rng.randrange(105, 150), "mmHg"),
            ("DBP", rng.randrange(62, 92), "mmHg"),
            ("TEMP", round(rng.uniform(36.1, 37.2), 1), "℃"),
        ]
    for measure, value, unit in measures:
        yield (
            "vitals",
            {"patient_sn": patient.sn, "measure": measure, "value": value, "measured_at": when, "unit": unit},
            visit.start,
        )


def _procedure(visit: Visit, patient: Patient, rng: Random) -> Row:
    operation = visit.surgery
    assert operation is not None
    values = {
        "patient_sn": patient.sn, "name": operation.name, "performed_at": at(rng, operation.day, 9, 15), "encounter_sn": visit.sn, "code": operation.code,
        "surgeon": operation.surgeon, "anaesthesia": "全身麻醉", "asa_class": operation.asa, "blood_loss_ml": float(operation.blood_ml), "duration_min": operation.minutes,
    }  # fmt: skip
    return "procedures", values, visit.end


def _biopsy(visit: Visit, patient: Patient, rng: Random) -> Row:
    day = patient.course.dx - timedelta(days=2)
    values = {"patient_sn": patient.sn, "name": patient.course.cfg["biopsy"], "performed_at": at(rng, day, 9, 15), "encounter_sn": visit.sn,
              "code": None, "surgeon": visit.doctor, "anaesthesia": "局部麻醉", "asa_class": None, "blood_loss_ml": None, "duration_min": rng.randrange(15, 60)}  # fmt: skip
    return "procedures", values, visit.end


def dose_mg(dose: Dose, patient: Patient, day: date) -> float:
    """One dose in mg by the regimen's basis, rounded as pharmacies do. Calvert's formula for AUC, clearance taken as 95 mL/min."""
    person = patient.course.person
    weight = weight_of(patient, day)
    surface = (person.height * weight / 3600) ** 0.5
    raw = {
        "m2": dose.amount * surface,
        "kg": dose.amount * weight,
        "AUC": dose.amount * 120,
        "flat": dose.amount,
        "d": dose.amount,
    }[dose.basis]
    step = 10 if raw >= 200 else 5 if raw >= 40 else 0.5 if raw >= 10 else 0.1
    return raw if dose.basis in ("flat", "d") else round(round(raw / step) * step, 2)


def _drug_code(inn: str) -> str:
    """An invented code in the shape of an NHSA drug code: X, ATC group, ingredient, form, strength, package, maker; a number of the hospital's without ATC."""
    row, number = codes.lookup("drugs", inn), scatter(len(inn) * 97 + ord(inn[0]), 3, 6)
    group = row.atc[:5] if row and len(row.atc) >= 5 else ""
    return (
        f"X{group}A{number % 1000:03d}B001{number % 9 + 1:02d}01{number % 100_000:05d}" if group else f"X{number:06d}"
    )


def _drugs(visit: Visit, line: Line, patient: Patient, rng: Random) -> Iterator[Row]:
    for i, dose in enumerate(active_doses(line, visit.cycle)):
        oral = dose.days > 0
        start = at(rng, visit.start, 9, 12)
        values = {
            "patient_sn": patient.sn, "drug_name": drug_label(rng, dose.inn), "start_time": start, "encounter_sn": visit.sn,
            "order_id": f"Y{visit.sn}{i:02d}", "end_time": None if oral else start + timedelta(hours=2), "dose": dose_mg(dose, patient, visit.start),
            "dose_unit": "mg", "route": drugs()[dose.inn].route, "frequency": ("bid" if dose.times_daily == 2 else "qd") if oral else "st",
            "kind": "DISPENSED" if oral else "ADMINISTERED", "days_supply": dose.days or None, "drug_code": _drug_code(dose.inn),
        }  # fmt: skip
        yield "medications", values, visit.start
    if (not line.regimen.oral_only and line.setting != "ADJUVANT") or line.regimen.cycles:
        yield from _support(visit, patient, rng)


def _support(visit: Visit, patient: Patient, rng: Random) -> Iterator[Row]:
    if visit.type == "OUT":
        return
    book = toml("clinical.toml")["support"]
    for group in ("antiemetic", "steroid"):
        name, dose, unit, route = rng.choice(book[group])
        start = at(rng, visit.start, 8, 9)
        values = {"patient_sn": patient.sn, "drug_name": name, "start_time": start, "encounter_sn": visit.sn, "order_id": f"Y{visit.sn}{group[0]}", "end_time": start,
                  "dose": float(dose), "dose_unit": unit, "route": route, "frequency": "st", "kind": "ADMINISTERED", "days_supply": None, "drug_code": None}  # fmt: skip
        yield "medications", values, visit.start


def _genomics(visit: Visit, patient: Patient) -> Iterator[Row]:
    number = f"NGS{scatter(patient.course.person.number, 11)}"
    genes = [marker for marker in patient.course.markers if marker.is_gene]
    if genes and patient.course.person.number % 3 == 0 and (gene := patient.course.cfg.get("untested")):
        values = {"patient_sn": patient.sn, "gene": gene, "reported_at": genes[0].day, "method": genes[0].method, "panel": genes[0].panel, "result": "未检测", "report_no": number}  # fmt: skip
        yield "genomics", values, max(genes[0].day, visit.start)
    for marker in genes:
        values = {
            "patient_sn": patient.sn, "gene": marker.marker, "reported_at": marker.day, "variant_c": marker.variant_c or None, "variant_p": marker.variant_p or None,
            "exon": marker.exon or None, "fusion_partner": marker.partner or None, "vaf": marker.vaf, "copy_number": None, "method": marker.method, "specimen": "组织",
            "panel": marker.panel, "significance": "I类" if marker.result == "POS" else None, "result": "阳性" if marker.result == "POS" else "阴性", "report_no": number,
        }  # fmt: skip
        yield "genomics", values, max(marker.day, visit.start)


def _radiation(visit: Visit, patient: Patient) -> Row:
    r = visit.radiation
    assert r is not None
    values = {"patient_sn": patient.sn, "start_date": r.start, "site": r.site, "technique": r.technique, "total_dose_gy": r.dose_gy, "fractions": r.fractions,
              "end_date": r.end, "intent": r.intent}  # fmt: skip
    return "radiotherapy", values, r.end


def followups(patient: Patient, rng: Random, cutoff: date) -> Iterator[Row]:
    """Contacts after the last visits: twice a year, then death or loss."""
    course = patient.course
    last = course.last_contact or cutoff
    day = course.dx + timedelta(days=rng.randrange(150, 220))
    while day < min(last, cutoff - timedelta(days=1)):
        status = "ALIVE_NED" if course.burden(day) < 0.05 else "ALIVE_DISEASE"
        instrument = rng.choice(toml("clinical.toml")["texts"]["quality"]) if rng.random() < 0.3 else None
        yield _contact(patient, day, "PHONE" if rng.random() < 0.7 else "VISIT", status, rng, instrument)
        day += timedelta(days=rng.randrange(150, 220))
    if course.death:
        told = min(course.death + timedelta(days=rng.randrange(3, 50)), cutoff - timedelta(days=1))
        yield _death_contact(patient, told, rng)
    elif course.lost:
        told = min(course.lost + timedelta(days=rng.randrange(60, 120)), cutoff - timedelta(days=1))
        row = _contact(patient, told, "PHONE", "LOST", rng, None)
        row[1]["lost_reason"] = rng.choice(toml("clinical.toml")["texts"]["lost_reasons"])
        row[1]["informant"] = row[1]["ecog"] = None
        yield row


def _contact(patient: Patient, day: date, channel: str, status: str, rng: Random, instrument: list[Any] | None) -> Row:
    text = {"ALIVE_NED": "一般情况可，复查未见复发。", "ALIVE_DISEASE": "仍在治疗中，带瘤生存。", "LOST": "未联系上。"}[
        status
    ]
    values = {
        "patient_sn": patient.sn, "contact_date": day, "channel": channel, "status": status, "death_date": None, "death_cause": None,
        "informant": rng.choice(("PATIENT", "PATIENT", "RELATIVE")), "ecog": ecog_of(patient, day), "qol_instrument": instrument[0] if instrument else None,
        "qol_score": float(rng.randrange(instrument[1], instrument[2])) if instrument else None, "rehab_item": rng.choice(("NONE", "NONE", "NUTRITION", "TCM", "REHAB")),
        "text": text, "lost_reason": None,
    }  # fmt: skip
    return "followups", values, day


def _death_contact(patient: Patient, day: date, rng: Random) -> Row:
    course = patient.course
    assert course.death is not None
    row = _contact(patient, day, "RELATIVE" if rng.random() < 0.3 else "PHONE", "ALIVE_NED", rng, None)
    exact = rng.random() > 0.12 or course.death_in_hospital
    cause = rng.choice(
        toml("clinical.toml")["texts"]["death_causes" if course.advanced or course.code == "DLBCL" else "other_causes"]
    )
    row[1].update(status="DEAD", informant="RELATIVE", ecog=None, rehab_item=None, death_cause=cause, death_date=course.death if exact else Month(course.death.year, course.death.month, 1),
                  text=f"家属{course.person.contact_name}告知患者已去世。")  # fmt: skip
    return row
