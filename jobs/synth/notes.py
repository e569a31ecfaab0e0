"""The notes of one patient at one hospital: which are written, when, and what stands in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from jobs.synth.fields import Fields, Plan
from jobs.synth.hospital import Patient, Visit
from jobs.synth.text import NoteText
from jobs.synth.voice import Voice

MOST_NOTES = 20
_SAME_DAY = {"admission": 0, "first_course": 1, "operation": 2, "treatment": 3, "discharge": 9}
"""Order of notes of one day."""


@dataclass(slots=True)
class Note:
    """A written note with its truth."""

    values: dict[str, Any]
    day: date
    truth: dict[str, Any]


def plan_notes(patient: Patient, rng: Random, cutoff: date) -> list[Plan]:
    """The 8 to 20 notes of a patient at this hospital, in order of time."""
    plans: list[Plan] = []
    shown = 0
    for visit in patient.visits:
        match visit.kind:
            case "clinic":
                plans.append(Plan(3, "clinic", visit.start, visit))
            case "diagnosis":
                plans += _diagnosis_plans(visit, patient, rng)
            case "surgery":
                plans += _surgery_plans(visit, rng)
            case "cycle":
                plans += _cycle_plans(visit, patient, rng)
            case "assess" if visit.response:
                shown += visit.response.code != "PD"
                plans.append(
                    Plan(1 if visit.response.code == "PD" else 4 + shown, "imaging", visit.start, visit, visit.response)
                )
            case "radiation":
                plans.append(Plan(3, "radiation", visit.start, visit))
            case "death":
                plans.append(Plan(0, "death", visit.end, visit))
            case "toxic":
                plans.append(Plan(5, "progress", visit.start, visit, None, visit.toxic))
    plans += _follow_plans(patient, rng, cutoff)
    plans.sort(key=lambda p: p.rank)
    return sorted(plans[:MOST_NOTES], key=lambda p: (p.day, _SAME_DAY.get(p.key, 5)))


def _diagnosis_plans(visit: Visit, patient: Patient, rng: Random) -> list[Plan]:
    day, dx = visit.start, patient.course.dx
    plans = [Plan(0, "admission", day, visit), Plan(1, "first_course", day, visit), Plan(1, "imaging", day + timedelta(days=1), visit),
             Plan(0, "pathology", dx, visit), Plan(0, "discharge", visit.end, visit), Plan(4, "progress", min(dx + timedelta(days=1), visit.end), visit)]  # fmt: skip
    genes = [m.day for m in patient.course.markers if m.is_gene]
    if genes:
        plans.append(Plan(1, "gene", genes[0], visit))
    if patient.course.surgeries and rng.random() < 0.5:
        plans.append(Plan(4, "consult", min(dx + timedelta(days=2), visit.end), visit))
    return plans


def _surgery_plans(visit: Visit, rng: Random) -> list[Plan]:
    assert visit.surgery is not None
    day = visit.surgery.day
    plans = [Plan(2, "admission", visit.start, visit), Plan(0, "operation", day, visit), Plan(0, "surgical_pathology", min(day + timedelta(days=6), visit.end), visit),
             Plan(1, "discharge", visit.end, visit)]  # fmt: skip
    return plans + ([Plan(5, "progress", day + timedelta(days=1), visit)] if rng.random() < 0.5 else [])


def _cycle_plans(visit: Visit, patient: Patient, rng: Random) -> list[Plan]:
    if visit.cycle == 1 and visit.type == "IN":
        plans = [
            Plan(2, "admission", visit.start, visit),
            Plan(1, "treatment", visit.start, visit),
            Plan(4, "discharge", visit.end, visit),
        ]
    else:
        key = "oral" if visit.type == "OUT" else "treatment"
        often = visit.cycle == 1 or rng.random() < 0.4
        plans = [Plan(1 if visit.cycle == 1 else 7 + visit.cycle, key, visit.start, visit)] if often else []
    recent = [t for t in patient.course.toxicities if visit.start - timedelta(days=24) <= t.day < visit.start]
    if recent and visit.cycle > 1:
        plans.append(Plan(4, "progress", visit.start, visit, None, recent[0]))
    return plans


def _follow_plans(patient: Patient, rng: Random, cutoff: date) -> list[Plan]:
    course = patient.course
    last = course.last_contact or cutoff
    if course.death:
        told = course.death + timedelta(days=rng.randrange(3, 40))
        return [Plan(0, "follow", told)] if told < cutoff and not course.death_in_hospital else []
    day = course.dx + timedelta(days=rng.randrange(200, 400))
    plans: list[Plan] = []
    while day < last and len(plans) < 3:
        plans.append(Plan(2, "follow", day))
        day += timedelta(days=rng.randrange(200, 420))
    return plans


class Writer:
    """Writes the notes of one patient at one hospital."""

    def __init__(self, patient: Patient, rng: Random) -> None:
        self.patient = patient
        self.course = patient.course
        self.rng = rng
        self.voice = Voice(patient.hospital.kind, patient, rng)

    def write(self, number: int, plan: Plan) -> Note:
        """One note."""
        spec = self.voice.notes[plan.key]
        text = NoteText(self.rng, self.voice.style["slip"])
        text.render(self.rng.choice(spec["text"]), self.fields(plan))
        visit = plan.visit
        note_id = f"D{self.patient.sn}{number:03d}"
        values = {
            "note_id": note_id, "patient_sn": self.patient.sn, "note_type": spec["type"], "note_time": datetime.combine(plan.day, self._hour(plan)),
            "text": text.text, "encounter_sn": visit.sn if visit else None, "title": spec["type"], "author": visit.doctor if visit else "随访中心", "version": "1",
        }  # fmt: skip
        truth = {"site": self.patient.hospital.id, "note_id": note_id, "version": "1", "patient": self.course.person.number, "note_key": plan.key, "phi": text.phi,
                 "mentions": text.mentions, "facts": text.facts}  # fmt: skip
        return Note(values, plan.day, truth)

    def _hour(self, plan: Plan) -> time:
        return time(
            {"admission": 10, "first_course": 14, "clinic": 9, "discharge": 15, "death": 6}.get(plan.key, 11),
            self.rng.randrange(60),
        )

    def fields(self, plan: Plan) -> dict[str, Any]:
        """Everything that a template may ask for."""
        return Fields(self, plan)
