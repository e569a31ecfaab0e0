"""Shapes of the codes of public code systems (``shapes.tsv``): is this cell a code, whatever else it looks like?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from warehouse.codes.tables import FOLDER, read


@dataclass(frozen=True, slots=True)
class Shape:
    """One way in which codes of a system are built; ``check`` names the rule of its check digit, or is empty."""

    system: str
    pattern: str
    check: str
    meaning: str


@cache
def shapes() -> tuple[Shape, ...]:
    """All shapes, in the order of the file."""
    return read(FOLDER / "shapes.tsv", Shape)


@cache
def pattern(system: str) -> str:
    """One regular expression for whole codes of a system, letter case aside. Raises KeyError for a system without a shape."""
    found = [shape.pattern for shape in shapes() if shape.system == system]
    if not found:
        raise KeyError(system)
    return f"(?i)^(?:{'|'.join(found)})$"


def is_code(value: str, systems: str) -> bool:
    """Whether ``value`` has the shape of a code of one of ``systems`` (joined by ``;``), check digit included."""
    return any(
        re.fullmatch(shape.pattern, value, re.ASCII | re.IGNORECASE) and (shape.check != "luhn" or _luhn(value))
        for shape in shapes()
        if shape.system in systems.split(";")
    )


def _luhn(code: str) -> bool:
    """Check digit modulo 10 (Luhn), as LOINC has it."""
    digits = [int(c) for c in reversed(code.replace("-", ""))]
    return sum(d if place % 2 == 0 else sum(divmod(2 * d, 10)) for place, d in enumerate(digits)) % 10 == 0
