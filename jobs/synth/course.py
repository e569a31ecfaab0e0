"""The course of a disease: what happened to one synthetic person, in the words of the warehouse. Filled by ``simulate``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from jobs.synth.knowledge import Regimen, Stage
from jobs.synth.person import Person


@dataclass(slots=True)
class Marker:
    """One biomarker result. ``value`` as reported, ``result`` POS, NEG or EQUIVOCAL."""

    marker: str
    result: str
    value: str
    day: date
    method: str
    panel: str = ""
    is_gene: bool = False
    variant_p: str = ""
    variant_c: str = ""
    exon: str = ""
    partner: str = ""
    vaf: float | None = None


@dataclass(slots=True)
class Surgery:
    """One resection with what the pathologist found."""

    day: date
    name: str
    code: str
    approach: str
    surgeon: str
    minutes: int
    blood_ml: int
    asa: int
    nodes_examined: int
    nodes_positive: int
    size_mm: tuple[int, int]
    after_therapy: bool
    complete_response: bool = False
    """No tumour left in the specimen (after neoadjuvant treatment)."""


@dataclass(slots=True)
class Radiation:
    """One radiotherapy course."""

    start: date
    end: date
    site: str
    technique: str
    dose_gy: float
    fractions: int
    intent: str


@dataclass(slots=True)
class Line:
    """One line of therapy; a maintenance phase is a line of its own with the same number."""

    setting: str
    number: int
    is_maintenance: bool
    regimen: Regimen
    inns: tuple[str, ...]
    start: date
    end: date
    last_dose: date
    cycles: list[date] = field(default_factory=list)


@dataclass(slots=True)
class Response:
    """A disease assessment."""

    day: date
    code: str
    line: Line | None
    size_mm: int
    new_site: str = ""


@dataclass(slots=True)
class Toxic:
    """An adverse event with its CTCAE grade."""

    day: date
    term: str
    name_zh: str
    grade: int


class Variable(NamedTuple):
    """A variable of this disease: code, where notes say it (``pathology`` or ``diagnosis``), words, value."""

    code: str
    where: str
    words: str
    value: str


@dataclass(slots=True)
class Course:
    """Everything that happened, up to the cut-off."""

    person: Person
    code: str
    cfg: dict[str, Any]
    stage: Stage
    site: list[Any]
    histology: list[Any]
    dx: date
    size_mm: tuple[int, int]
    variables: list[Variable] = field(default_factory=list)
    markers: list[Marker] = field(default_factory=list)
    metastases: list[tuple[str, date]] = field(default_factory=list)
    surgeries: list[Surgery] = field(default_factory=list)
    radiations: list[Radiation] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    progressions: list[date] = field(default_factory=list)
    toxicities: list[Toxic] = field(default_factory=list)
    advanced: date | None = None
    recurrence: date | None = None
    death: date | None = None
    death_in_hospital: bool = False
    lost: date | None = None
    last_contact: date | None = None
    disease: list[tuple[date, float]] = field(default_factory=list)
    """Burden of disease over time, 0 (none) to 1 (at its height): what tumour markers follow."""

    @property
    def laterality(self) -> str:
        """L, R, B or NA."""
        return str(self.site[2])

    @property
    def dx_class(self) -> str:
        """Prefix of the first staging: pathological after primary surgery, else clinical."""
        return "p" if self.stage.plan == "SURG" else "c"

    def positive(self, marker: str) -> bool:
        """True when a result of this marker was positive."""
        return any(m.marker == marker and m.result == "POS" for m in self.markers)

    def burden(self, day: date) -> float:
        """Disease burden on a day, the last known value."""
        level = 1.0
        for when, value in self.disease:
            if when > day:
                break
            level = value
        return level

    def ends(self) -> date | None:
        """The day after which nothing more is recorded."""
        return self.death or self.lost
