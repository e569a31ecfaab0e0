"""A regimen as written, and the drugs of a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DrugSpan:
    """A drug name in the text with what follows it; ``end`` is the end of the name, ``tail`` of the dose and days."""

    start: int
    end: int
    tail: int
    inn: str
    dose: float | None = None
    dose_unit: str | None = None
    route: str | None = None
    antineoplastic: bool = True


@dataclass(frozen=True, slots=True)
class RegimenValue:
    """``alias`` in the note's words, INN of the drugs, number of cycles, line of therapy as written."""

    alias: str
    drugs: tuple[str, ...]
    n_cycles: int | None = None
    line: int | None = None
