"""What a drug name stands for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DrugName:
    """A drug as named: the ingredient (INN where the code table has it, else the name itself), ATC code, antineoplastic?"""

    name: str
    inn: str = ""
    atc: str | None = None
    antineoplastic: bool = False
