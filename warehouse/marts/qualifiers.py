"""What an entry of the dictionary says about a marker beyond its name (``qualifiers.toml``), as SQL over ``biomarker``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

AMINO_ACIDS = dict(
    zip(
        "ACDEFGHIKLMNPQRSTVWY",
        [
            "Ala",
            "Cys",
            "Asp",
            "Glu",
            "Phe",
            "Gly",
            "His",
            "Ile",
            "Lys",
            "Leu",
            "Met",
            "Asn",
            "Pro",
            "Gln",
            "Arg",
            "Ser",
            "Thr",
            "Val",
            "Trp",
            "Tyr",
        ],
        strict=True,
    )
)
PATH = Path(__file__).parent / "qualifiers.toml"


@dataclass(frozen=True, slots=True)
class Qualifier:
    """Conditions over rows of a marker; see the head of ``qualifiers.toml``."""

    words: str
    scope: str
    match: str
    vague: str
    other_is_neg: bool
    reason: str


@cache
def _declared() -> dict[str, Any]:
    return tomllib.loads(PATH.read_text(encoding="utf-8"))


def with_members(markers: tuple[str, ...]) -> tuple[str, ...]:
    """The markers, and the genes that a name for several stands for."""
    several = _declared()["several"]
    return tuple(dict.fromkeys(m for marker in markers for m in (marker, *several.get(marker, ()))))


@cache
def qualifiers() -> tuple[Qualifier, ...]:
    """All qualifiers in order."""
    return tuple(Qualifier(**raw) for raw in _declared()["qualifier"])


def qualifier_of(text: str) -> tuple[Qualifier, str] | None:
    """The qualifier of an entry without brackets, and the words that it fits; None for a bare marker."""
    for qualifier in qualifiers():
        if found := re.search(qualifier.words, text):
            return qualifier, found.group(0)
    return None


def variant_pattern(variant: str) -> str:
    """``G12C`` -> ``G12C|Gly12Cys``: the variant as reports write it in one- and three-letter code."""
    three = re.sub(r"[A-Z]", lambda m: AMINO_ACIDS[m.group(0)], variant)
    return f"{variant}|{three}"


def result_sql(text: str, tested: str) -> str:
    """The result of an entry over the rows where ``tested`` holds: POS, UNK when a positive row may mean it, else what was found."""
    known = qualifier_of(text)
    if known is None:
        where = f"FILTER (WHERE {tested})"
        return f"CASE WHEN bool_or(result = 'POS') {where} THEN 'POS' ELSE {_first_result(tested)} END"
    qualifier, words = known
    match = qualifier.match
    if "{variant}" in match:
        match = match.replace("{variant}", variant_pattern(words))
    scope = f"{tested} AND ({qualifier.scope})"
    other = f" WHEN bool_or(result = 'POS') FILTER (WHERE {scope}) THEN 'NEG'" if qualifier.other_is_neg else ""
    rest = f"{scope} AND result <> 'POS'"
    return (
        f"CASE WHEN bool_or(result = 'POS' AND ({match})) FILTER (WHERE {scope}) THEN 'POS' "
        f"WHEN bool_or(result = 'POS' AND ({qualifier.vague})) FILTER (WHERE {scope}) THEN 'UNK'{other} "
        f"ELSE {_first_result(rest)} END"
    )


def _first_result(rows: str) -> str:
    """The earliest known result of some rows; UNK only when there is no other."""
    known = f"arg_min(result, report_date) FILTER (WHERE {rows} AND result <> 'UNK')"
    return f"coalesce({known}, max(result) FILTER (WHERE {rows}))"
