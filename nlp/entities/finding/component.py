"""Findings: symptoms, signs and what an examination shows (label ``finding``).

The vocabulary is ``nlp/lexicons/symptoms.tsv``; the site inside a symptom word is a mention of its own (label anatomy).
"""

from __future__ import annotations

from nlp.component import entity_component
from nlp.grammar import Taken, mention, symptoms
from nlp.model import Label, Mention, Note

ENGINE = "rule:finding@1"
_NAMES = (Label.DISEASE, Label.SURGERY, Label.IMAGING_EXAM, Label.LAB_TEST, Label.DRUG)


def find(note: Note) -> list[Mention]:
    """Findings outside the names of diseases, operations and examinations."""
    taken = Taken(note.mentions, _NAMES)
    matches = (match for match in symptoms(note) if not taken.overlaps(match.start, match.end))
    return [mention(note, match.start, match.end, Label.FINDING, ENGINE) for match in matches]


component = entity_component("oncorwe_finding", find)
