"""What the templates may ask for, part 1: who, where and when; one method per field, called when a template names the field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Protocol

from jobs.synth.course import Course, Response, Toxic
from jobs.synth.hospital import Patient, Visit, scatter
from jobs.synth.knowledge import Lab
from jobs.synth.text import Part, Phi
from jobs.synth.voice import Voice


@dataclass(slots=True)
class Plan:
    """A note to be written; low ``rank`` is kept first when there are too many."""

    rank: int
    key: str
    day: date
    visit: Visit | None = None
    response: Response | None = None
    toxic: Toxic | None = None


_PERSON = {"occupation": "occupation", "ethnicity": "ethnicity", "marital": "marital", "relation": "contact_relation"}
"""Fields that are plain words about the person."""
_OPERATION = {
    "op_plain": "name",
    "blood": "blood_ml",
    "minutes": "minutes",
    "lnpos": "nodes_positive",
    "lnall": "nodes_examined",
}
"""Fields that are plain words about the visit's operation."""


class Pen(Protocol):
    """Who writes: the patient at one hospital, the voice of the hospital, a random stream."""

    patient: Patient
    course: Course
    rng: Random
    voice: Voice


def unit_in_prose(lab: Lab) -> str:
    """The unit as prose writes it."""
    return "×" + lab.unit if lab.unit.startswith("10^") else lab.unit


class PersonFields(dict[str, Any]):
    """Fields of one note, made when a template asks for them: the person, the place, the day."""

    def __init__(self, writer: Pen, plan: Plan) -> None:
        super().__init__()
        self.w, self.plan, self.day = writer, plan, plan.day
        self.visit = plan.visit
        self.voice, self.course, self.person = writer.voice, writer.course, writer.course.person
        self.voice.today = plan.day

    def __missing__(self, name: str) -> Part:
        if name in _PERSON:
            return str(getattr(self.person, _PERSON[name]))
        if name in _OPERATION and self.visit:
            return str(getattr(self.visit.surgery, _OPERATION[name]))
        value: Part = getattr(self, f"_{name}")()
        return value

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"a note template asks for the unknown field {name.removeprefix('_')}")

    # -- who --------------------------------------------------------------------------------------------------
    def _name(self) -> Part:
        name = self.person.name
        apart = (
            self.w.patient.hospital.kind == "c"
            and len(name) == 2
            and self.plan.key in ("admission", "clinic", "operation")
        )
        return Phi(f"{name[0]}　{name[1]}" if apart else name, "NAME")

    def _sex(self) -> Part:
        return "男" if self.person.sex == "M" else "女"

    def _age(self) -> Part:
        return str(self.person.age(self.day))

    def _id(self) -> Part:
        return (
            Phi(self.person.id_number, "ID_NUMBER") if self.person.id_number and self.w.patient.id_known else "未提供"
        )

    def _birth(self) -> Part:
        return self.voice.when(self.person.birth, main=True)

    def _addr(self) -> Part:
        return Phi(self.person.address, "ADDRESS")

    def _phone(self) -> Part:
        return Phi(self.person.phone, "PHONE")

    def _employer(self) -> Part:
        return Phi(self.person.employer, "EMPLOYER") if self.person.employer else "无"

    def _contact(self) -> Part:
        return Phi(self.person.contact_name, "NAME")

    def _contact_phone(self) -> Part:
        return Phi(self.person.contact_phone, "PHONE")

    def _hospital(self) -> Part:
        return Phi(self.w.patient.hospital.site.site.name_zh, "INSTITUTION")

    def _doctor(self) -> Part:
        return Phi(self.visit.doctor, "NAME") if self.visit else "随访中心"

    def _chief(self) -> Part:
        return Phi(self.visit.chief, "NAME") if self.visit else "随访中心"

    def _surgeon(self) -> Part:
        assert self.visit and self.visit.surgery
        return Phi(self.visit.surgery.surgeon, "NAME")

    # -- where and when ---------------------------------------------------------------------------------------
    def _adm_no(self) -> Part:
        return Phi(self.visit.admission_no, "RECORD_NUMBER") if self.visit and self.visit.admission_no else "/"

    def _bed(self) -> Part:
        return Phi(self.visit.bed, "BED") if self.visit and self.visit.bed else "/"

    def _ward(self) -> Part:
        return self.visit.ward if self.visit and self.visit.ward else "门诊"

    def _dept(self) -> Part:
        return self.visit.department if self.visit else "随访中心"

    def _today(self) -> Part:
        return self.voice.when(self.day, main=True)

    def _admitted(self) -> Part:
        return self.voice.when(self.visit.start if self.visit else self.day, main=True)

    def _sampled(self) -> Part:
        before = self.visit.surgery.day if self.visit and self.visit.surgery else self.course.dx - timedelta(days=2)
        return self.voice.when(before, main=True)

    def _number(self, prefix: str, salt: int) -> Part:
        return Phi(
            f"{prefix}{self.day.year}{scatter(self.person.number * 50 + self.day.toordinal() % 50, salt, 7):07d}",
            "RECORD_NUMBER",
        )

    def _path_no(self) -> Part:
        return self._number("B", 5)

    def _image_no(self) -> Part:
        return self._number("CT", 6)

    def _ward_phone(self) -> Part:
        return Phi(
            f"0{570 + self.w.patient.hospital.index}-{60000000 + scatter(len(self._plain_dept()), 9, 7)}", "PHONE"
        )

    def _plain_dept(self) -> str:
        return self.visit.department if self.visit else "随访"
