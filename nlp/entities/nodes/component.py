"""Lymph node counts: 11/54, 3组3/7, (2/15), 淋巴结9个未见癌转移, 胃旁(9个)、中央组(6个)未查见癌, 清扫12枚其中3枚转移."""

from __future__ import annotations

import re

from nlp.component import entity_component
from nlp.entities.nodes import patterns
from nlp.entities.nodes.model import NodesValue
from nlp.facts.surface import mention, sentence_span, surface
from nlp.model import Label, Mention, Note

ENGINE = "rule:nodes@1"
_STATION = re.compile(
    r"((?:第?[\d一二三四五六七八九十、,+]{1,9}[a-z]{0,2}(?:组|站)|[\u4e00-\u9fff]{1,8}(?=淋巴结?)|[\u4e00-\u9fff]{1,6}组))[\"']?(?:淋巴结?)?[:(\"'个\s]*$"
)


def find(note: Note) -> list[Mention]:
    """Mentions of counts, one per station."""
    text = surface(note)
    if "/" not in text and "淋巴" not in text and "ln" not in text:
        return []
    found = [*_fractions(note, text), *_counts(note, text), *_part_of(note, text)]
    return _without_overlap(text, found)


def _fractions(note: Note, text: str) -> list[Mention]:
    found = []
    for match in patterns.FRACTION.finditer(text) if "/" in text else ():
        positive, examined = int(match[1]), int(match[2])
        if positive > examined or examined > 150 or not _about_nodes(text, match):
            continue
        value = NodesValue(positive, examined, _station(note, text, match.start()))
        found.append(mention(note, match.start(), match.end(), Label.NODES, value, ENGINE))
    return found


def _about_nodes(text: str, match: re.Match[str]) -> bool:
    low, high = sentence_span(text, match.start())
    before = text[max(low, match.start() - 80) : match.start()]
    after = text[match.end() : min(high, match.end() + 24)]
    if re.search(
        r"(?:月|年|日|约|血压|bp|切|肌层|全层|管腔|肠腔|[肠胃管]壁|周径|环周|占|绕|(?<![a-z])s)$", before[-3:]
    ) or re.match(r"\s?(?:肌|固有|全层|段|以上|以下|左右|月|-)", after):
        return False
    if patterns.SCORE_BEFORE.search(before[-8:]) or patterns.COUNT_BEFORE.search(before[-16:]):
        return False
    if patterns.STATION_BEFORE.search(before[-12:]):
        return True
    clause_before = patterns.ALONE_BEFORE.search(text, max(0, match.start() - 2), match.start())
    alone = clause_before and patterns.ALONE_AFTER.match(text, match.end()) and int(match[2]) > 1
    if alone and patterns.SPECIMEN.search(text, max(0, match.start() - 80), match.start()):
        return True
    return bool(patterns.CONTEXT.search(before) or patterns.CONTEXT_AFTER.match(after) or re.search(r"淋巴结", after))


def _station(note: Note, text: str, start: int) -> str:
    match = _STATION.search(text[max(0, start - 18) : start])
    return note.text[max(0, start - 18) + match.start(1) : max(0, start - 18) + match.end(1)] if match else ""


_COUNT = re.compile(r"(\d(?<![\d./]\d)\d?)\s?(?:枚|个|颗)(?![月年半小周])")


_CHAINED = re.compile(
    r"\)(?:[、,及和][^,;。()]{1,14}\(\d{1,2}\s?(?:枚|个|颗)\))*[\"'」]?淋巴结?[^,;。/\d]{0,6}(?:未见|未查见|未发现|未找到)[^;。,/]{0,5}(?:癌|转移|肿瘤)"
)
"""``胃周(3个)、胰周(2个)淋巴结未查见癌``: the word for nodes stands behind the last station only."""


def _counts(note: Note, text: str) -> list[Mention]:
    """Stations with a plain number whose run of the sentence ends in 未见癌转移: none positive."""
    found = []
    for match in _COUNT.finditer(text):
        low, _ = sentence_span(text, match.start())
        after = text[match.end() : match.end() + 90]
        before = text[max(low, match.start() - 26) : match.start()]
        named = re.search(r"淋巴结?|[组站]\)?[\"']?[(\s]*$", before)
        follows = re.match(
            r"^[)\"']*(?:[、,及和][^;。/]{0,60}?)?[^;。/]{0,40}?(?:均|都)?(?:未见|未查见|未发现|未找到|未及|未检出)[^;。,/]{0,5}(?:癌|转移|肿瘤)",
            after,
        )
        chained = _CHAINED.match(text, match.end()) if text[match.start() - 1 : match.start()] == "(" else None
        if chained or (
            named
            and follows
            and not re.search(r"/", follows.group())
            and not re.match(r"^[)]*[,]?(?:其中|\d|[^,;。未]{0,4}见(?!明显|到)[^,;。未]{0,8}转移)", after)
        ):
            value = NodesValue(0, int(match[1]), _station(note, text, match.start()))
            found.append(mention(note, match.start(), match.end(), Label.NODES, value, ENGINE))
    return found


def _part_of(note: Note, text: str) -> list[Mention]:
    found = []
    for match in patterns.PART_OF.finditer(text):
        examined, positive = (int(group) for group in match.groups() if group)
        if positive <= examined:
            found.append(mention(note, match.start(), match.end(), Label.NODES, NodesValue(positive, examined), ENGINE))
    for match in patterns.ALL_OF.finditer(text):
        value = NodesValue(int(match[1]), int(match[1]))
        found.append(mention(note, match.start(), match.end(), Label.NODES, value, ENGINE))
    return found


def _without_overlap(text: str, found: list[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    for one in sorted(found, key=lambda item: (item.start, item.start - item.end)):
        if not kept or (one.start >= kept[-1].end and not _told_again(text, kept[-1], one)):
            kept.append(one)
    return kept


def _told_again(text: str, one: Mention, other: Mention) -> bool:
    """``14枚，4枚有转移(4/14)``: the fraction in brackets repeats the words before it."""
    between = text[one.end : other.start]
    counts = (one.value.positive, one.value.examined) == (other.value.positive, other.value.examined)
    return (
        counts
        and "/" in text[other.start : other.end]
        and "/" not in text[one.start : one.end]
        and between.endswith("(")
        and len(between) <= 14
    )


component = entity_component("oncorwe_nodes", find)
