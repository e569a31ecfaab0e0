"""Radiotherapy: DT 60Gy/30F, 2Gy×25次, 4500cGy/25f, 放疗16次，DT2880cGy, 全脑放疗, 伽马刀, 粒子植入."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from nlp.component import entity_component
from nlp.entities.radiotherapy import patterns
from nlp.entities.radiotherapy.model import RadiotherapyValue
from nlp.facts.sites import site_pattern
from nlp.facts.surface import clause_span, mention, sentence_span, surface
from nlp.model import Label, Mention, Note

ENGINE = "rule:radiotherapy@1"
_CUE = re.compile(r"放疗|放射|照射|gy|\d\s?g\s?/|刀|近距离|后装|粒子|131|sbrt|srs|戈瑞|放化疗|重离子|质子")


@cache
def _site() -> re.Pattern[str]:
    return re.compile(site_pattern())


def find(note: Note) -> list[Mention]:
    """One mention a dose; a treatment named in a sentence without dose is a mention of its own."""
    text = surface(note)
    if not _CUE.search(text):
        return []
    doses = [one for match in patterns.DOSE.finditer(text) if (one := _dose(note, text, match))]
    sentences = {sentence_span(text, one.start) for one in doses}
    named: list[Mention] = []
    for match in patterns.TREATMENT.finditer(text):
        sentence = sentence_span(text, match.start())
        fractions = _counted(text, match)
        again = fractions and named and sentence_span(text, named[-1].start) == sentence
        anew = bool(named) and _dated_anew(note, named[-1].end, match.start())
        if (sentence in sentences and not (again or anew)) or _is_no_treatment(text, match):
            continue
        if again and fractions == named[-1].value.fractions:
            continue
        sentences.add(sentence)
        value = replace(_value(note, text, *match.span()), fractions=fractions)
        named.append(mention(note, match.start(), match.end(), Label.RADIOTHERAPY, value, ENGINE))
    return sorted([*doses, *named], key=lambda one: one.start)


def _dated_anew(note: Note, low: int, high: int) -> bool:
    """Does a date stand between two treatments of a sentence (``2013-04行放疗,2016-10行左髂骨放疗``)?"""
    return any(date.iso and low <= date.start < high for date in note.dates)


def _counted(text: str, match: re.Match[str]) -> int | None:
    """Fractions told behind a treatment named without dose; none where they are those of a day."""
    if patterns.EACH_DAY.search(text, max(0, match.start() - 8), match.start()):
        return None
    count = patterns.COUNT_AFTER.match(text, match.end())
    return int(count["fx"]) if count else None


def _is_no_treatment(text: str, match: re.Match[str]) -> bool:
    if patterns.NOT_TREATMENT.match(text[match.end() : match.end() + 6]):
        return True
    low = clause_span(text, match.start())[0]
    words = match.group()
    if words.startswith("照射") or words == "粒子植入":
        return "放" not in text[max(0, match.start() - 20) : match.end() + 4] and "粒子" not in words
    return bool(patterns.DECLINED.search(text[low : match.start()]))


def _dose(note: Note, text: str, match: re.Match[str]) -> Mention | None:
    low, high = sentence_span(text, match.start())
    sentence = text[low:high]
    if not re.search(r"放疗|照射|放射|dt|ptv|gtv|ctv|剂量|刀|imrt|靶区|gy", sentence):
        return None
    total, fractions, each = _numbers(text, match, low, high)
    if total is None and each is None:
        return None
    base = _value(note, text, match.start(), match.end())
    value = RadiotherapyValue(total, fractions, each, base.technique, base.target, base.intent, base.site_text)
    return mention(note, match.start(), match.end(), Label.RADIOTHERAPY, value, ENGINE)


def _numbers(text: str, match: re.Match[str], low: int, high: int) -> tuple[float | None, int | None, float | None]:
    if match["each"]:
        dose, count = _gray(match["each"], match["unit2"]), int(match["fx2"])
        return (round(dose * count, 2), count, dose) if 0 < dose <= 30 else (None, None, None)
    if match["each3"]:
        return None, _near(text, match, low, high), _gray(match["each3"], match["unit3"])
    if match["bare"]:
        return round(float(match["bare"]) / 100, 2), int(match["fx4"]), None
    total = _gray(match["total"], match["unit"])
    if not 1 <= total <= 150 or _is_each_of_total(text, match):
        return None, None, None
    fractions = int(match["fx"]) if match["fx"] else _near(text, match, low, high)
    if match["unit"] == "g" and fractions is None:
        return None, None, None
    each = patterns.EACH.match(text[match.end() : min(high, match.end() + 40)])
    return total, fractions, float(each["each"]) if each else None


def _is_each_of_total(text: str, match: re.Match[str]) -> bool:
    """``单次2Gy``: the dose of one fraction, told beside the total."""
    return bool(re.search(r"(?:单次|每次|分次)(?:剂?量)?[:为]?$", text[max(0, match.start() - 6) : match.start()]))


def _near(text: str, match: re.Match[str], low: int, high: int) -> int | None:
    after = patterns.POST_FRACTIONS.match(text[match.end() : min(high, match.end() + 16)])
    if after:
        return int(after["fx"])
    shared = patterns.SHARED_FRACTIONS.match(text[match.end() : min(high, match.end() + 40)])
    if shared:
        return int(shared["fx"])
    before = patterns.PRE_FRACTIONS.search(text[max(low, match.start() - 16) : match.start()])
    if before:
        return int(before["fx"])
    near = patterns.FRACTIONS_NEAR.search(text[max(low, match.start() - 30) : min(high, match.end() + 20)])
    return int(near["fx"]) if near else None


def _gray(number: str, unit: str) -> float:
    value = float(number)
    return round(value / 100, 2) if unit == "cgy" else value


def _value(note: Note, text: str, start: int, end: int) -> RadiotherapyValue:
    low, high = sentence_span(text, start)
    around = text[max(low, start - 70) : min(high, end + 24)]
    close = text[max(low, start - 22) : min(high, end + 8)]
    technique = next((name for pattern, name in patterns.TECHNIQUES if name and pattern.search(around)), None)
    target = next((name for pattern, name in patterns.TARGETS if pattern.search(close)), None)
    intent = next((name for pattern, name in patterns.INTENTS if pattern.search(close)), None)
    sites = list(_site().finditer(text, max(low, start - 26), start))
    site = note.text[sites[-1].start() : sites[-1].end()] if sites else None
    return RadiotherapyValue(technique=technique, target=target, intent=intent, site_text=site)


component = entity_component("oncorwe_radiotherapy", find)
