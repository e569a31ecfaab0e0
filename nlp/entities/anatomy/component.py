"""Body sites (CCKS type 解剖部位): sites by themselves and the site inside a symptom word (``腹`` in ``腹痛``).

A site inside a disease, operation or examination is part of that name and not a mention of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from nlp import grammar, lexicons
from nlp.component import entity_component
from nlp.entities.anatomy import patterns
from nlp.model import Label, Mention, Note
from nlp.text import fold

ENGINE = "rule:anatomy@1"
_NAMES = (Label.DISEASE, Label.SURGERY, Label.IMAGING_EXAM, Label.LAB_TEST, Label.DRUG)


@cache
def _not_alone() -> frozenset[str]:
    return frozenset(
        fold(word) for row in lexicons.rows("not_alone") if row["class"] == "anatomy" for word in row["term"].split(";")
    )


def find(note: Note) -> list[Mention]:
    """Sites outside the names found before."""
    taken = grammar.Taken(note.mentions, _NAMES)
    found = []
    for source in (_counted_nodes, _inside, _sites, _in_symptoms):
        fresh = [
            grammar.mention(note, start, end, Label.ANATOMY, ENGINE)
            for start, end in source(note)
            if end > start and note.norm[start:end] not in _not_alone() and not taken.overlaps(start, end)
        ]
        found.extend(fresh)
        taken = grammar.Taken([*note.mentions, *found], (*_NAMES, Label.ANATOMY))
    return found


def _counted_nodes(note: Note) -> Iterator[tuple[int, int]]:
    if "淋巴结" not in note.norm:
        return
    for match in patterns.COUNTED_NODES.finditer(note.norm) if patterns.COUNT.search(note.norm) else ():
        verb = patterns.NOT_PART.match(match[0])
        yield match.start() + (verb.end() if verb else 0), match.end()
    for match in patterns.NUMBERED_NODES.finditer(note.norm) if "组" in note.norm else ():
        yield match.span()


def _inside(note: Note) -> Iterator[tuple[int, int]]:
    for match in patterns.INSIDE.finditer(note.norm):
        if match.end() > match.start():
            yield match.span()


def _sites(note: Note) -> Iterator[tuple[int, int]]:
    for start, end in grammar.search(note, patterns.ANATOMY):
        start, end = grammar.trimmed(note.norm, start, end)
        while end - start > 1 and (tail := patterns.TAIL.search(note.norm, start, end)):
            end = max(tail.start(), start + 1)
        yield start, end


def _in_symptoms(note: Note) -> Iterator[tuple[int, int]]:
    for match in grammar.symptoms(note):
        if match.payload:
            yield match.start, match.start + match.payload


component = entity_component("oncorwe_anatomy", find)
