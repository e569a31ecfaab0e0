"""Rows for the warehouse's tables from the mentions of a note. One module per table; :func:`build` runs them all.

A builder takes the note and returns facts: affirmed or suspected, the patient's own (only ``history`` speaks of
relatives), with evidence offsets and, where the date is the note's own, ``date_basis = "note"``.
"""

from __future__ import annotations

from nlp.facts import metastasis, tumour
from nlp.model import Fact, Note

BUILDERS = (tumour.build, metastasis.build)


def build(note: Note) -> list[Fact]:
    """All facts of a note, ordered by table and place; identical rows of one table are given once."""
    seen: set[tuple[str, str]] = set()
    facts: list[Fact] = []
    for builder in BUILDERS:
        for one in builder(note):
            key = (one.table, repr(sorted(one.values.items(), key=str)))
            if key not in seen:
                seen.add(key)
                facts.append(one)
    return facts
