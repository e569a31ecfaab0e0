"""ECOG, KPS, pain (NRS) and nutrition (NRS 2002) scores."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.component import entity_component
from nlp.entities.performance_status import patterns
from nlp.entities.performance_status.model import ScoreValue
from nlp.facts.surface import mention, surface
from nlp.model import Label, Mention, Note

ENGINE = "rule:performance_status@1"


def find(note: Note) -> list[Mention]:
    """Mentions of scores, by position."""
    text = surface(note)
    found = [
        mention(note, match.start(), match.end(), Label.PERFORMANCE_STATUS, value, ENGINE)
        for match, value in _all(text)
    ]
    return sorted(found, key=lambda one: one.start)


def _all(text: str) -> Iterator[tuple[re.Match[str], ScoreValue]]:
    for match in patterns.ECOG.finditer(text) if any(word in text for word in patterns.ECOG_CUE) else ():
        yield match, ScoreValue("ECOG", float(match["m"] or match["n"]))
    for match in patterns.KPS.finditer(text) if any(word in text for word in patterns.KPS_CUE) else ():
        value = min(float(match["n"]), float(match["m"] or match["n"]))
        if value <= 100:
            yield match, ScoreValue("KPS", value)
    for match in patterns.NRS.finditer(text) if any(word in text for word in patterns.NRS_CUE) else ():
        yield match, ScoreValue("PAIN_NRS", float(match["n"] or match["p"]))
    for match in patterns.NRS2002.finditer(text):
        yield match, ScoreValue("NRS2002", float(match["n"]))


component = entity_component("oncorwe_performance_status", find)
