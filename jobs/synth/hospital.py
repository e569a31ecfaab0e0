"""A synthetic hospital as a patient meets it: numbers, doctors, wards, visits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from random import Random

from jobs.runtime.sites import Site
from jobs.synth.course import Course, Line, Radiation, Response, Surgery, Toxic
from jobs.synth.person import person_name

KINDS = "abc"


@dataclass(frozen=True, slots=True)
class Hospital:
    """One site: its mapping, which of the three kinds it is, its delivery days."""

    index: int
    kind: str
    site: Site
    deliveries: tuple[date, ...]

    @property
    def id(self) -> str:
        """Folder name in landing."""
        return self.site.id

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables that it delivers."""
        return tuple(rules.table for rules in self.site.file)


def scatter(number: int, salt: int, digits: int = 8) -> int:
    """A one-to-one scattering of numbers below ``10**digits`` (multipliers prime to 10, digits turned round), so that ids are not in a row."""
    size = 10**digits
    turned = int(f"{(number * 48271807 + salt * 7919 + 1234567) % size:0{digits}d}"[::-1])
    return (turned * 69621 + 24036583) % size


@dataclass(slots=True)
class Visit:
    """One visit to one hospital, with what was done."""

    kind: str
    """clinic, diagnosis, surgery, cycle, assess, toxic, radiation, death."""
    start: date
    end: date
    type: str
    """OUT, IN or DAY."""
    line: Line | None = None
    cycle: int = 0
    surgery: Surgery | None = None
    response: Response | None = None
    radiation: Radiation | None = None
    toxic: Toxic | None = None
    place: int = 0
    sn: str = ""
    admission_no: str = ""
    department: str = ""
    ward: str = ""
    bed: str = ""
    doctor: str = ""
    chief: str = ""


@dataclass(slots=True)
class Patient:
    """A person at one hospital."""

    hospital: Hospital
    sn: str
    course: Course
    origin: Hospital | None = None
    """Where the person was treated before, for a second hospital."""
    visits: list[Visit] = field(default_factory=list)
    phone_known: bool = True
    id_known: bool = True
    address_known: bool = True


@cache
def staff(site: str, department: str) -> tuple[tuple[str, ...], str]:
    """Ward doctors and the chief of a department."""
    rng = Random(f"oncorwe-staff|{site}|{department}")
    return tuple(person_name(rng, rng.choice("MF")) for _ in range(6)), person_name(rng, "M")


def visits_of(course: Course, rng: Random) -> list[Visit]:
    """All visits of a course in order of time."""
    dx = course.dx
    first = dx - timedelta(days=rng.randrange(5, 14))
    visits = [
        Visit("clinic", first, first, "OUT"),
        Visit("diagnosis", dx - timedelta(days=3), dx + timedelta(days=5), "IN"),
    ]
    for operation in course.surgeries:
        visits.append(
            Visit(
                "surgery",
                operation.day - timedelta(days=2),
                operation.day + timedelta(days=rng.randrange(7, 11)),
                "IN",
                surgery=operation,
            )
        )
    for line in course.lines:
        visits += _cycle_visits(line, rng)
    visits += [Visit("assess", r.day, r.day, "OUT", line=r.line, response=r) for r in course.responses]
    visits += [Visit("radiation", r.end, r.end, "OUT", radiation=r) for r in course.radiations]
    blood = [t for t in course.toxicities if t.grade >= 3]
    visits += [Visit("toxic", t.day, t.day, "OUT", toxic=t) for t in blood]
    if course.death and course.death_in_hospital:
        visits.append(Visit("death", max(dx, course.death - timedelta(days=rng.randrange(2, 15))), course.death, "IN"))
    stop = course.ends()
    visits = [v for v in visits if stop is None or v.start <= stop]
    if stop:
        for visit in visits:
            visit.end = min(visit.end, stop)
    return sorted(visits, key=lambda v: (v.start, v.end, v.kind))


def _cycle_visits(line: Line, rng: Random) -> list[Visit]:
    if line.regimen.oral_only or set(line.inns) <= {"fulvestrant", "goserelin"}:
        return [Visit("cycle", day, day, "OUT", line=line, cycle=i + 1) for i, day in enumerate(line.cycles)]
    visits = []
    for i, day in enumerate(line.cycles):
        inpatient = i == 0 or rng.random() < 0.45
        stay = timedelta(days=rng.randrange(1, 4)) if inpatient else timedelta(0)
        visits.append(Visit("cycle", day, day + stay, "IN" if inpatient else "DAY", line=line, cycle=i + 1))
    return visits


def place_visits(course: Course, visits: list[Visit], hospitals: tuple[Hospital, ...], rng: Random) -> list[Patient]:
    """The person's hospitals (one, or two for about 6 % of people) and the visits at each."""
    home = rng.randrange(len(hospitals))
    places = [home]
    switch = course.dx + timedelta(days=rng.randrange(40, 400))
    if rng.random() < 0.12 and len(hospitals) > 1 and any(v.start >= switch for v in visits):
        places.append((home + 1 + rng.randrange(len(hospitals) - 1)) % len(hospitals))
    patients = []
    for order, place in enumerate(places):
        hospital = hospitals[place]
        number = f"{'ABC'[KINDS.index(hospital.kind)]}{scatter(course.person.number, place):08d}"
        patient = Patient(hospital, number, course, hospitals[home] if order else None)
        patient.phone_known, patient.address_known = rng.random() > 0.05 or order == 1, rng.random() > 0.05
        patient.id_known = course.person.id_number is not None and (order == 0 or rng.random() > 0.3)
        patients.append(patient)
    for visit in visits:
        patients[int(len(places) == 2 and visit.start >= switch)].visits.append(visit)
    for patient in patients:
        _number_visits(patient, rng)
    return patients


def _number_visits(patient: Patient, rng: Random) -> None:
    site = patient.hospital
    stays = 0
    for seq, visit in enumerate(patient.visits, 1):
        departments = patient.course.cfg["department"]
        visit.department = (
            "放疗科"
            if visit.kind == "radiation"
            else departments[0 if visit.kind in ("clinic", "diagnosis", "surgery") else 1]
        )
        doctors, chief = staff(site.id, visit.department)
        visit.doctor, visit.chief = rng.choice(doctors), chief
        visit.sn = f"{patient.sn}{seq:04d}"
        if visit.type != "OUT":
            stays += 1
            visit.admission_no = f"{scatter(patient.course.person.number * 50 + stays % 50, site.index):08d}"
            visit.ward = f"{visit.department}{rng.choice('一二三')}病区"
            visit.bed = (
                f"{rng.randrange(1, 60):02d}"
                if site.kind != "b"
                else f"{rng.randrange(1, 60)}+{rng.randrange(1, 4)}"
                if rng.random() < 0.1
                else f"{rng.randrange(1, 60)}"
            )
