"""Findings: symptoms, signs and what an examination shows (label ``finding``).

The vocabulary is ``nlp/lexicons/symptoms.tsv``; the site inside a symptom word is a mention of its own (label anatomy).
"""

from __future__ import annotations

from functools import cache

from nlp import lexicons
from nlp.component import entity_component
from nlp.grammar import Taken, mention
from nlp.model import Label, Mention, Note
from nlp.text import Dictionary

ENGINE = "rule:finding@1"
_NAMES = (Label.DISEASE, Label.SURGERY, Label.IMAGING_EXAM, Label.LAB_TEST, Label.DRUG)


@cache
def _terms() -> Dictionary[str]:
    return Dictionary({term: term for term in lexicons.words("symptoms")})


def find(note: Note) -> list[Mention]:
    """Findings outside the names of diseases, operations and examinations."""
    taken = Taken(note.mentions, _NAMES)
    matches = (match for match in _terms().find(note.norm) if not taken.overlaps(match.start, match.end))
    return [mention(note, match.start, match.end, Label.FINDING, ENGINE) for match in matches]


component = entity_component("oncorwe_finding", find)
