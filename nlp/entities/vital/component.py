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
_CUE = re.compile(r"身高|体重|bmi|体表|体温|t\s?[:=]?\s?3|脉|心率|p\s?[:=]?\s?\d|hr|spo2|氧|血压|bp|bsa|体质")


def find(note: Note) -> list[Mention]:
    """Mentions of measures, by position."""
    text = surface(note)
    if not _CUE.search(text):
        return []
    found = []
    for measure, unit, pattern, low, high in patterns.RULES:
        for match in pattern.finditer(text):
            value = round(float(match["n"]) * _FACTORS.get(match.groupdict().get("u") or "", 1.0), 2)
            if low <= value <= high:
                found.append(_mention(note, match, VitalValue(measure, value, unit)))
    for match in patterns.PRESSURE.finditer(text):
        systolic, diastolic = float(match["s"]), float(match["d"])
        if 60 <= systolic <= 280 and 30 <= diastolic < systolic:
            upper, lower = VitalValue("SBP", systolic, "mm[Hg]"), VitalValue("DBP", diastolic, "mm[Hg]")
            found.append(mention(note, match.start(), match.end("s"), Label.FINDING, upper, ENGINE))
            found.append(mention(note, match.start("d"), match.end("d"), Label.FINDING, lower, ENGINE))
    return sorted(found, key=lambda one: one.start)


def _mention(note: Note, match: re.Match[str], value: VitalValue) -> Mention:
    return mention(note, match.start(), match.end(), Label.FINDING, value, ENGINE)


component = entity_component("oncorwe_vital", find)
