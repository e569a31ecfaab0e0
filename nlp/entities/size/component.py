"""Sizes of lesions, in any unit and any way of writing."""

from __future__ import annotations

import re

from nlp.component import entity_component
from nlp.entities.size import patterns
from nlp.entities.size.model import SizeValue
from nlp.facts.surface import clause_span, mention, surface
from nlp.model import Label, Mention, Note

ENGINE = "rule:size@1"


def find(note: Note) -> list[Mention]:
    """Mentions of sizes; a number pair without unit counts only between words that say it is a size."""
    text = surface(note)
    found: list[Mention] = []
    for match in patterns.SIZE.finditer(text):
        value = _value(text, match)
        if value is not None:
            found.append(mention(note, match.start(), match.end(), Label.SIZE, value, ENGINE))
    return found


def _value(text: str, match: re.Match[str]) -> SizeValue | None:
    raw = match.group()
    units = patterns.UNIT.findall(raw)
    before = text[clause_span(text, match.start())[0] : match.start()]
    if not units and not re.search(r"大小|直径|体积|面积|截面|约$", before[-12:]):
        return None
    numbers = [float(number) for number in patterns.NUMBER.findall(raw)]
    factor = 1.0 if (units[-1] if units else _likely_unit(numbers)) in patterns.MILLIMETRE else 10.0
    diameters = tuple(round(number * factor, 2) for number in numbers)
    if not 0.1 <= max(diameters) <= 600:
        return None
    return SizeValue(
        diameters_mm=diameters[:3],
        is_range=bool(re.search(r"[~-]", raw)),
        short_axis=bool(patterns.SHORT_AXIS.search(before[-8:])),
        is_distance=bool(patterns.NO_LESION.search(before))
        or (len(numbers) == 1 and patterns.PLACE_AFTER.match(text, match.end()) is not None),
    )


def _likely_unit(numbers: list[float]) -> str:
    """A pair without unit is in mm when no lesion could be that many centimetres."""
    return "mm" if max(numbers) > 25 else "cm"


component = entity_component("oncorwe_size", find)
