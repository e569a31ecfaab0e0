"""Site expressions: ``右肺上叶尖段``, ``左侧肾上腺``, ``右侧腋窝、内乳及锁骨下淋巴结`` and what they are coded to.

The grammar is side and level words, an organ of ``sites.tsv``, and parts of the organ. The publishers of two corpora
swapped 上 and 下, so levels are read as written and never judged against anatomy.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from nlp import lexicons
from nlp.facts.surface import fold_words

_FILE = Path(__file__).with_name("sites.tsv")

SIDE = r"(?:左侧|右侧|双侧|两侧|左|右|双|两|同侧|对侧|患侧|健侧|单侧)"
LEVEL = r"(?:(?<![镜麻])[上中下](?!腹|肢)|[前后近远]|[内外](?=上|下|侧|中)|全|残|余|原发|多发|(?<!大)部分|多处|广泛|局部|[胸颈腹]?[上中下]{1,2}段|[上中下]位)"
_PART = (
    r"(?:(?:[左右上中下前后内外尖背舌基底侧乳头方近远各尾深浅]{0,8}(?:基底|尖后|外侧|内侧|前内|前外)?(?:叶|段|极|份|上区|下区|门区|门旁|旁|面))"
    r"|象限|外上象限|外下象限|内上象限|内下象限|[内外]?[上下]象限|乳头[上下后外内]方|[颈胸腹][上中下]{1,2}段|中上段|中下段|上段|中段|下段|降部|降段|水平部|球部|球|部(?!分|位)|内(?!见|可|未|多|散|有|膜|科)|脏|头|颈(?!部)|体尾?(?!积|征|位|检|系|内|侧)|尾|尖|门部?|底"
    r"|小弯侧|大弯侧|小弯|大弯|(?<=弯)侧|近[肝脾]曲|近?纵[隔膈]旁|外侧|内侧|后方|管壁|壁|肝曲|脾曲|被膜|包膜|半球|支气管开口|开口|椎体|椎骨|体(?!积|征|位|检|系)|附件|[左右上下前后]缘|喙突|(?:[左右]侧?)?(?:横突|椎弓根?|椎板|棘突|关节突)|腋段|肋间|柄|段?s[1-8](?:[、~-][1-8])*|[ⅰ-ⅷⅠ-Ⅷ]段|区|交界处|(?<=壁)软组织|淋巴道|外侧支|内侧支|外支|内支|处|近肺门区?|近纵隔区?|内乳区)"
)
_VERTEBRA = r"(?:[ctls]\d{1,2}(?:[、,~-]\s{0,3}[ctls]?\d{1,2}){0,16}(?:[颈胸腰骶]?椎体|[颈胸腰骶]?椎骨|[颈胸腰骶]?椎)?(?:椎体|及附件|附件)?|[颈胸腰骶]\d{1,2}(?:[、,~-][颈胸腰骶]?\d{1,2}){0,16}\s{0,3}(?:椎体|椎)?|第?\d{1,2}(?:[、~-]\d{1,2}){0,16}[颈胸腰骶]椎(?:椎体|体)?|第?\d{1,2}(?:[、,~-]\d{1,2}){0,16}[前后侧]?肋骨?)"
NODE_REGION = (
    r"(?:胃?[大小]弯侧?|\d{1,2}[lrpab]{0,2}(?:[、/,]\d{0,2}[lrpab]{1,2}|[、/]\d{1,2}){0,16}(?:区|组|站)|气管隆突下|[左右]?[上中下]{0,2}肺静脉旁?|下腔静脉(?:后方?|旁|周围|前方?)|腹主动脉(?:周围|前|与下腔静脉之?间)|膈[上下脚后]{2}[前中后组、]{0,6}|膈肌?[角脚]后?区?|后腹膜|腹腔腹膜后|内乳(?:血管|动脉)旁?|乳内|髂总|贲门区|心包旁|肺内|胸廓入口|[双两左右]?[上中下]肺叶|胃左血管旁|胃贲门旁|盆壁|右缘|左缘|前?膈角区?|锁上下区|气管食管沟|食管气管沟|(?:[升降横]|乙状|左半|右半)?(?:结肠|直肠|胃|小肠)?系膜区?|颈后三角区?|颌下区?|胸肌(?:间|下|后方|深面)|腋顶部?|腋中|腹腔干|胃左动脉旁|胃[左右]|膈角|心膈角|前膈角|贲门[周左右旁围]{0,4}|胰头上方|前上纵隔|后颈部?|耳前|滑车上|[ivx]{1,3}[ab]?(?:[、,/-][ivx]{1,3}[ab]?){0,4}\s?区|[2-9][lr]?区|膈[上下](?:前|中|后|组|、){0,6}|胸廓内|锁骨?[上下]{1,2}(?:窝|区)?|锁骨区|锁[上下]|胸骨上窝|颈根部|颈部|颈[深浅上中下]{0,6}组?|腋窝|腋下|腋|内乳区?|纵[隔膈]|肺门|腹股沟|腹腔|盆腔|腹膜后|腹主动脉旁|胃[左右](?:动脉)?旁?|肝门(?:区|部)?|"
    r"门腔(?:静脉)?间隙?|隆突[上下]|[上下]?气管旁|食管旁|血管前间?隙?|主-?肺动脉窗|主动脉[弓旁]{0,2}|膈[脚后]|心膈角区?|肠系膜(?:根部)?|肠周|系膜|髂[总内外]?血管旁?|闭孔|胃周|脾门|胰周|后纵隔|前纵隔|耳后|腮腺|咽后|颌下|颏下|腹部|肝胃间隙|腔静脉后)"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """One organ: ICD-O-3 topography, the tumour type of a plain carcinoma there, the code as a metastatic site."""

    name: str
    topography: str
    tumour_code: str
    metastasis: str
    paired: bool


@cache
def sites() -> dict[str, Site]:
    """Organs by name."""
    rows = csv.reader((line for line in _FILE.open(encoding="utf-8") if not line.startswith("#")), delimiter="\t")
    known = {row[0]: Site(row[0], row[1], row[2], row[3], row[4] == "1") for row in rows}
    return {**_exchanged(known), **known}


def _exchanged(known: dict[str, Site]) -> dict[str, Site]:
    """Names of three characters and more with a word of direction exchanged (corpora whose publisher swapped such words), coded as the organ."""
    found: dict[str, Site] = {}
    for row in lexicons.rows("opposites"):
        swap = str.maketrans(row["one"] + row["other"], row["other"] + row["one"])
        found |= {
            other: site for name, site in known.items() if len(name) > 2 and (other := name.translate(swap)) != name
        }
    return found


_NOT_THE_ORGAN = {
    "骨": "(?![质折窗架岛髓科吸性])",
    "舌": "(?![段叶])",
    "乳": "(?<!内乳)",
    "软组织": "(?!结节|肿[块物]|密度|影|灶|占位|信号|团块)",
}
"""What must not follow an organ's name: 骨质, 骨折; the 舌段 of a lung."""


@cache
def organ_alternation() -> str:
    """All organ names as one alternation, by first character and of these the longest first."""
    groups: dict[str, list[str]] = {}
    for name in sorted(sites(), key=len, reverse=True):
        groups.setdefault(name[0], []).append(re.escape(name[1:]) + _NOT_THE_ORGAN.get(name, ""))
    return "(?:" + "|".join(f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in groups.items()) + ")"


@cache
def site_pattern() -> str:
    """A site expression as a regular expression without groups."""
    bone = r"(?:[颈胸腰骶髂坐耻椎肋锁肱股]{1,6}(?:椎|骨))"
    return rf"(?:{SIDE}|{LEVEL}){{0,4}}(?:{_VERTEBRA}|{organ_alternation()}|{bone})(?:{_VERTEBRA})?{_PART}{{0,4}}(?:[(](?:含|包括)[^)]{{1,8}}[)])?(?:(?<=[肺尖叶])胸膜下?)?"


def scanner(source: str) -> re.Pattern[str]:
    """A pattern made of site words, compiled so that a search gives up at once at a character that stands in none of them.

    The look-ahead holds every character of the source: more than a match can begin with, never less.
    """
    members = "".join(sorted({char for char in source if char.isalnum()}))
    return re.compile(rf"(?=[{members}0-9])(?:{source})")


@cache
def last_characters() -> frozenset[str]:
    """Characters that a site expression can end in: a cheap test before the expression is tried."""
    parts = "叶段极份区旁面限方上中下部球内脏头颈体尾尖门底弯侧壁曲膜口椎骨肋件突柄处支道织"
    return frozenset(name[-1] for name in sites()) | frozenset(parts) | frozenset("0123456789)ⅠⅡⅢⅣⅤⅥⅦⅧⅰⅱⅲⅳ")


@cache
def node_pattern() -> str:
    """Lymph node regions joined by 、 and 及, ending in 淋巴结.

    Once read, a region is not read anew in another way (``(?>``): a list of twenty regions without 淋巴结 behind it would have 2^20 readings.
    """
    organ_side = r"(?:胃|肠|胰|肝|脾|肾|食管|气管|乳腺|肝门|甲状腺|直肠|结肠)(?:周围|周|旁|门|壁)"
    described = r"(?:多发|弥漫性?|数个|部分|区域|周围|多个|双枚|前中组|中组|前组|单个|肿大|增大|转移性?|稍大|小|内|及|扫及|枚|若干|散在|明显|略|异常|增大)"
    levels = r"\d{1,2}[lr]?(?:[-~、,]\d{1,2}[lr]?){0,12}[组区]"
    goes_on = rf"(?=[、,及和与伴以\s]|{SIDE}|{LEVEL}|{NODE_REGION}|{organ_side}|邻近|{described}|淋巴)"
    region = (
        rf"(?>(?:{SIDE}|{LEVEL}){{0,6}}(?:{NODE_REGION}|{organ_side}|邻近系膜)(?:区|内|旁|处|部|{levels})?{goes_on})"
    )
    return rf"(?:{region}(?:[、,及和与伴,]|以及)?\s{{0,3}}){{0,16}}{described}{{0,8}}(?:淋巴结+|淋巴(?![道管瘤细]))"


@cache
def _locator() -> re.Pattern[str]:
    return scanner(organ_alternation())


_BESIDE = re.compile(r"(?<=[肺叶段])近?纵[隔膈]旁")
"""Where in the lung."""


@lru_cache(maxsize=4096)
def locate(text: str) -> Site | None:
    """The organ a site expression is about: the last organ named, the longer of two that overlap."""
    text = fold_words(text)
    text = _BESIDE.sub("", text) or text
    found = [sites()[match.group()] for match in _locator().finditer(text)]
    if found:
        return found[-1] if found[-1].name not in ("支气管", "胸膜", "淋巴") or len(found) == 1 else found[0]
    if re.search(r"椎|肋|[ctls颈胸腰骶]\d", text):
        return sites()["椎骨"] if "肋" not in text else sites()["肋骨"]
    return sites()["骨"] if "骨" in text else None


_LOBES = {"上叶": "C34.1", "上肺": "C34.1", "尖段": "C34.1", "舌段": "C34.1", "中叶": "C34.2", "中肺": "C34.2",
          "下叶": "C34.3", "下肺": "C34.3", "基底段": "C34.3", "背段": "C34.3"}  # fmt: skip
_BREAST = {"外上象限": "C50.4", "外下象限": "C50.5", "内上象限": "C50.2", "内下象限": "C50.3", "乳头": "C50.0"}
_OESOPHAGUS = {"胸上段": "C15.3", "胸中段": "C15.4", "胸下段": "C15.5", "颈段": "C15.0", "上段": "C15.3", "中段": "C15.4", "下段": "C15.5"}  # fmt: skip
_NODES = {
    "颈": "C77.0", "锁骨": "C77.0", "锁上": "C77.0", "颌下": "C77.0", "颏下": "C77.0", "耳": "C77.0", "腮腺": "C77.0", "咽后": "C77.0", "枕": "C77.0",
    "纵隔": "C77.1", "纵膈": "C77.1", "肺门": "C77.1", "气管旁": "C77.1", "隆突": "C77.1", "胸廓内": "C77.1", "内乳": "C77.1",
    "腹膜后": "C77.2", "腹腔": "C77.2", "肠系膜": "C77.2", "系膜": "C77.2", "主动脉旁": "C77.2", "肝门": "C77.2", "脾门": "C77.2", "胃周": "C77.2", "胰周": "C77.2",
    "腋": "C77.3", "滑车": "C77.3", "腹股沟": "C77.4", "髂": "C77.5", "盆腔": "C77.5", "闭孔": "C77.5",
}  # fmt: skip
"""ICD-O-3 groups of lymph node regions."""
_DETAIL = {"C34": _LOBES, "C50": _BREAST, "C15": _OESOPHAGUS, "C77": _NODES}


def node_topography(text: str) -> str:
    """ICD-O-3 topography of the lymph nodes that an expression names; C77.9 without a region."""
    return next((code for word, code in _NODES.items() if word in text), "C77.9")


@lru_cache(maxsize=4096)
def topography(text: str) -> str | None:
    """ICD-O-3 topography of a site expression, with lobe, quadrant or third where it is named."""
    text = fold_words(text)
    site = locate(text)
    if site is None:
        return None
    for word, code in _DETAIL.get(site.topography[:3], {}).items():
        if word in text:
            return code
    return site.topography


@lru_cache(maxsize=4096)
def laterality(text: str) -> str:
    """L, R, B, NA for an unpaired organ, U for a paired one without a side."""
    text = fold_words(text)
    if re.search(r"双|两|左右", text):
        return "B"
    left, right = "左" in text, "右" in text
    if left != right:
        return "L" if left else "R"
    site = locate(text)
    return "U" if site is not None and site.paired else "NA"
