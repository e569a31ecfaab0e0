"""Smoking and drinking with amounts: 吸烟30年，20支/日，已戒5年; 无烟酒嗜好; 饮白酒2两/日20年."""

from __future__ import annotations

import re

from nlp.component import entity_component
from nlp.entities.smoking import patterns
from nlp.entities.smoking.model import HabitValue
from nlp.facts.surface import clause_span, mention, surface
from nlp.model import Label, Mention, Note
from nlp.text import number

ENGINE = "rule:smoking@1"
_REACH = 46


def find(note: Note) -> list[Mention]:
    """One mention a habit and statement; 烟酒 gives two."""
    text = surface(note)
    if "烟" not in text and "酒" not in text and "嗜好" not in text:
        return []
    found: list[Mention] = []
    for match in patterns.TRIGGER.finditer(text):
        if found and match.start() < found[-1].end + 3:
            continue
        for index, value in enumerate(_values(text, match)):
            found.append(mention(note, match.start() + index, match.end(), Label.SMOKING, value, ENGINE))
    return found


def _values(text: str, match: re.Match[str]) -> list[HabitValue]:
    kinds = _kinds(match.group(), text[max(0, match.start() - 6) : match.end() + 4])
    before = text[max(clause_span(text, match.start())[0], match.start() - 14) : match.start()]
    after = _own_part(text, match)
    if not kinds or patterns.NOT_HABIT.match(after) or patterns.ADVICE_BEFORE.search(before):
        return []
    if patterns.NEGATED.search(before) or patterns.NEGATED_INSIDE.match(after):
        return [HabitValue(kind, "NEVER") for kind in kinds]
    if match.group() == "嗜好":
        return []
    return [_habit(kind, match.group() + after, before) for kind in kinds]


def _kinds(word: str, around: str) -> list[str]:
    smoke, drink = "烟" in word, "酒" in word
    if word == "嗜好":
        smoke, drink = "烟" in around, "酒" in around
    return [kind for kind, there in (("SMOKING", smoke), ("ALCOHOL", drink)) if there]


def _own_part(text: str, match: re.Match[str]) -> str:
    """The words up to the end of the sentence or the other habit."""
    after = text[match.end() : match.end() + _REACH]
    after = re.split(r"[。;\n]", after)[0]
    other = "酒" if "烟" in match.group() else "烟"
    cut = re.search(rf"(?:饮|喝|嗜|吸|抽|无|否认|偶)[^,]{{0,2}}{other}", after)
    return after[: cut.start()] if cut else after


def _habit(kind: str, words: str, before: str) -> HabitValue:
    quit_match = patterns.QUIT_YEARS.search(words)
    left = bool(patterns.QUIT.search(words))
    rest = words.replace(quit_match.group(), "") if quit_match else words
    years = patterns.YEARS.search(rest) or patterns.YEARS.search(before)
    return HabitValue(
        kind=kind,
        status="FORMER" if left else "CURRENT",
        per_day=_cigarettes(words) if kind == "SMOKING" else _grams(words),
        years=number(years["n"]) if years else None,
        quit_years=number(quit_match["n"] or quit_match["b"]) if quit_match else None,
    )


def _mean(match: re.Match[str]) -> float | None:
    low = number(match["n"])
    high = number(match["m"]) if match["m"] else None
    return None if low is None else (low + high) / 2 if high else low


def _cigarettes(words: str) -> float | None:
    match = patterns.CIGARETTES.search(words)
    if match:
        return _mean(match)
    packs = patterns.PACKS.search(words)
    value = _mean(packs) if packs else None
    return value * 20 if value is not None else None


def _grams(words: str) -> float | None:
    match = patterns.ALCOHOL.search(words)
    if match is None:
        return None
    value, unit = _mean(match), match["unit"]
    if value is None:
        return None
    if unit in ("g", "克"):
        return value
    kind = (
        "beer"
        if patterns.BEER.search(words)
        else "wine"
        if patterns.WINE.search(words)
        else "rice"
        if patterns.RICE.search(words)
        else "spirit"
    )
    return round(value * patterns.MILLILITRES[unit] * patterns.STRENGTH[kind] * 0.8, 1)


component = entity_component("oncorwe_smoking", find)
