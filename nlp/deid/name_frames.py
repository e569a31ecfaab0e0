"""Names in places where only a person stands (其兄程序送入, 放疗柯改名：, 沙胜 男 60岁), so that words and rare family names count too."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from nlp.deid.lexicon import surname_weight, words
from nlp.deid.model import Candidate
from nlp.deid.name_forms import Frame, chars, frames, listed, surname_at
from nlp.deid.name_words import readings, run_bounds
from nlp.deid.ordinary import ordinary

_PRIORITY = 57
_RARE = -3.0
"""Evidence below which a word that is hardly ever a family name opens none."""
_ODD_END = frozenset("等们的了着过是")


@cache
def _never() -> frozenset[str]:
    """Words that are no name even there, and titles."""
    return frozenset((*listed("not_person"), *words("cues.tsv")["title_after"], *words("cues.tsv")["relation"]))


def framed_names(text: str, blocked: set[int], labels: set[int]) -> Iterator[Candidate]:
    """Candidates of all frames of a folded text; ``blocked`` are places inside protected terms, ``labels`` where a field label begins.

    Lines begin at the end of the one before, the first one in ``opened``, the text behind a line's end.
    """
    opened = "\n" + text
    for frame in frames():
        first = frame.pattern.pattern.match(opened) if frame.opens_line else None
        found = [(first.start("name") - 1, first.end("name") - 1)] if first else []
        for start, end in found + [m.span("name") for m in frame.pattern.finditer(text)]:
            places = range(start, end)
            termed = all(i in blocked for i in places) and not frame.words
            if not (termed or any(i in labels for i in places)) and _is_name(text, frame, start, end):
                yield Candidate(start, end, "NAME", "name.frame", frame.name, _PRIORITY)


def _is_name(text: str, frame: Frame, start: int, end: int) -> bool:
    """May the characters of a frame be a name?"""
    surname, value = surname_at(text, start), text[start:end]
    given = value[len(surname) :]
    if not (surname and given) or given[0] in chars("not_first") or given[-1] in _ODD_END:
        return False
    if value in _never() or value[:2] in _never():
        return False
    first, last = run_bounds(text, start)
    evidence = dict(readings(text[first:last], start - first, surname)).get(len(given), -99.0)
    doubtful = surname_weight()[surname] < 1 and evidence < _RARE
    if not frame.words and (doubtful or value in ordinary()):
        return False
    return evidence > frame.least
