"""Height, weight, BMI, body surface, temperature, pulse, oxygen, blood pressure. Mentions carry the label ``finding``."""

from __future__ import annotations

import re

from nlp.component import entity_component
from nlp.entities.vital import patterns
from nlp.entities.vital.model import VitalValue
from nlp.facts.surface import mention, surface
from nlp.model import Label, Mention, Note

ENGINE = "rule:vital@1"
_FACTORS = {"m": 100.0, "米": 100.0, "斤": 0.5}


def find(note: Note) -> list[Mention]:
    """Mentions of measures, by position."""
    text = surface(note)
    found = []
    for measure, unit, pattern, low, high in patterns.RULES:
        for match in pattern.finditer(text) if _named(text, measure) else ():
            value = round(float(match["n"]) * _FACTORS.get(match.groupdict().get("u") or "", 1.0), 2)
            if low <= value <= high:
                found.append(_mention(note, match, VitalValue(measure, value, unit)))
    for match in patterns.PRESSURE.finditer(text) if _named(text, "PRESSURE") else ():
        systolic, diastolic = float(match["s"]), float(match["d"])
        if 60 <= systolic <= 280 and 30 <= diastolic < systolic:
            upper, lower = VitalValue("SBP", systolic, "mm[Hg]"), VitalValue("DBP", diastolic, "mm[Hg]")
            found.append(mention(note, match.start(), match.end("s"), Label.FINDING, upper, ENGINE))
            found.append(mention(note, match.start("d"), match.end("d"), Label.FINDING, lower, ENGINE))
    return sorted(found, key=lambda one: one.start)


def _named(text: str, measure: str) -> bool:
    return any(cue in text for cue in patterns.CUES[measure])


def _mention(note: Note, match: re.Match[str], value: VitalValue) -> Mention:
    return mention(note, match.start(), match.end(), Label.FINDING, value, ENGINE)


component = entity_component("oncorwe_vital", find)
