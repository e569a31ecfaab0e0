"""Names that a cue on one side and the shape of the place give away: a family name between a department and a colon, a given name behind kinship,
a cell before the cell of sex.

The patterns are data (``[cued]`` of ``name_patterns.toml``); each marks the value with the group ``name``.
"""

from __future__ import annotations

from collections.abc import Iterator

from nlp.deid.lexicon import given_names
from nlp.deid.model import Candidate
from nlp.deid.name_forms import rare_pattern, surname_at
from nlp.deid.name_words import given_odds, surname_evidence, token_evidence

_SURNAME_RULES = ("department", "in_charge", "signature", "surname_told")
_LEAST = -9.0
"""Evidence from which a family name alone is one between a department, an office or a label and a mark."""
_GIVEN = -6.0
"""Logarithm of the share of a given name alone behind kinship."""
_GIVEN_EVIDENCE, _GIVEN_ODDS = 5.5, -2.0
"""Evidence of a given name alone, and the odds of each of its characters, from which it is one."""
_PRIORITY = 56


def cued_names(text: str, blocked: set[int]) -> Iterator[Candidate]:
    """Candidates of all rules; ``blocked`` are places inside protected terms."""
    yield from _surnames(text, blocked)
    yield from _given(text, blocked)
    for match in rare_pattern("cued", "cell").finditer(text):
        if surname_at(text, match.start("name")):
            yield _candidate(match.span("name"), "cell before sex")
    yield from (_candidate(m.span("name"), "<name>") for m in rare_pattern("cued", "element").finditer(text))


def _candidate(span: tuple[int, int], cue: str) -> Candidate:
    return Candidate(span[0], span[1], "NAME", "name.cued", cue, _PRIORITY)


def _surnames(text: str, blocked: set[int]) -> Iterator[Candidate]:
    """放疗科仝：可予50Gy, 由关负责追踪, 医嘱医师：晁."""
    for rule in _SURNAME_RULES:
        for match in rare_pattern("cued", rule).finditer(text):
            start, end = match.span("name")
            if start not in blocked and surname_evidence(text, start, end) > _LEAST:
                yield _candidate((start, end), rule)


def _given(text: str, blocked: set[int]) -> Iterator[Candidate]:
    """女儿语桐已从…返回: two characters of given names that words explain worse."""
    odds = given_odds()
    for match in rare_pattern("cued", "given").finditer(text):
        start, end = match.span("name")
        value = match["name"]
        listed = value in given_names()
        likely = all(odds.get(c, -9.0) > _GIVEN_ODDS for c in value)
        if start in blocked and not listed:
            continue
        if listed or (likely and token_evidence(text, start, end, _GIVEN) > _GIVEN_EVIDENCE):
            yield _candidate((start, end), "given behind kinship")
