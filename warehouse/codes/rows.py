"""Row types of the code tables; the field order is the column order of the files (plus ``name`` helpers)."""

from __future__ import annotations

from dataclasses import dataclass

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drug:
    """A substance (or a formulation that counts as a drug of its own, such as nab-paclitaxel)."""

    inn: str
    name_zh: str
    synonyms: Names
    drug_class: str
    subclass: str
    atc: str
    is_antineoplastic: bool
    oral: bool
    days_supply: int | None
    """Days that one dispensing of an oral drug lasts when the source does not say."""
    irae_class: bool
    status: str

    @property
    def code(self) -> str:
        """Product ingredient code: ATC level 5 where there is one, else ``LOCAL:`` and the INN."""
        return self.atc or f"LOCAL:{self.inn}"


@dataclass(frozen=True, slots=True)
class Regimen:
    """A named combination; ``regimen`` is the canonical alias."""

    regimen: str
    synonyms: Names
    drugs: Names
    tumours: Names
    note: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A gene, protein or score that reports give a result for."""

    marker: str
    name_zh: str
    synonyms: Names
    marker_class: str
    unit: str
    note: str


@dataclass(frozen=True, slots=True)
class LabItem:
    """A laboratory item with its canonical unit; ``conversions`` are (raw unit, factor) pairs: canonical = raw × factor."""

    code: str
    name_en: str
    name_zh: str
    synonyms: Names
    unit: str
    conversions: tuple[tuple[str, float], ...]
    low: float | None
    high: float | None
    is_tumour_marker: bool
    status: str

    @property
    def code_system(self) -> str:
        """``LOCAL`` for codes of the project's own, else ``LOINC``."""
        return "LOCAL" if self.code.startswith("LOCAL:") else "LOINC"


@dataclass(frozen=True, slots=True)
class TumourType:
    """One of the tumour types that the warehouse keeps apart."""

    tumour_code: str
    system_group: str
    name_zh: str
    name_en: str
    synonyms: Names
    icd10: Names
    topography: Names
    morphology: Names
    sex: str
    staging: Names
    biomarkers: Names
    variables: Names
    ambiguous: Names


@dataclass(frozen=True, slots=True)
class StageGroup:
    """Stage group of one combination of T, N, M; ``*`` matches any value, the first matching row counts."""

    tumour_code: str
    edition: str
    t: str
    n: str
    m: str
    group: str


@dataclass(frozen=True, slots=True)
class StageSystem:
    """A group of a staging system that needs more than T, N and M (BCLC, CNLC, Lugano, VALG, ISS), in words."""

    system: str
    group: str
    name_zh: str
    meaning_en: str
    meaning_zh: str
    status: str


@dataclass(frozen=True, slots=True)
class Term:
    """A code with its names: topography, morphology, ICD-10, ICD-9-CM-3."""

    code: str
    name_en: str
    name_zh: str
    synonyms: Names
    status: str


@dataclass(frozen=True, slots=True)
class AeTerm:
    """A CTCAE v5 term with its system organ class and, where it is read off a laboratory item, that item's code."""

    ae_term: str
    soc: str
    name_zh: str
    synonyms: Names
    lab_code: str
    is_irae: bool


@dataclass(frozen=True, slots=True)
class Comorbidity:
    """A condition (ICD-10 block) with its Charlson group, empty where the index does not count it."""

    condition_code: str
    cci_group: str
    name_zh: str
    synonyms: Names


@dataclass(frozen=True, slots=True)
class Province:
    """A province-level division; ``synonyms`` hold its short names and its cities."""

    code: str
    name_zh: str
    synonyms: Names


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as reports write it and its UCUM form."""

    raw: str
    ucum: str


@dataclass(frozen=True, slots=True)
class OpKind:
    """A word of a procedure's name and what it says: kind, approach or lymph-node dissection (others empty)."""

    word: str
    procedure_kind: str
    approach: str
    ln_dissection: str
    priority: int
    note: str


@dataclass(frozen=True, slots=True)
class NoteType:
    """A hospital document name and its canonical code."""

    name: str
    doc_type: str
