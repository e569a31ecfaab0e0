"""Rows of ``tumour``: the primaries that a note speaks of, with site, size and histology as written.

The site is the most exact expression for the organ of a tumour statement: an imaging report says 右肺癌 in its
conclusion and names the lobe beside the mass. The size is the mass's own; after a resection there is none.
Definition: docs/variables-facts.md, "Tumour".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from nlp.entities.tumour.model import TumourValue
from nlp.facts.context import When, asserted, between, certainty, confidence, date_of, dated, fact, of_label
from nlp.facts.first_diagnosis import first_diagnosis
from nlp.facts.lesions import (
    EXACT,
    MASS,
    NOT_LESION,
    Lesion,
    main_lesion,
    more_exact,
    organ_of,
    resected_part,
    site_end,
    sizes_after,
)
from nlp.facts.primary import described_part, general_parts, lesion_site, operated_part, unspecific, without_statement
from nlp.facts.sites import (
    SIDE,
    laterality,
    locate,
    node_pattern,
    node_topography,
    scanner,
    site_pattern,
    topography,
)
from nlp.facts.surface import surface
from nlp.facts.tumour_types import LIKE_UTERUS, UTERUS, tumour_code_of
from nlp.model import Fact, Label, Mention, Note

_IMAGING = re.compile(
    r"密度|信号|强化|显像|超声|扫描|回声|摄取|代谢|平扫|缺如|缺失|ct值|(?<![a-z])hu(?![a-z])|扫及|截面|\(im[ag]?\s?\d|(?:肿块|团[块片]|结节|占位|软组织)影"
)
_NOT_ITS = re.compile(r"淋巴结|转移|囊肿|萎缩|空洞(?!性?占位)|较大者位于|另")
"""Between a statement in prose and a size: the size is of something else."""

_PLAIN = ("8140/3", "8010/3", "8000/3")
"""Carcinoma or adenocarcinoma without further words."""


@cache
def _site() -> re.Pattern[str]:
    return scanner(site_pattern())


@cache
def _node() -> re.Pattern[str]:
    return scanner(node_pattern())


def build(note: Note) -> list[Fact]:
    """One row per organ and side with a tumour, the best site expression of the note first."""
    told = [one for one in of_label(note, Label.TUMOUR) if asserted(one) and not one.value.secondary]
    statements = _without_spread_of_uterus(told)
    groups: dict[tuple[str, str], list[Mention]] = {}
    for at, one in enumerate(statements):
        key = _key(one.value)
        if key is not None:
            twin = at and _is_twin(surface(note), statements[at - 1], one)
            groups.setdefault((key[0], f"{key[1]}{one.value.topography}") if twin else key, []).append(one)
    merged = _merged(surface(note), groups)
    facts = [_row(note, group, alone=len(merged) == 1) for group in merged]
    for row, group in zip(facts, merged, strict=True):
        _add_histology(note, row, group, alone=len(merged) == 1)
        _place_lymphoma(note, row, group)
    return facts or _with_size(note, without_statement(note)) or _suspected_mass(note)


def _without_spread_of_uterus(statements: list[Mention]) -> list[Mention]:
    """An endometrioid carcinoma elsewhere (``左卵巢子宫内膜样癌``) is no primary of its own beside one of the uterus."""
    uterus = any((one.value.topography or "").startswith(UTERUS) for one in statements)
    return [
        one
        for one in statements
        if not (uterus and LIKE_UTERUS in one.value.name)
        or not one.value.topography
        or one.value.topography.startswith(UTERUS)
    ]


def _place_lymphoma(note: Note, row: Fact, group: list[Mention]) -> None:
    """A lymphoma named without its site lies in the organ whose mass or specimen the report is on (``空肠肿物切除，病理:滤泡淋巴瘤``)."""
    if row.values.get("primary_site_text") or not row.values.get("topography_icdo3", "C77").startswith("C77"):
        return
    sure = (one for one in group if certainty(one) == "CONFIRMED")
    span = next((span for one in sure if (span := lesion_site(surface(note), one.start))), None)
    if span:
        words = note.text[slice(*span)]
        row.values |= {"primary_site_text": words, "topography_icdo3": topography(words.lower())}
        row.values["laterality"] = laterality(words.lower())


def _with_size(note: Note, rows: list[Fact]) -> list[Fact]:
    """Rows of tumours without a statement, with the size that the surgeon saw."""
    for row in rows:
        if sizes := _seen_size(note, _SURGEON):
            row.values["size_text"] = note.text[sizes[0].start : sizes[0].end]
            row.mentions += sizes
    return rows


_LISTED = re.compile(r"^(?:[、,;+(及和与并伴\s]|合并|\d[.、])*$")


def _is_twin(text: str, before: Mention, one: Mention) -> bool:
    """``升结肠癌、乙状结肠癌``: two parts of one organ in one list are two tumours."""
    codes = (before.value.topography, one.value.topography)
    return (
        all(codes)
        and codes[0] != codes[1]
        and codes[0][:3] == codes[1][:3]
        and not (unspecific(before.value.site_text) or unspecific(one.value.site_text))
        and bool(_LISTED.match(text[before.end : one.start]))
    )


def _add_histology(note: Note, row: Fact, group: list[Mention], *, alone: bool) -> None:
    """The histology inside a statement of the tumour, else (of a note with one tumour) its most exact type."""
    types = [
        one for one in of_label(note, Label.HISTOLOGY) if asserted(one) and not one.value.morphology.endswith("/0")
    ]
    inside = [one for one in types if any(item.start <= one.start and one.end <= item.end for item in group)]
    chosen = max(
        inside or (types if alone else []),
        key=lambda one: (one.value.morphology not in _PLAIN, len(one.text)),
        default=None,
    )
    words = f"{row.values.get('primary_site_text', '')}{chosen.value.raw if chosen else group[0].value.name}"
    morphology = chosen.value.morphology if chosen else None
    code = tumour_code_of(words, row.values.get("primary_site_text"), morphology)
    found = (
        {"histology_raw": chosen.value.raw, "morphology_icdo3": morphology, "behaviour": morphology[-1]}
        if chosen and morphology
        else {}
    )
    row.values |= found | ({"tumour_code": code} if code else {})
    row.mentions += [chosen] if chosen else []


def _key(value: TumourValue) -> tuple[str, str] | None:
    site = locate(value.site_text.lower()) if value.site_text else None
    if site is None:
        return (value.topography[:3], "NA") if value.topography else None
    return organ_of(site), value.laterality


def _merged(text: str, groups: dict[tuple[str, str], list[Mention]]) -> list[list[Mention]]:
    """A side-less statement (肺癌) belongs to the sided one of the same organ (右肺癌), one side's to that of both (两侧卵巢癌)."""
    merged: dict[tuple[str, str], list[Mention]] = {}
    for (organ, side), members in groups.items():
        sided = [key for key in groups if key[0] == organ and key[1] in "LRB"]
        both = (organ, "B")
        key = both if both in groups else sided[0] if side not in "LRB" and sided else (organ, side)
        merged.setdefault(key, []).extend(members)
    kept = _without_general(merged)
    return _sure(kept) if _COURSE.search(text) else kept


def _without_general(groups: dict[tuple[str, str], list[Mention]]) -> list[list[Mention]]:
    """``肠癌`` beside ``直肠癌``, ``子宫癌`` beside ``子宫内膜癌``: the general word is said of the one organ that it may stand for."""
    kept: dict[tuple[str, str], list[Mention]] = {}
    said: list[tuple[tuple[str, str], list[Mention]]] = []
    for key, members in groups.items():
        parts = [general_parts(one.value.site_text) for one in members]
        own = (
            [other for other in groups if other != key and all(other[0] in part for part in parts)]
            if all(parts)
            else []
        )
        if len(own) == 1:
            said.append((own[0], members))
        else:
            kept[key] = members
    for key, members in said:
        kept.setdefault(key, []).extend(members)
    return list(kept.values())


_COURSE = re.compile(r"患者|入院|就诊|收住|主诉")
"""Words of a note that tells the course of an illness, in which a suspicion is a differential diagnosis; a report's own suspicion is its finding."""


def _sure(groups: list[list[Mention]]) -> list[list[Mention]]:
    """What is only suspected (a differential diagnosis) is no primary beside one that is certain."""
    certain = [group for group in groups if any(certainty(one) == "CONFIRMED" for one in group)]
    return certain or groups


def _row(note: Note, group: list[Mention], *, alone: bool) -> Fact:
    text = surface(note)
    best = max(
        group,
        key=lambda one: (
            not unspecific(one.value.site_text),
            bool(EXACT.search((one.value.site_text or "").replace("部", ""))),
            one.value.laterality in "LRB",
            one.value.laterality == "B",
            -one.start,
        ),
    )
    imaging = bool(_IMAGING.search(text))
    removed = any(one.value.postoperative for one in group)
    site_text = best.value.site_text
    lesion = main_lesion(note, site_text, best.value.laterality) if imaging and not removed else None
    if lesion and site_text and more_exact(site_text, lesion) and "乳" not in site_text:
        site_text = note.text[lesion.start : lesion.end]
    elif lesion and laterality((site_text or "").lower()) == "U":
        site_text = _sided(note, lesion) or site_text
    elif removed and imaging:
        site_text = resected_part(note, site_text, best.value.laterality) or site_text
    if site_text and (not imaging or _COURSE.search(text)) and "乳" not in site_text:
        site_text = described_part(note, site_text, best.value.laterality) or site_text
    if general_parts(site_text) and best.value.topography != "C19.9":
        site_text = operated_part(note, site_text) or site_text
    sizes = list(lesion.sizes) if lesion else []
    if not imaging:
        sizes = _prose_size(note, group)
    if not sizes:
        felt = not imaging or bool(_COURSE.search(text))
        sizes = _seen_size(note, _SURGEON) or (_seen_size(note, _FELT) if felt else [])
    return _fact(note, best, site_text, sizes, first_diagnosis(note, group, alone=alone))


def _fact(note: Note, best: Mention, site_text: str | None, sizes: list[Mention], when: When) -> Fact:
    words = (site_text or "").lower()
    site = locate(words) if words else None
    side = laterality(words) if words else "NA"
    values = {
        "primary_site_text": site_text,
        "topography_icdo3": topography(words)
        if words
        else _nodal(note)
        if best.value.topography == "C77.9"
        else best.value.topography,
        "laterality": side if side != "U" else best.value.laterality,
        "tumour_code": site.tumour_code if site and site.tumour_code else None,
        "size_text": ",".join(note.text[one.start : one.end] for one in sizes),
        **dated("first_dx_date", when),
    }
    return fact("tumour", values, [best, *sizes], confidence(best), (best.start, best.end))


_DISEASED_NODES = re.compile(r"^[^,;。]{0,6}(?:病灶|肿大|肿块|肿物|占位|融合|取材|活检|切除|穿刺|[)])")
_NOT_DISEASED = re.compile(r"(?:未见|未及|未触及|无|没有)[^,;。]{0,8}$|^[^,;。]{0,8}(?:未见|未及|无)")


def _nodal(note: Note) -> str:
    """Topography of a lymphoma without a site of its own: of the first diseased nodes that the note names with their region."""
    text = surface(note)
    for match in _node().finditer(text):
        code = node_topography(match.group())
        after = text[match.end() : match.end() + 14]
        if (
            code != "C77.9"
            and _DISEASED_NODES.match(after)
            and not (
                _NOT_DISEASED.search(text[max(0, match.start() - 12) : match.start()]) or _NOT_DISEASED.match(after)
            )
        ):
            return code
    return "C77.9"


def _sided(note: Note, lesion: Lesion) -> str | None:
    """The side and organ of a mass for a statement without side: 左乳外下象限 gives 左乳."""
    match = re.compile(rf"{SIDE}(?:乳腺|乳房|乳|肺|肾上腺|肾|卵巢|输卵管|睾丸|腮腺|扁桃体)").match(
        surface(note), lesion.start, lesion.end
    )
    return note.text[match.start() : match.end()] if match else None


def _prose_size(note: Note, group: list[Mention]) -> list[Mention]:
    """In prose, the first size within the reach of a statement of the tumour that is no node's."""
    text = surface(note)
    for one in group:
        for size in between(note, Label.SIZE, one.end, one.end + 61):
            gap = text[one.end : size.start]
            if "。" not in gap and not (_NOT_ITS.search(gap) or _FROM.search(gap) or size.value.is_distance):
                return sizes_after(note, text, size.start, size.end + 40)
    return []


_NOUN = f"(?:{MASS}|肿瘤|新生物|包块|病灶|癌)"
_GOES_ON = r"(?:(?!病理|术后|ct|mr|超声|镜|查体|入院)[^。\n]){0,60}"
_SURGEON = re.compile(
    rf"(?:术中|探查|探及)(?:{_GOES_ON}。){{0,4}}{_GOES_ON}(?:{_NOUN}[^。淋转]{{0,24}}|[^。,;淋转]{{0,12}})$"
)
_FELT = re.compile(
    rf"(?:[触扪]及|可及|指[检诊]|查体|体检|妇检|妇科检查|发现|自觉)[^。]{{0,24}}(?:{_NOUN}[^。淋转]{{0,16}}|[^。,;淋转]{{0,12}})$"
)
_FROM = re.compile(r"(?:反折|返折|线|缘|门|齿|口|角)[以之]?[上下]方?约?$")
"""Before a length: how far from a landmark the mass lies."""
_OF_NODES = re.compile(r"淋巴结[^。;]{0,14}$")
"""Before a size: it is that of nodes."""
_SOLID = re.compile(r"囊?实性(?:[增肿]大|改变|变)?(?:大小)?[约为,]*$")
"""Before a size: what the organ has become (``左卵巢囊实性增大约8cm``)."""
_REACH = 240
"""Characters back to the words that open the surgeon's findings."""
_NOUN_AFTER = re.compile(rf"[^,;。淋转]{{0,6}}{_NOUN}|(?:大小)?,?(?:质地?|呈|为)?囊?实性")
"""The mass, or what it is made of, behind a size that stands before it (``可触及3cm×2cm肿物``, ``卵巢正常结构消失，约9*8cm，囊实性``)."""


def _seen_size(note: Note, seen: re.Pattern[str]) -> list[Mention]:
    """The size of the tumour as the surgeon saw it or a hand felt it: ``术中见肿瘤位于胃体，约5*4cm``."""
    text = surface(note)
    for size in of_label(note, Label.SIZE):
        match = seen.search(text, max(0, size.start - _REACH), size.start)
        if match is None or size.value.is_distance or _is_beside(text, size.start):
            continue
        words = match.group().rpartition("。")[2]
        if re.search(_NOUN, words) or _NOUN_AFTER.match(text, size.end) or _SOLID.search(words):
            return sizes_after(note, text, size.start, size.end + 40)
    return []


def _is_beside(text: str, at: int) -> bool:
    """Is the length before a place one from a landmark, or the size of nodes?"""
    return bool(_FROM.search(text, max(0, at - 8), at) or _OF_NODES.search(text, max(0, at - 18), at))


_SUSPICION = re.compile(r"考虑(?:为)?(?:原发性?)?(?:恶性|肿瘤|肺癌|癌|mt)|恶性(?:可能)?|mt可能|癌可能")


def _suspected_mass(note: Note) -> list[Fact]:
    """No organ is named before the head word: ``左肺下叶病灶,考虑肺癌`` keeps its site from the lesion."""
    text = surface(note)
    found = list(_suspected(text))
    if not found:
        return []
    span, stop = next((one for one in found if EXACT.search(one[0].group().replace("部", ""))), found[0])
    site, side, end = locate(span.group()), laterality(span.group()), site_end(text, span)
    lesion = main_lesion(note, span.group(), side)
    sizes = list(lesion.sizes) if lesion else sizes_after(note, text, span.end(), len(text))[:1]
    values = {
        "primary_site_text": note.text[span.start() : end],
        "topography_icdo3": topography(text[span.start() : end]),
        "laterality": side,
        "tumour_code": site.tumour_code if site else None,
        "size_text": ",".join(note.text[one.start : one.end] for one in sizes),
        **dated("first_dx_date", date_of(note, span.start(), span.end())),
    }
    return [fact("tumour", values, [], 0.6, (span.start(), stop))]


def _suspected(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Sites before a suspicion of malignancy, of several in one list (``右肺中叶及下叶占位``) the first; with the end of the suspicion."""
    for match in _SUSPICION.finditer(text):
        spans = list(_site().finditer(text, max(0, match.start() - 40), match.start()))
        if not spans or NOT_LESION.search(text[spans[-1].end() : match.start()]):
            continue
        while len(spans) > 1 and text[spans[-2].end() : spans[-1].start()] in ("及", "和", "、", "与"):
            spans.pop()
        site = locate(spans[-1].group())
        if site is not None and site.tumour_code:
            yield spans[-1], match.end()
