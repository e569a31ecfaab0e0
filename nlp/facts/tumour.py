"""Rows of ``tumour``: the primaries that a note speaks of, with site, size and histology as written.

The site is the most exact expression for the organ of a tumour statement: an imaging report says 右肺癌 in its
conclusion and names the lobe beside the mass. The size is the mass's own; after a resection there is none.
Definition: docs/variables-facts.md, "Tumour".
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from nlp.entities.metastasis.patterns import PRIMARY_AFTER
from nlp.entities.tumour.model import TumourValue
from nlp.facts.context import asserted, between, confidence, date_of, dated, fact, of_label
from nlp.facts.sites import (
    SIDE,
    Site,
    laterality,
    locate,
    node_pattern,
    node_topography,
    scanner,
    site_pattern,
    topography,
)
from nlp.facts.surface import surface
from nlp.facts.tumour_types import tumour_code_of
from nlp.model import Fact, Label, Mention, Note

_IMAGING = re.compile(r"密度|信号|强化|显像|超声|扫描|回声|摄取|代谢|平扫|缺如|缺失")
_LESION = (
    (re.compile(r"肿块|肿物|团块|占位|块影"), 4),
    (
        re.compile(
            r"软组织(?:密度)?影|软组织密度(?!结节)|不规则[^,;。]{0,8}(?:影|灶)|截断|管壁[^,;。]{0,8}增厚|肠壁[^,;。]{0,10}增厚|胃壁[^,;。]{0,10}增厚"
        ),
        3,
    ),
    (re.compile(r"病灶|病变|软组织|(?<!小)(?<!类)结节"), 2),
    (re.compile(r"影|灶|结节"), 1),
)
_NOT_LESION = re.compile(
    r"囊肿|囊性|血管瘤|未见|炎[症性]?|纤维|增殖|钙化|淋巴结|斑片|索条|条索|积液|良性|陈旧|结石|不张|肺大泡|术后|转移|多发"
)
_NODE_OR_OTHER = re.compile(r"淋巴结|转移|囊肿|空洞|较大者位于|另")
_BARE_UPGRADE = re.compile(r"[上中下]叶|段|象限|肺门|尖|[上中下]肺|乳头|管壁|部|支气管开口|[上中下]段|后方|降部")


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
    statements = [one for one in of_label(note, Label.TUMOUR) if asserted(one) and not one.value.secondary]
    groups: dict[tuple[str, str], list[Mention]] = {}
    for one in statements:
        key = _key(one.value)
        if key is not None:
            groups.setdefault(key, []).append(one)
    merged = _merged(groups)
    facts = [_row(note, group) for group in merged]
    for row, group in zip(facts, merged, strict=True):
        _add_histology(note, row, group, alone=len(merged) == 1)
    return facts or _suspected_mass(note)


def _add_histology(note: Note, row: Fact, group: list[Mention], *, alone: bool) -> None:
    """The histology inside a statement of the tumour, else (of a note with one tumour) its most exact type."""
    types = [one for one in of_label(note, Label.HISTOLOGY) if asserted(one)]
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
    return _organ(site), value.laterality


def _organ(site: Site) -> str:
    """Three characters of the topography, with the parts of the bowel and of the breast as one."""
    code = site.topography[:3]
    return {"C19": "C18", "C26": "C18"}.get(code, code)


def _merged(groups: dict[tuple[str, str], list[Mention]]) -> list[list[Mention]]:
    """A side-less statement (肺癌) belongs to the sided one of the same organ (右肺癌)."""
    merged: dict[tuple[str, str], list[Mention]] = {}
    for (organ, side), members in groups.items():
        sided = [key for key in groups if key[0] == organ and key[1] in "LRB"]
        key = sided[0] if side not in "LRB" and sided else (organ, side)
        merged.setdefault(key, []).extend(members)
    return list(merged.values())


def _row(note: Note, group: list[Mention]) -> Fact:
    text = surface(note)
    best = max(
        group,
        key=lambda one: (
            bool(_BARE_UPGRADE.search(one.value.site_text or "")),
            one.value.laterality in "LRB",
            -one.start,
        ),
    )
    imaging = bool(_IMAGING.search(text))
    removed = any(one.value.postoperative for one in group)
    lesion = _lesion(note, best.value) if imaging and not removed else None
    site_text = best.value.site_text
    if lesion and lesion[2] and not _BARE_UPGRADE.search(site_text or "") and "乳" not in (site_text or ""):
        site_text = note.text[lesion[0] : lesion[1]]
    elif lesion and laterality((site_text or "").lower()) == "U":
        site_text = _sided(note, lesion) or site_text
    elif removed and imaging:
        site_text = _resected_part(note, best.value) or site_text
    sizes = lesion[3] if lesion else []
    if not imaging:
        sizes = _prose_size(note, group)
    return _fact(note, group, best, site_text, sizes)


def _fact(note: Note, group: list[Mention], best: Mention, site_text: str | None, sizes: list[Mention]) -> Fact:
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
        **dated("first_dx_date", date_of(note, group[0].start, group[0].end)),
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


def _sided(note: Note, lesion: tuple[int, int, bool, list[Mention]]) -> str | None:
    """The side and organ of a mass for a statement without side: 左乳外下象限 gives 左乳."""
    words = note.text[lesion[0] : lesion[1]]
    match = re.match(rf"{SIDE}(?:乳腺|乳房|乳|肺|肾)", words)
    return match.group() if match else None


def _same_side(words: str, value: TumourValue) -> bool:
    """Not the other side of the body."""
    return not ({"L", "R"} <= {laterality(words), value.laterality})


def _lesion(note: Note, value: TumourValue) -> tuple[int, int, bool, list[Mention]] | None:
    """The mass that the statement is about: site span, whether that site is more exact, and its sizes."""
    text = surface(note)
    best: tuple[float, int, int, bool, list[Mention]] | None = None
    done = -1
    for match in _organ_sites(text).get(_organ_of(value), ()):
        if match.start() < done or not _same_side(match.group(), value):
            continue
        end = _sentence_end(text, match.end())
        scored = _score(note, text, match, end)
        if scored is None:
            continue
        done = end
        if best is None or scored[0] > best[0]:
            best = (scored[0], match.start(), _trim(text, match), bool(_BARE_UPGRADE.search(match.group())), scored[1])
    return best[1:] if best else None


@lru_cache(maxsize=2)
def _organ_sites(text: str) -> dict[str, list[re.Match[str]]]:
    """Site expressions of a text by organ, those of a tumour's own name left out."""
    found: dict[str, list[re.Match[str]]] = {}
    for match in _site().finditer(text):
        site = locate(match.group())
        if site is not None and not PRIMARY_AFTER.match(text[match.end() : match.end() + 14]):
            found.setdefault(_organ(site), []).append(match)
    return found


def _organ_of(value: TumourValue) -> str:
    site = locate((value.site_text or "").lower())
    return _organ(site) if site else ""


def _sentence_end(text: str, at: int) -> int:
    ends = [end for mark in "。\n" if (end := text.find(mark, at, at + 400)) >= 0]
    return min(ends, default=min(len(text), at + 400))


def _trim(text: str, match: re.Match[str]) -> int:
    """A lobe's bronchus is named for the lobe: 右肺下叶支气管 -> 右肺下叶."""
    words = match.group()
    if words.endswith(("开口处", "肺门区")):
        return match.end() - 1
    cut = words.find("支气管")
    return match.start() + cut if cut > 2 and "叶" in words[:cut] else match.end()


def _score(note: Note, text: str, match: re.Match[str], end: int) -> tuple[float, list[Mention]] | None:
    reach = text[match.end() : min(end, match.end() + 60)]
    clause = re.split(r"[,;。]", reach)[0]
    if _NOT_LESION.search(clause.replace("斑片", "") if "软组织" in clause else clause):
        return None
    level = next((points for pattern, points in _LESION if pattern.search(clause)), 0)
    if not level:
        return None
    sizes = _sizes(note, text, match.end(), end)
    return level + (2 if sizes else 0), sizes


def _sizes(note: Note, text: str, start: int, end: int) -> list[Mention]:
    """The first size after a site in its sentence, unless a node or another lesion comes between; sizes in one list go together."""
    taken: list[Mention] = []
    for one in between(note, Label.SIZE, start, end):
        if not one.value.is_distance:
            gap = text[taken[-1].end : one.start] if taken else text[start : one.start]
            if (taken and gap.strip() not in ("、", ",", "及", "和")) or (not taken and _NODE_OR_OTHER.search(gap)):
                break
            taken.append(one)
    return taken


def _resected_part(note: Note, value: TumourValue) -> str | None:
    """``右肺下叶术后缺失`` names the lobe of a 右肺癌术后."""
    text = surface(note)
    for match in _organ_sites(text).get(_organ_of(value), ()):
        gone = re.match(r"(?:呈)?(?:切除)?(?:术后)?(?:缺如|缺失|切除)", text[match.end() : match.end() + 8])
        if gone and _BARE_UPGRADE.search(match.group()) and _same_side(match.group(), value):
            return note.text[match.start() : match.end()]
    return None


def _prose_size(note: Note, group: list[Mention]) -> list[Mention]:
    """In prose, the first size within the reach of a statement of the tumour that is no node's."""
    text = surface(note)
    for one in group:
        for size in between(note, Label.SIZE, one.end, one.end + 61):
            gap = text[one.end : size.start]
            if "。" not in gap and not _NODE_OR_OTHER.search(gap) and not size.value.is_distance:
                return [size]
    return []


_MASS = re.compile(r"考虑(?:为)?(?:恶性|肿瘤|肺癌|癌)|恶性(?:可能)?|mt可能|癌可能")


def _suspected_mass(note: Note) -> list[Fact]:
    """No organ is named before the head word: ``左肺下叶病灶,考虑肺癌`` keeps its site from the lesion."""
    text = surface(note)
    for match in _MASS.finditer(text):
        spans = list(_site().finditer(text, max(0, match.start() - 40), match.start()))
        if spans and not _NOT_LESION.search(text[spans[-1].end() : match.start()]):
            span = spans[-1]
            site = locate(span.group())
            if site is None or site.tumour_code == "":
                continue
            values = {
                "primary_site_text": note.text[span.start() : span.end()],
                "topography_icdo3": topography(span.group()),
                "laterality": laterality(span.group()),
                "tumour_code": site.tumour_code,
                "size_text": ",".join(
                    note.text[one.start : one.end] for one in _sizes(note, text, span.end(), len(text))[:1]
                ),
                **dated("first_dx_date", date_of(note, span.start(), span.end())),
            }
            return [fact("tumour", values, [], 0.6, (span.start(), match.end()))]
    return []
