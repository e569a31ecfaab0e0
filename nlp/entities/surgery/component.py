"""Operations and invasive procedures (CCKS type 手术)."""

from __future__ import annotations

from nlp import grammar
from nlp.component import entity_component
from nlp.entities.surgery import patterns
from nlp.model import Label, Mention, Note

ENGINE = "rule:surgery@1"


def find(note: Note) -> list[Mention]:
    """Operation mentions."""
    taken = grammar.Taken(note.mentions, (Label.DRUG, Label.IMAGING_EXAM))
    found = []
    for start, end in grammar.search(note, patterns.OPERATION):
        start, end = grammar.trimmed(note.norm, start, end)
        if patterns.AFTER_PREPOSITION.match(note.norm, start):
            start += 1
        if end - start > 1 and (not taken.overlaps(start, end) or _holds_agent(note, start, end)):
            found.append(grammar.mention(note, start, end, Label.SURGERY, ENGINE))
    return found


def _holds_agent(note: Note, start: int, end: int) -> bool:
    """``肝肿瘤无水酒精注射``: the drug is a word of the operation's own name."""
    return any(one.label is Label.DRUG and start <= one.start and one.end < end for one in note.mentions)


component = entity_component("oncorwe_surgery", find)
