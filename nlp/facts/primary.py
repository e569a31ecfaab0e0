"""The primary's site where no statement of the tumour names it exactly: from the lesion described, the specimen, the operation.

Definition: docs/variables-facts.md, "Tumour".
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

from nlp.entities.histology.model import HistologyValue
from nlp.facts.context import asserted, between, certainty, date_of, dated, fact, of_label
from nlp.facts.first_diagnosis import own_date
from nlp.facts.lesions import MASS, NOT_LESION, organ_of
from nlp.facts.sites import laterality, locate, scanner, site_pattern, topography
from nlp.facts.surface import fold_words, surface
from nlp.facts.tumour_types import tumour_code_of
from nlp.model import Fact, Label, Mention, Note

_FILE = Path(__file__).with_name("general_sites.tsv")
_REACH = 160
_UNKNOWN = re.compile(r"原发(?:病)?灶?(?:部位)?(?:不明|未明|不清)|(?:未见|未发现|未找到)(?:明确)?原发[病灶]")
_NEAR = 28
_BREAK = re.compile(f"[,;。]|{NOT_LESION.pattern}")
_MASS = re.compile(MASS)
_MASS_AT = re.compile(
    rf"(?:{MASS}|肿瘤|病[灶变]|癌灶|原发灶)(?P<lies>(?:主要)?(?:位于|累及))|(?:恶性肿瘤|癌)(?P<bracket>\()|{MASS}|新生物|溃疡(?!性结肠)|隆起[型性]|病变(?=,?(?:考虑|符合|提示)[^,;。]{{0,4}}癌)"
)
_LIES = re.compile(rf"(?:{MASS}|肿瘤|病[灶变]|癌灶)(?:主要)?位于$")
_DISTANCE = re.compile("[距据离]$")
"""Before a site: it is where a distance is measured from (距肛门5cm肿物)."""
_WALL = re.compile("[肠胃管]壁")
_VAGUE_HEAD = re.compile("[全残余]|多发|局部|部分|广泛|多处")
_VAGUE_TAIL = re.compile("[壁内部处区脏体管腔]{0,2}")
"""Around an organ's name: words that say no part of it."""
_LESION_AFTER = re.compile(
    rf"^[^,;。]{{0,14}}?(?:{MASS}|肿瘤|新生物|包块|溃疡|隆起|肿胀|狭窄|菜花|病变|病损|病灶|粗糙|糜烂|大体|标本|[)>]|:)"
)
"""Behind a site: words of a lesion, of a specimen or of the operation there."""
_NOT_PRIMARY = re.compile(r"^[^,;。]{0,6}(?:转移|淋巴|切[缘端]|未见|息肉)|^(?:侧|旁)?淋巴")
_NEGATED = re.compile(r"(?:未见|未及|除外|排除|无)[^,;。]{0,10}$")
_SCOPED = re.compile(r"(?<![腔纵])镜[^,;。]{0,12}$")
"""Before a site: an endoscopy that names no other."""


@cache
def _general() -> dict[str, frozenset[str]]:
    rows = csv.DictReader((line for line in _FILE.open(encoding="utf-8") if not line.startswith("#")), delimiter="\t")
    return {row["name"]: frozenset(row["parts"].split(";")) for row in rows}


@cache
def _site() -> re.Pattern[str]:
    return scanner(site_pattern())


def general_parts(site_text: str | None) -> frozenset[str]:
    """The organs that a general word (肠, 子宫) may stand for; none for an organ's own name."""
    site = locate(site_text.lower()) if site_text else None
    return _general().get(site.name, frozenset()) if site else frozenset()


def unspecific(site_text: str | None) -> bool:
    """Does a site name its organ without a part (ICD-O-3 topography .9 or a general word)?"""
    code = topography(site_text.lower()) if site_text else None
    return code is None or code.endswith(".9") or bool(general_parts(site_text))


def operated_part(note: Note, site_text: str | None) -> str | None:
    """``肠腺癌`` after ``右半结肠切除``: the part of the bowel that was taken out."""
    text, parts = surface(note), general_parts(site_text)
    for one in of_label(note, Label.SURGERY):
        words = text[one.start : one.end]
        if asserted(one) and re.search(r"切除|根治", words):
            for match in _site().finditer(words):
                site = locate(match.group())
                if site and organ_of(site) in parts and not general_parts(match.group()):
                    return note.text[one.start + match.start() : one.start + match.end()]
    return None


def described_part(note: Note, site_text: str, side: str) -> str | None:
    """``乙状结肠肿物，考虑肠癌``, ``肿瘤位于胃体大弯侧``: the part in which the mass of an inexact statement is found."""
    text, named = surface(note), fold_words(site_text)
    site = locate(named)
    if site is None or (site.topography.startswith("C34") and not unspecific(named)):
        return None
    for start, end in _described(text):
        words = text[start:end]
        before = text[max(0, start - 14) : start]
        if not _NEGATED.search(before) and _says_more(words, named, side):
            return note.text[start:end].removesuffix("处")
    return None


@lru_cache(maxsize=2)
def _described(text: str) -> tuple[tuple[int, int], ...]:
    return tuple(_masses(text))


def _masses(text: str) -> Iterator[tuple[int, int]]:
    """Sites right before a mass, and those right behind ``肿瘤位于``, by position of the mass."""
    for match in _MASS_AT.finditer(text):
        if match["lies"] or match["bracket"]:
            site = _site().match(text, match.end())
            if site and not (match["bracket"] and text[site.end() : site.end() + 1] not in (")", "、", ",")):
                yield site.span()
            continue
        low = max(match.start() - _NEAR, 0, *(text.rfind(mark, 0, match.start()) + 1 for mark in ",;。"))
        spans = [one.span() for one in _site().finditer(text, low, match.start())]
        spans = [span for span in spans if not _DISTANCE.search(text, max(0, span[0] - 3), span[0])]
        if len(spans) > 1 and spans[-2][1] == spans[-1][0] and _WALL.fullmatch(text, *spans[-1]):
            spans.pop()
        if spans and not _BREAK.search(text, spans[-1][1], match.start()):
            yield spans[-1]


def _says_more(words: str, named_text: str, side: str) -> bool:
    """The same organ, no other side, and a part or a side that the statement lacks."""
    site, named = locate(words), locate(named_text)
    if site is None or named is None or organ_of(site) != organ_of(named) or {"L", "R"} <= {laterality(words), side}:
        return False
    if unspecific(named_text) and not unspecific(words):
        return True
    head, found, tail = words.partition(named_text)
    if not found or _VAGUE_HEAD.search(head):
        return False
    return not _VAGUE_TAIL.fullmatch(tail) or (laterality(words) in ("L", "R") and side not in ("L", "R", "B"))


def without_statement(note: Note) -> list[Fact]:
    """One row for a malignant histology that no tumour statement belongs to, at the site of its lesion, specimen or operation."""
    text = surface(note)
    if _UNKNOWN.search(text):
        return []
    for one in of_label(note, Label.HISTOLOGY):
        if not asserted(one) or certainty(one) != "CONFIRMED" or not one.value.morphology.endswith("/3"):
            continue
        span = lesion_site(text, one.start) or _operated_site(note, text, one.start)
        if span:
            return [_row(note, one, *span)]
    return _treated_mass(note, text)


def _treated_mass(note: Note, text: str) -> list[Fact]:
    """``食管中段占位`` of a patient under chemotherapy or radiotherapy, when the note names no tumour and no histology."""
    if not of_label(note, Label.REGIMEN) and not of_label(note, Label.RADIOTHERAPY):
        return []
    for match in _site().finditer(text):
        if _MASS.match(text, match.end()) and _is_primary_organ(match.group()):
            return [_fact(note, *match.span(), [], {}, match.end())]
    return []


def lesion_site(text: str, at: int) -> tuple[int, int] | None:
    """The last site before a histology whose own words speak of a lesion or of a specimen."""
    low = max(0, at - _REACH)
    for match in reversed(list(_site().finditer(text, low, at))):
        site = locate(match.group())
        after = text[match.end() : min(at, match.end() + 24)]
        if text[match.end() : match.end() + 1] in ("镜", "炎", "石"):
            continue
        if site is None or not _is_primary_organ(match.group()) or _NOT_PRIMARY.match(after):
            continue
        before = text[max(0, match.start() - 16) : match.start()]
        if _NEGATED.search(before) or _DISTANCE.search(before):
            continue
        if match.end() == at or _LESION_AFTER.match(after) or _SCOPED.search(before) or _LIES.search(before):
            return match.start(), match.end() - match.group().endswith("处")
    return None


def _operated_site(note: Note, text: str, at: int) -> tuple[int, int] | None:
    """The first organ in the name of the last resection before a histology."""
    for one in reversed(between(note, Label.SURGERY, max(0, at - 3 * _REACH), at)):
        for match in _site().finditer(text, one.start, one.end) if asserted(one) and "切" in one.text else ():
            if _is_primary_organ(match.group()) and "胰十二指肠" not in text[match.start() - 1 : match.start() + 5]:
                return match.span()
    return None


def _is_primary_organ(words: str) -> bool:
    """An organ that a tumour may start in: not a serous membrane, nodes, a margin or a scar."""
    code = topography(words) or "C80"
    return (
        code[:3] not in ("C77", "C76", "C26", "C80", "C48")
        and "残端" not in words
        and "切口" not in words
        and words != "乳头"
    )


def _row(note: Note, one: Mention, start: int, end: int) -> Fact:
    value: HistologyValue = one.value
    found = {
        "histology_raw": value.raw,
        "morphology_icdo3": value.morphology,
        "behaviour": value.morphology[-1],
    }
    return _fact(note, start, end, [one], found, one.end)


def _fact(note: Note, start: int, end: int, mentions: list[Mention], found: dict[str, str], stop: int) -> Fact:
    words = note.text[start:end]
    at = mentions[0].start if mentions else start
    values = {
        "primary_site_text": words,
        "topography_icdo3": topography(words.lower()),
        "laterality": laterality(words.lower()),
        "tumour_code": tumour_code_of(f"{words}{found.get('histology_raw', '')}", words, found.get("morphology_icdo3")),
        **found,
        **dated("first_dx_date", own_date(note, at, stop) if mentions else date_of(note, at, stop)),
    }
    return fact("tumour", values, mentions, 0.6 if mentions else 0.5, (min(start, at), stop))
