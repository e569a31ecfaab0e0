"""The mass that a statement of a tumour is about: where the report shows it, and how large it is.

An imaging report says in its conclusion that there is a tumour (``左肺下叶团块,考虑肺癌``) and describes it elsewhere (``左肺下叶见团块影,
大小约...``). Site and size may so come from two sentences, of the same organ, side and part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from nlp.entities.metastasis.patterns import PRIMARY_AFTER
from nlp.facts.context import between
from nlp.facts.sites import Site, laterality, locate, scanner, site_pattern, topography
from nlp.facts.surface import surface
from nlp.model import Label, Mention, Note

EXACT = re.compile(
    r"[上中下]叶|段|象限|肺门|尖|[上中下]肺|乳头|(?<!气)管壁|(?<!局)部(?!分)|支气管开口|[上中下]段|后方|降部"
)
"""Words that say where in the organ."""
NOT_LESION = re.compile(
    r"囊肿|囊性|血管瘤|未见|炎[症性]?|纤维|增殖|钙化|淋巴结|斑片|索条|条索|积液|良性|陈旧|结石|不张|肺大泡|术后|转移|多发(?![^,;。]{0,12}(?:肿块|占位|肿物|团块))"
)
MASS = "肿[物块]|占位|团块|块影"
"""Nouns for a mass; other modules add words of their own."""
_LESION = (
    (re.compile(f"{MASS}|团片"), 4),
    (
        re.compile(
            r"软组织(?:密度)?影|软组织密度(?!结节)|不规则[^,;。]{0,8}(?:影|灶)|截断|管壁[^,;。]{0,8}增厚|肠壁[^,;。]{0,10}增厚|胃壁[^,;。]{0,10}增厚"
        ),
        3,
    ),
    (re.compile(r"病灶|病变|软组织|(?<!小)(?<!类)结节"), 2),
    (re.compile(r"(?<!显)影|灶|结节"), 1),
)
_MASS_LEVEL = 3
"""From this level on the words are those for a mass."""
_NODE_OR_OTHER = re.compile(r"淋巴结|转移|囊肿|空洞(?!性?占位|性?肿块|性?病[变灶])|较大者位于|另")
_BESIDE = re.compile(
    r"[与和][^,;。]{0,16}淋巴结[^,;。]{0,12}(?:融合|分界|粘连|不清|相连)|(?:内[部壁]?|边缘|中央|中心)另?可?[见示][^,;。]{0,6}空洞影?"
)
"""Nodes that the mass only touches, a cavity in it."""
_SMALLEST_MM = 6.0
"""Below this a nodule needs no follow-up by the Fleischner Society's guideline (2017): it is not what a tumour statement is about."""
_OTHER_SITE = re.compile(r"[^,;。]{0,3}(?:左|右|双|两|余)")
"""A clause about a site of its own."""
_FOLLOWS = re.compile(r"(?:部分)?支气管")
"""A bronchus without side or lobe is that of the site before."""
_BESIDE_BRONCHUS = re.compile(r"(?:支气管开口|近肺门|近?纵隔旁?)[处区侧]?$")
"""Where in the lobe: the lobe is the site, also beside the mediastinum."""
_CLOCK = re.compile(
    r"^约?\d{1,2}(?:[-~、]\d{1,2})*点钟?(?:方向|位置?)?[,处]?(?:距离?乳头[^,;。]{0,8}?[cm]m[,处]?|乳头旁)?(?:均)?"
)
"""Where in the breast: 10点钟方向,距乳头2cm."""
_ITEM = re.compile(r"[。\n]|(?<![\d.a-z~-])\d{1,2}[.、](?![\d])")
"""The end of a sentence, or the number of the next item."""


_OWN_NAME = re.compile(rf"(?:肺|乳腺?|肝|胃|食管)?(?:{PRIMARY_AFTER.pattern.removeprefix('^')})")
"""After a site: it is part of a tumour's own name (右肺下叶癌, 右肺下叶肺癌)."""


@dataclass(frozen=True, slots=True)
class Lesion:
    """A site expression with lesion words after it, ``direct`` when they stand in its own clause."""

    start: int
    end: int
    words: str
    level: int
    direct: bool
    sizes: tuple[Mention, ...]

    @property
    def exact(self) -> bool:
        """Does the site name a part of its organ?"""
        return bool(EXACT.search(self.words))

    @property
    def score(self) -> int:
        """How surely this is the mass: the strength of its words, more with a size."""
        return self.level + (2 if self.sizes else 0)


@cache
def _site() -> re.Pattern[str]:
    return scanner(site_pattern())


def organ_of(site: Site) -> str:
    """Three characters of the topography, with the parts of the bowel as one."""
    code = site.topography[:3]
    return {"C19": "C18", "C26": "C18"}.get(code, code)


def main_lesion(note: Note, site_text: str | None, side: str) -> Lesion | None:
    """The likeliest mass in the organ of a statement; its size may stand where the same part is described again."""
    site = locate((site_text or "").lower())
    found = _lesions(note, organ_of(site), side) if site else []
    best = max(
        found, key=lambda one: (one.direct, _one_side(one, side), one.level >= _MASS_LEVEL, one.score), default=None
    )
    if best is None or best.sizes:
        return best
    named = {best.words} if best.exact else set()
    again = [
        one
        for one in found
        if one.sizes and (one.words in named or (one.level > 1 and _same_part(one.words, best.words)))
    ]
    described = max(
        again, key=lambda one: (one.words in named, one.level, _shared(one.words, best.words)), default=None
    )
    return replace(best, sizes=described.sizes) if described else best


def _one_side(one: Lesion, side: str) -> bool:
    """A statement of one side is not about a finding of both."""
    return side not in ("L", "R") or laterality(one.words) != "B"


def more_exact(site_text: str, lesion: Lesion) -> bool:
    """Does the lesion's site say more of the place than the statement's: a part, or a part of the bowel by its own name?"""
    if EXACT.search(site_text):
        return False
    named, other = locate(site_text.lower()), locate(lesion.words)
    return lesion.exact or bool(named and other and named.name in other.name and named.name != other.name)


def _same_part(one: str, other: str) -> bool:
    """Do two site expressions not contradict each other: the same lobe or part, or one names none?"""
    left, right = topography(one), topography(other)
    vague = [code for code in (left, right) if code and code[-1] in "09"]
    return left == right or bool(vague)


def _shared(one: str, other: str) -> int:
    return len(set(one) & set(other))


def _lesions(note: Note, organ: str, side: str) -> list[Lesion]:
    text = surface(note)
    found: list[Lesion] = []
    done = -1
    for match in sites_by_organ(text).get(organ, ()):
        if match.start() < done or {"L", "R"} <= {laterality(match.group()), side}:
            continue
        end = _item_end(text, match.end())
        level, direct = _level(text, match.end() - len(_wall(match.group())), end)
        if level:
            sizes = sizes_after(note, text, match.end(), end)
            sizes = sizes if any(one.value.longest_mm >= _SMALLEST_MM for one in sizes) else []
            direct = direct and not _FOLLOWS.match(match.group())
            done = sizes[-1].end if sizes and direct else match.end()
            found.append(Lesion(match.start(), site_end(text, match), match.group(), level, direct, tuple(sizes)))
    return found


@lru_cache(maxsize=2)
def sites_by_organ(text: str) -> dict[str, list[re.Match[str]]]:
    """Site expressions of a text by organ, those of a tumour's own name left out."""
    found: dict[str, list[re.Match[str]]] = {}
    for match in _site().finditer(text):
        site = locate(_lobe(match.group()))
        if (
            site is not None
            and text[match.end() : match.end() + 1] != "镜"
            and not _OWN_NAME.match(text[match.end() : match.end() + 14])
        ):
            found.setdefault(organ_of(site), []).append(match)
    return found


def _lobe(words: str) -> str:
    """左肺上叶近纵隔旁 -> 左肺上叶; other sites as they are."""
    beside = _BESIDE_BRONCHUS.search(words)
    return words[: beside.start()] if beside and words[: beside.start()].endswith(("叶", "肺")) else words


def _item_end(text: str, at: int) -> int:
    match = _ITEM.search(text, at, at + 400)
    return match.start() if match else min(len(text), at + 400)


def site_end(text: str, match: re.Match[str]) -> int:
    """A lobe's bronchus is named for the lobe: 右肺下叶支气管 -> 右肺下叶."""
    words = match.group()
    if (beside := _BESIDE_BRONCHUS.search(words)) and "叶" in words[: beside.start()]:
        return match.start() + beside.start()
    if words.endswith("管壁") and "支气管" not in words:
        return match.end() - len("管壁")
    if words.endswith(("开口处", "肺门区")):
        return match.end() - 1
    cut = words.find("支气管")
    return match.start() + cut if cut > 2 and "叶" in words[:cut] else match.end()


def _wall(words: str) -> str:
    """The 管壁 that a site ends in, which belongs to the finding (管壁增厚)."""
    return "管壁" if words.endswith("管壁") else ""


def _level(text: str, start: int, end: int) -> tuple[int, bool]:
    """How much the words after a site speak of a mass, and whether its own clause does; one that the next clauses name counts a point less."""
    first, *later = re.split(r"[,;。]", _CLOCK.sub("", text[start : min(end, start + 60)]))
    if NOT_LESION.search(first.replace("斑片", "") if "软组织" in first else first):
        return 0, False
    if level := _points(first):
        return level, True
    for clause in later[:2]:
        if NOT_LESION.search(clause) or _OTHER_SITE.match(clause):
            break
        if (level := _points(clause)) >= _MASS_LEVEL:
            return level - 1, False
    return 0, False


def _points(clause: str) -> int:
    return next((points for pattern, points in _LESION if pattern.search(clause)), 0)


def sizes_after(note: Note, text: str, start: int, end: int) -> list[Mention]:
    """The first size after a site in its sentence, unless a node or another lesion comes between; sizes in one list go together."""
    taken: list[Mention] = []
    for one in between(note, Label.SIZE, start, end):
        if not one.value.is_distance:
            gap = text[taken[-1].end : one.start] if taken else text[start : one.start]
            if (taken and gap.strip() not in ("、", ",", "及", "和")) or (
                not taken and _NODE_OR_OTHER.search(_BESIDE.sub("", gap))
            ):
                break
            taken.append(one)
    return taken


def resected_part(note: Note, site_text: str | None, side: str) -> str | None:
    """``右肺下叶术后缺失`` names the lobe of a 右肺癌术后, ``左乳术后缺失`` the side of a 乳腺癌术后."""
    text, site = surface(note), locate((site_text or "").lower())
    for match in sites_by_organ(text).get(organ_of(site), ()) if site else ():
        gone = re.match(r"(?:呈)?(?:切除)?(?:术后)?(?:缺如|缺失|切除)", text[match.end() : match.end() + 8])
        more = EXACT.search(match.group()) or (side == "U" and laterality(match.group()) != "U")
        if gone and more and not {"L", "R"} <= {laterality(match.group()), side}:
            return note.text[match.start() : match.end()]
    return None
