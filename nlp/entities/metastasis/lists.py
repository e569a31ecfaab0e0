"""Lists of sites before 转移: which neighbouring expressions are one site, and where a list of lymph node stations begins.

A list of stations ends in one word for all of them (``右腋窝、内乳、右锁上淋巴结``): it is one expression, also where a station stands in no
lexicon; organs that bear metastases of their own (肝, 肺, 骨 …) are no stations.
"""

from __future__ import annotations

import re

from nlp.facts.sites import locate

Span = tuple[int, int]

_PLACE = r"(?:旁|周围?|区|窝|组|间隙|门|后方?|前方?|上|下|内|隔|膈|颈部?|颈根部|腋|腋窝|腔|股沟|沟|静脉|动脉|血管|系膜|乳|盆壁|叶)"
"""What a word for a station ends in."""
_ENDS_AS_PLACE = re.compile(rf"{_PLACE}(?:[(][^()]{{1,12}}[)])?$")
_ITEM = rf"[^,;。:!?、及和与\s见示伴并虑余无未现可有为移癌灶影结]{{0,9}}{_PLACE}(?:[(][^(),;。]{{1,12}}[)])?"
_BEFORE = re.compile(rf"(?:{_ITEM}(?:[、及和与]|以及))+$")
_LINK = re.compile(rf"{_PLACE}?(?:[、,及和与]|以及)?$")
_SIDE = re.compile(r"[左右双两]")
_OWN = frozenset(("LUNG", "LIVER", "BONE", "BRAIN", "ADRENAL", "PLEURA", "PERITONEUM"))
_REACH = 80


def merged(text: str, spans: list[Span], segment: int) -> list[Span]:
    """The spans with neighbours that are one site joined, and a list of stations taken as one."""
    found: list[Span] = []
    for span in spans:
        if found and _is_one(text, found[-1], span):
            found[-1] = (found[-1][0], span[1])
        else:
            found.append(span)
    return _stations(text, found, segment)


def _is_one(text: str, left: Span, right: Span) -> bool:
    """Nothing between them and no side of its own: 盆腔系膜, 第2胸椎右侧横突, T3、T4胸椎; two membranes stay two.

    The 附件 of a vertebra (胸椎及附件) are its arch, not the adnexa.
    """
    words, before = text[slice(*right)], text[slice(*left)]
    if words.startswith("附件") and _is_bone(before) and text[left[1] : right[0]] in ("", "及"):
        return True
    if left[1] != right[0] or "淋巴" in before or "淋巴" in words:
        return False
    if words in _BARE and before[-1:] in _BARE and _code(before) != _code(words):
        return False
    return (_is_bone(before) and _is_bone(words)) or not (
        _SIDE.match(words) or (_is_own(before) and words.endswith("膜"))
    )


_BARE = frozenset("肝肺骨脑脾")
"""Organs of one character, which a note strings together (肝肺转移: two sites)."""


def _code(words: str) -> str:
    site = locate(words)
    return site.metastasis if site else ""


def _is_bone(words: str) -> bool:
    site = locate(words)
    return site is not None and site.metastasis == "BONE"


def _is_own(words: str) -> bool:
    """Does the organ bear metastases of its own?"""
    site = locate(words)
    return site is not None and site.metastasis in _OWN


def _stations(text: str, spans: list[Span], segment: int) -> list[Span]:
    """Stations before the last 淋巴结 become part of its expression."""
    at = next((number for number in reversed(range(len(spans))) if "淋巴" in text[slice(*spans[number])]), None)
    if at is None:
        return spans
    start, first = spans[at][0], at
    while first and _is_station(text, spans[first - 1], start):
        first -= 1
        start = spans[first][0]
    low = max(segment, spans[first - 1][1] if first else segment, start - _REACH)
    if (before := _BEFORE.search(text[low:start])) and "术后" not in before.group():
        start = low + before.start()
    return [*spans[:first], (start, spans[at][1]), *spans[at + 1 :]]


def _is_station(text: str, span: Span, at: int) -> bool:
    """Is a site before a list of stations one of them?"""
    words, gap = text[slice(*span)], text[span[1] : at]
    if "淋巴" in words or not _LINK.match(gap):
        return False
    return not _is_own(words) or bool(_ENDS_AS_PLACE.search(words + gap.rstrip("、,及和与以")))
