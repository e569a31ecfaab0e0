"""How one hospital writes small things: dates, sizes, sites, stages. Every method returns parts for ``text.NoteText``."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from jobs.synth.course import Course
from jobs.synth.hospital import Patient
from jobs.synth.knowledge import toml
from jobs.synth.text import Fact, Mention, Part, Phi, compile_template

_UNICODE_ROMAN = {"IV": "Ⅳ", "III": "Ⅲ", "II": "Ⅱ", "I": "Ⅰ"}


class Words:
    """The writing habits of one kind of hospital, with the random stream of one patient's notes."""

    def __init__(self, kind: str, patient: Patient, rng: Random) -> None:
        book = toml(f"templates/site_{kind}.toml")
        self.style: dict[str, Any] = book["style"]
        self.phrases: dict[str, Any] = book["phrases"]
        self.notes: dict[str, Any] = book["notes"]
        self.patient = patient
        self.course: Course = patient.course
        self.rng = rng
        self.today = self.course.dx
        """Day of the note being written: decides which stage is known."""

    # -- small things -----------------------------------------------------------------------------------------
    def fill(self, phrase: str, **fields: Part) -> list[Part]:
        """The parts of a phrase of this hospital. Of several wordings one patient keeps one, as copied-forward text does."""
        wordings = self.phrases[phrase]
        words = wordings if isinstance(wordings, str) else wordings[self.course.person.number // 7 % len(wordings)]
        return [fields[value] if kind == "field" else value for kind, value in compile_template(words)]

    def when(self, day: date, *, main: bool = False, vague: bool = False) -> Phi:
        """A date in one of the hospital's forms; ``vague`` gives the month alone."""
        parts = {
            "y": f"{day.year}",
            "m": f"{day.month}",
            "d": f"{day.day}",
            "mm": f"{day.month:02d}",
            "dd": f"{day.day:02d}",
        }
        if vague:
            return Phi(self.rng.choice(self.style["month"]).format(**parts), "DATE")
        if main or self.rng.random() < 0.6:
            return Phi(day.strftime(self.style["date"]), "DATE")
        return Phi(self.rng.choice(self.style["other_dates"]).format(**parts), "DATE")

    def size(self, long: int, short: int) -> Mention:
        """Two diameters given in mm, written as the hospital does."""
        in_cm = "cm" in self.style["size"]
        a, b = (f"{x / 10:.1f}" if in_cm else str(x) for x in (long, short))
        return Mention(self.style["size"].format(a=a, b=b), "size")

    def single(self, mm: int) -> Mention:
        """One diameter given in mm."""
        return Mention(
            self.style["single"].format(a=f"{mm / 10:.1f}" if "cm" in self.style["single"] else str(mm)), "size"
        )

    def site(self) -> Mention:
        """The primary site."""
        return Mention(self.course.site[3], "anatomy")

    def histology(self) -> Mention:
        """The histology in the pathologist's words."""
        return Mention(self.course.histology[2], "histology")

    def diagnosis(self) -> Mention:
        """The tumour as the ward names it."""
        course = self.course
        name = (
            course.cfg["names"][0]
            if self.style["roman"] == "unicode"
            else course.cfg["names"][course.person.number % 3]
        )
        side = {"L": "左", "R": "右"}.get(course.laterality, "") if course.code in ("NSCLC", "BREAST") else ""
        return Mention(f"{side}{name}", "tumour")

    def stage_class(self) -> str:
        """p or yp once the specimen of an operation is reported, else c."""
        reported = [o for o in self.course.surgeries if o.day + timedelta(days=6) <= self.today]
        return ("yp" if reported[0].after_therapy else "p") if reported else "c"

    def here(self) -> Part:
        """Where the diagnosis was made."""
        return Phi(self.patient.origin.site.site.name_zh, "INSTITUTION") if self.patient.origin else "我院"

    def stage(self, *, at_diagnosis: bool = False) -> Part:
        """The stage known on the day of the note (or the clinical one at diagnosis), with its fact; lymphoma has a group alone."""
        stage, course = self.course.stage, self.course
        class_ = "c" if at_diagnosis else self.stage_class()
        if class_ == "yp" and course.surgeries[0].complete_response:
            values: dict[str, Any] = {
                "stage_class": "yp",
                "t_category": "T0",
                "n_category": "N0",
                "m_category": "M0",
                "staging_system": "AJCC",
                "tumour_code": course.code,
            }
            return Fact([Mention("ypT0N0M0", "stage")], "staging", values)
        group = stage.group
        roman = group
        if self.style["roman"] == "unicode":
            for plain, pretty in _UNICODE_ROMAN.items():
                if group.startswith(plain):
                    roman = pretty + group[len(plain) :]
                    break
        system = course.cfg["staging_system"]
        values = {"stage_class": class_, "staging_system": system, "t_category": stage.t or None, "n_category": stage.n or None, "m_category": stage.m or None,
                  "stage_group_recorded": group, "tumour_code": course.code}  # fmt: skip
        if not stage.t:
            return Fact([Mention(f"Ann Arbor {roman}期", "stage")], "staging", values)
        words = self.style["stage"][course.person.number % 2].format(
            **{"class": class_, "t": stage.t, "n": stage.n, "m": stage.m, "roman": roman}
        )
        return Fact([Mention(words, "stage")], "staging", values)

    def liver_stage(self) -> list[Part]:
        """The BCLC stage behind a comma, of a tumour that has one."""
        if not (groups := self.course.cfg.get("bclc")):
            return []
        values = {
            "stage_class": "c",
            "staging_system": "BCLC",
            "stage_group_recorded": groups[self.course.stage.group],
            "tumour_code": self.course.code,
        }
        return ["，", Fact([Mention(f"BCLC {values['stage_group_recorded']}期", "stage")], "staging", values)]

    def since(self) -> str:
        """How long the complaint has lasted."""
        number = self.course.person.number
        return ("1月", "2月余", "半年", "3周", "20余天", "1年", "4个月")[number % 7]
