"""Rows of ``metastasis`` that other statements hold: counts of positive nodes, ``肺M``, an operation on a metastasis.

Definition: docs/variables-facts.md, "Metastasis". A kind of site that the note states in plain words has its row from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from nlp.entities.metastasis.component import distant
from nlp.entities.metastasis.lists import merged
from nlp.entities.nodes.model import NodesValue
from nlp.facts.context import asserted, certainty, dated, fact, of_label
from nlp.facts.first_diagnosis import own_date
from nlp.facts.sites import LEVEL, NODE_REGION, SIDE, laterality, locate, node_pattern, scanner, site_pattern
from nlp.facts.surface import sentence_span, surface
from nlp.model import Fact, Label, Note
from nlp.text import fold

_SHORT = re.compile(r"(?<=[\u4e00-\u9fff])m(?![a-z0-9])(?!\s?期)")
_DOUBT = re.compile(r"^[^,;。]{0,6}?(?:不除外|待排|可能|\?|待除外)|疑$")
_AND = re.compile(r"[、及和与]?")
_MANY = re.compile(r"(?:[多两双单]发|小|内|多处|散在|同时性)*")
_DENIED = re.compile(r"(?:未见|无|排除|除外)[^,;。]{0,12}$")
_LEAD = re.compile(r"^(?:呈|找到|检出|送检|另送|见|及)+")
_NODES_TEXT = "淋巴结"
_SEVERAL = ("PERITONEUM", "LN_REGIONAL", "LN_DISTANT")
"""Kinds of site that hold several places with names of their own."""


def build(note: Note) -> list[Fact]:
    """At most one row per kind of site and way of telling, none for a kind that a metastasis mention already states; of sites with M all."""
    told = [one for one in of_label(note, Label.METASTASIS) if asserted(one) and one.value.certainty != "NEGATED"]
    stated, named = {one.value.site_code for one in told}, " ".join(one.text for one in told)
    rows: dict[str, Fact] = {}
    ways = (_counted, _in_nodes, _abbreviated, _node_abbreviated, _operated, _treated, _seeded)
    for one in (one for way in ways for one in way(note)):
        code, words = one.values["site_code"], one.values["site_text"]
        key = f"{code}{words}" if one.kind == "letter" else code
        if code not in stated or (code in _SEVERAL and key != code and words not in named):
            rows.setdefault(key, one)
    return list(rows.values())


_SPECIMEN = re.compile(
    r"\((?:左|右|双)?侧?(?P<site>[^(),;。]{0,6}(?:网膜|腹膜|系膜|陷凹|道格拉斯窝|肠脂垂|胸膜|膈肌?))[^(),;。]{0,4}\)"
)
_TISSUE = re.compile(
    r"(?P<site>[大小]?网膜|[盆壁脏]?(?:层|腔)?腹膜|道格拉斯窝)(?:组织|脂肪|结节|表面|[内中])*(?:(?:[、及和][^,;。()见未、及和]{1,10}){1,3}(?=[均都皆]))?(?:[均都皆]|[亦也])?[可查]?(?=见[^,;。()未]{0,14}癌(?!结节))"
)
"""``网膜组织内见腺癌``: the tissue itself, without a bracket."""
_SEEN_TUMOUR = re.compile(r"[^;。()未]{0,40}?见[^,;。()未]{0,14}癌(?!栓)")


def _seeded(note: Note) -> Iterator[Fact]:
    """``(大网膜)脂肪内见中分化鳞癌``, ``网膜组织内见腺癌``: a specimen of a serous membrane that holds tumour."""
    text = surface(note)
    ways = (_SPECIMEN, _TISSUE) if "膜" in text or "窝" in text or "脂垂" in text else ()
    for match in (match for way in ways for match in way.finditer(text)):
        if _SEEN_TUMOUR.match(text, match.end()):
            code = "PLEURA" if "胸膜" in match["site"] else "PERITONEUM"
            words = note.text[match.start("site") : match.end("site")]
            yield _row(note, code, words, match.span(), "letter")


def _row(note: Note, code: str, words: str, span: tuple[int, int], kind: str, *, sure: bool = True) -> Fact:
    values = {
        "site_code": code,
        "site_text": words,
        "laterality": laterality(fold(words)),
        "certainty": "CONFIRMED" if sure else "SUSPECTED",
        "confirmed_by": "PATH" if kind == "node count" else None,
        **dated("first_seen_date", own_date(note, *span)),
    }
    return fact("metastasis", values, [], 0.8 if sure else 0.6, span, kind=kind)


def _counted(note: Note) -> Iterator[Fact]:
    """``肠周淋巴结1/13见癌转移``: nodes that were taken out and hold tumour; without the word 转移 the count stands alone."""
    text = surface(note)
    for one in of_label(note, Label.NODES):
        value: NodesValue = one.value
        low, high = sentence_span(text, one.start)
        near = text[max(low, one.start - 60) : min(high, one.end + 60)]
        if value.positive and "转移" in near:
            station = _LEAD.sub("", value.station).replace("找到", "").replace("送检", "")
            words = station if _NODES_TEXT in station else f"{station}{_NODES_TEXT}"
            yield _row(note, "LN_REGIONAL", words, (one.start, one.end), "node count")


@cache
def _held() -> re.Pattern[str]:
    return scanner(
        rf"(?P<site>{node_pattern()})(?:组织)?[内中]?[均都]?[可查]?见(?=[^,;。()未无]{{0,6}}癌(?!结节|栓|转移))"
    )


def _in_nodes(note: Note) -> Iterator[Fact]:
    """``左腋窝淋巴结内见导管癌``: nodes that hold tumour, told without a count and without the word 转移."""
    text = surface(note)
    for match in _held().finditer(text) if _NODES_TEXT in text else ():
        code = "LN_DISTANT" if distant(match["site"]) else "LN_REGIONAL"
        yield _row(note, code, note.text[match.start("site") : match.end("site")], match.span(), "node count")


_TREATMENT = re.compile(
    r"转移(?:性)?(?:瘤|灶|病灶)?(?:根治性?|微波|射频|部分|楔形|姑息性?|精确|局部)*(?:切除|消融|射频|放疗|栓塞|照射)"
)
_INTENDED = re.compile(r"(?:拟|建议|未|拒绝|考虑|择期|计划|可)[^,;。]{0,12}$")


def _treated(note: Note) -> Iterator[Fact]:
    """``行肝转移灶切除``: a metastasis that was treated was there."""
    text = surface(note)
    for match in _TREATMENT.finditer(text):
        sites = list(_site().finditer(text, max(0, match.start() - 12), match.start()))
        if (
            sites
            and sites[-1].end() == match.start()
            and not _INTENDED.search(text[max(0, match.start() - 20) : match.start()])
        ):
            place = locate(sites[-1].group())
            if place is not None:
                span = (sites[-1].start(), match.end())
                yield _row(note, place.metastasis, note.text[span[0] : match.start()], span, "operation")


@cache
def _site() -> re.Pattern[str]:
    return scanner(site_pattern())


def _abbreviated(note: Note) -> Iterator[Fact]:
    """``两肺M``, ``肝、肺M``: M for metastasis right behind an organ or a list of them."""
    text = surface(note)
    for match in _SHORT.finditer(text):
        doubt = _DOUBT.search(text[match.end() : match.end() + 10])
        if _DENIED.search(text[max(0, match.start() - 16) : match.start()]):
            continue
        for start, end in _sites_before(text, match.start()):
            place = locate(text[start:end])
            if place is not None:
                yield _row(
                    note, place.metastasis, note.text[start:end], (start, match.end()), "letter", sure=doubt is None
                )


def _sites_before(text: str, at: int) -> list[tuple[int, int]]:
    """The sites of a list that ends at a place, one right behind another or joined by 、 and 及."""
    low = max(0, at - 24)
    taken: list[tuple[int, int]] = []
    for site in reversed(list(_site().finditer(text, low, at))):
        if not (_AND if taken else _MANY).fullmatch(text, site.end(), taken[0][0] if taken else at):
            break
        taken.insert(0, site.span())
    kinds = {place.metastasis if (place := locate(text[start:end])) else "" for start, end in taken}
    return merged(text, taken, low) if len(kinds) == 1 else taken


@cache
def _node_letters() -> re.Pattern[str]:
    return scanner(
        rf"(?P<site>(?:{SIDE}|{LEVEL})*{NODE_REGION}(?:[、及和](?:{SIDE}|{LEVEL})*{NODE_REGION})*(?:区|旁)?(?:多发)?ln)\s?(?:m(?![a-z0-9])|转移)"
        rf"|(?P<seen>{node_pattern()})[^;。]{{0,12}}?考虑\s?m(?![a-z0-9])"
    )


def _node_abbreviated(note: Note) -> Iterator[Fact]:
    """``腹膜后LNM``, ``髂血管旁淋巴结，考虑M``."""
    text = surface(note)
    for match in _node_letters().finditer(text) if re.search(r"ln\s?(?:m|转移)|考虑\s?m", text) else ():
        group = "site" if match["site"] else "seen"
        if _DENIED.search(text[max(0, match.start() - 16) : match.start()]):
            continue
        code = "LN_DISTANT" if distant(match[group]) else "LN_REGIONAL"
        doubt = group == "seen" or _DOUBT.search(text[match.end() : match.end() + 10])
        words = note.text[match.start(group) : match.end(group)]
        yield _row(note, code, words, match.span(), "letter", sure=not doubt)


def _operated(note: Note) -> Iterator[Fact]:
    """``肝转移灶切除术``: what was operated on."""
    text = surface(note)
    for one in of_label(note, Label.SURGERY):
        at = text.find("转移", one.start, one.end)
        sites = [match for match in _site().finditer(text, one.start, at) if match.end() == at] if at > 0 else []
        place = locate(sites[-1].group()) if sites else None
        if place is not None and asserted(one):
            sure, start = certainty(one) == "CONFIRMED", sites[-1].start()
            yield _row(note, place.metastasis, note.text[start:at], (start, at + 2), "operation", sure=sure)
