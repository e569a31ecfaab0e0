"""Regimens, doses, days, cycles. Folded surface; names of drugs and regimens come from the code tables."""

from __future__ import annotations

import re
from itertools import pairwise

DOSE = re.compile(
    r"(?P<n>\d{1,5}(?:\.\d{1,3})?)\s?(?P<unit>mg/m2|mg/㎡|mg/m²|g/m2|mg/kg|auc\s?\d|mg|毫克|g(?![a-z])|g(?=d\d)|克|ug|μg|miu|万?iu|万?u(?![a-z])|ml(?![a-z])|片|粒)?"
)
AFTER_NAME = re.compile(
    r"^(?:注射用|注射液|注射剂|针剂?|胶囊|片|粉针|口服|静滴|静脉滴注|静注|脂质体|[\s\"',:为,用量剂总]|\([^()]{1,16}\))*"
)
ROUTES = (
    (
        "IV",
        re.compile(
            r"iv(?:gtt|drip|d)?|静脉?滴注?|静脉推注|静推|静注|静点|静滴|静脉化疗|泵入|泵控|持续泵|微量泵|civ|滴注|静脉"
        ),
    ),
    ("PO", re.compile(r"(?<![a-z])po(?![a-z])|口服|(?<![a-z])(?:bid|qd|tid)(?![a-z])|每日[一二两三]次|日二次")),
    ("SC", re.compile(r"皮下|(?<![a-z])(?:sc|ih|h)(?![a-z])")),
    ("IM", re.compile(r"肌注|肌肉注射|(?<![a-z])im(?![a-z])")),
    ("IT", re.compile(r"鞘内|鞘注|(?<![a-z])it(?![a-z])")),
    ("IP", re.compile(r"腹腔(?:灌注|内?注|化疗|热灌)|胸腔(?:灌注|内?注)|腹腔")),
    ("IA", re.compile(r"动脉(?:灌注|化疗|置管)|tace|haic|介入")),
    ("TOPICAL", re.compile(r"外用|膀胱灌注|涂抹")),
)
JOIN = re.compile(r"^[\s\"']*(?:[+＋、,及和与/&]|联合|加|合并|续以|序贯)?[\s\"']*$")
JOINER = re.compile(r"[+、/及和与&]|联合|加|序贯|,")
BETWEEN = re.compile(
    r"\d+(?:\.\d+)?(?!\d|\s?个?(?:周期|疗程|程))\s?(?:mg|g|ug|ml|u|万|毫克|克|片|粒)?(?:/(?:m2|㎡|kg|d|日|天))?|d\s?\d{1,2}(?:\s?[-~,、.]\s?d?\d{1,2})*|q\d{0,2}[wd]k?s?|iv(?:gtt|drip)?|po|bid|tid|qd|静滴|静脉滴注|静点|静注|口服|泵入|持续|泵控|皮下注射|ivd|civ|[x*]\s?\d+(?!\d|\s?个?(?:周期|疗程|程))\s?(?:d|天|日)?|auc|\([^()]{0,16}\)|[\s:,.]|注射液|注射用|胶囊|片|针|每[周日天]|第\d天|[胸腹]腔灌注|静脉|滴注|小时|h|日[二两三]次|双次|分|[a-z]\b|为|用药|各|钠|二钠|总量|×|-"
)
CYCLES = re.compile(
    r"(?P<n>\d{1,2}|[一二三四五六七八九十两双]{1,3})\s?(?:\+)?\s?个?\s?(?:周期|程|疗程|次|cycles?|c(?![a-z0-9]))(?!化疗前|前)"
)
CYCLES_AFTER = re.compile(
    r"^[\s\"'()\\_]{0,6}(?:[^()\d,]{1,6}\))?(?:单药|口服|方案|双药|三药|[一二三四1-4]线|辅助|新辅助|术前|术后|姑息性?|全身|静脉|维持|靶向|免疫|内分泌|同步|巩固|联合|介入|动脉|灌注|诱导|腹腔|周疗|每周|同期|增敏){0,6}(?:化疗|治疗|方案|化学治疗|用药){0,4}(?:治疗)?(?:\s?\d{2,4}(?:\.\d)?\s?mg(?:/m2)?[,\s]?)?(?:[,(\s]{0,4}(?:q\d{0,2}[wd]|每?\d{1,2}[天周日]为?[一1]个?(?:周期|疗程|程|次))[,)\s]{0,4})?(?:共计?|总共|累计|现|目前|已|均|行|使?用|应用|至今|联合化疗|化疗|x|\*|,|完成|\)|\s){0,8}(?P<n>\d{1,2}|[一二三四五六七八九十两双]{1,3})\s?个?\s?(?:周期|程|疗程|次|cycles?|cs?(?![a-z0-9]))"
    r"|^\d?\s?(?:\(\s?\d+(?:\.\d+)?\s?m?g[^()]{0,8}\))?\s?(?:单药|方案|口服|化疗|维持|治疗)*\s?[x*]\s?(?P<times>\d{1,2})(?!\d|\.\d|\s?(?:mg|g|ug|d|天|日|次/))"
)
CYCLES_BEFORE = re.compile(
    r"(?:行|开始|予|予以|给予|完成|接受|以|已|了|化疗|共)\s?(?P<n>\d{1,2}|[一二三四五六七八九十两双]{1,3})\s?个?(?:周期|程|疗程|次)\s?(?:的|以)?(?:\"|')?$"
    r"|(?:^|[,;。(:]|经|后|曾|先|再|续|前)(?P<k>\d{1,2}|[一二三四五六七八九十两双]{1,2})\s?个?(?:周期|程|疗程|次(?=为))[的为]?$"
    r"|(?:行|予|予以|给予|完成|接受|已|了|共|化疗)\s?(?P<m>\d{1,2}|[一二三四五六七八九十两双]{1,3})\s?个?(?:周期|程|疗程|次)\s?(?:的|以)?(?:辅助|新辅助|术[前后]|姑息性?|全身|静脉|联合)*(?:化疗|治疗)?[,(:\s]*(?:(?:具体)?(?:化疗|用药|治疗)?方案(?:均)?(?:为|是|采用|选用|:)?|(?:具体)?(?:化疗)?(?:用药|药物)(?:为|是|:)|\()[:\s\"']*$"
)
CYCLE_NO = re.compile(
    r"第\s?(?P<n>\d{1,2}|[一二三四五六七八九十]{1,3})(?:\s?[、,-]\s?(?P<m>\d{1,2}))*\s?(?:个)?(?:周期|程|疗程|次(?=化疗|治疗|用药))|(?<![a-z0-9])c(?P<c>\d{1,2})d\d"
)
LINE = re.compile(r"(?P<n>[一二三四五六1-6])\s?线")
ALIAS_CONTEXT_AFTER = re.compile(
    r"^\s?\+(?=\s?[\u4e00-\u9fffa-z])|^[\\\"')\s]*(?:方案|化疗|\(|辅助|新辅助|治疗|双药|维持|[x*]\s?\d|\d{1,2}\s?(?:个)?(?:周期|程|疗程)|[一二三四五六七八九十两双]{1,2}(?:周期|程|疗程))|^\s?(?:规律|规范)?化疗"
)
ALIAS_CONTEXT_BEFORE = re.compile(
    r"(?:行|予|予以|给予|按|以|方案[:为是]?|采用|改|更换|改为|完成|化疗|继续|规范|用|应用|\d[次程]|规律)[\s\"':为了(]*$"
)
SINGLE_AFTER = re.compile(
    r"^\s?(?:口服)?\d{1,2}\s?个?(?:周期|程|疗程)|^\s?[x*]\s?\d{1,2}(?![\d.]|\s?(?:mg|g|ug|片|粒|支|d|天|日))|^[^,;。]{0,22}?(?:单药|方案|化疗|化学治疗|维持|靶向|免疫治疗|内分泌|抗肿瘤|治疗\d|治疗至今)"
    r"|^\s?(?:片|胶囊)?(?:口服)?治疗|^[^;。\u4e00-\u9fff]{0,24}(?:[早晚][^;。\u4e00-\u9fff]{0,16}){0,2}(?<![a-z])q[234]w"
)
ADDED_BEFORE = re.compile(r"[\u4e00-\u9fffa-z]\s?(?:\+|联合)\s?$")
"""Before a regimen's name of more than three letters: a drug was added to it."""
COURSE_BETWEEN = re.compile(r"\d\s?个?(?:周期|疗程|程)[^()]{0,20}[,、;。]")
"""Between a list of drugs and a name behind it: the drugs had cycles of their own (``多西他赛+卡铂3周期，EP2周期``)."""
OWN_COURSE = re.compile(r"^\s?(?:胶囊|片)?(?:单药|口服(?:化疗|治疗)?\s?\d|[x*]\s?\d)")
"""Behind one drug: a course of its own, even right after a regimen that holds the drug."""
SINGLE_BEFORE = re.compile(r"(?:维持|单药|方案)(?:治疗)?(?:\s?c\d{1,2})?\s?[:为]\s?$")
NEVER_ALIAS = {"a", "b", "c", "t", "e", "h", "p", "pc", "is", "it", "op", "or", "ct", "mr", "ir", "pt", "hr"}
"""Names too short to mean a regimen even beside 方案 unless the table holds them longer."""
CONTEXT_SHORT = re.compile(
    r"^[\\\"')\s]*(?:方案|\d{1,2}\s?个?(?:周期|疗程|程(?!度))|[二一三四五六七八九十两]{1,2}个?(?:周期|疗程|程)|(?:全身|静脉|辅助|新辅助|姑息性?|诱导|同步|介入|动脉)?化疗|双药|\+[\u4e00-\u9fff]{2,7}(?:\([^()]{1,10}\))?\s?(?:方案|化疗|[x*]\s?\d{1,2}(?!\d))|[x*]\s?\d{1,2}(?!\d|\.\d|\s?(?:mg|g|cm|mm)))"
)
OFTEN_MISTYPED = ("FOLFOX", "FOLFIRI", "XELOX", "XELIRI", "FOLFOXIRI")
"""Long made-up names, whose typing slips are read too (see ``slips``)."""
WRITTEN_AS = re.compile(rf"(?P<before>m?)(?P<name>{'|'.join(OFTEN_MISTYPED)})(?P<after>[ -]?\d?)")
"""One of them as the tables write it, with the number of its variant."""
_SYLLABLE = re.compile("FOL|FOX|FIRI|XEL|OX|IRI")


def slips(name: str) -> set[str]:
    """Usual typing slips of a name, in small letters: of its letters and of its syllables."""
    return (_letter_slips(name.lower()) | _syllable_slips(name)) - {name.lower()}


def _letter_slips(word: str) -> set[str]:
    """Two letters or vowels swapped, one inside left out, one of its own or an r put in, r for l, the key beside (i for o, o for i)."""
    vowels = [at for at, letter in enumerate(word) if letter in "aeiou"]
    swapped = {_swapped(word, at, other) for places in (range(len(word)), vowels) for at, other in pairwise(places)}
    left_out = {word[:at] + word[at + 1 :] for at in range(1, len(word) - 1)}
    put_in = {word[:at] + letter + word[at:] for at in range(1, len(word)) for letter in {*word, "r"}}
    beside = {word[:at] + {"i": "o", "o": "i"}[word[at]] + word[at + 1 :] for at in vowels if word[at] in "io"}
    return swapped | left_out | put_in | beside | {word.replace("l", "r")}


def _swapped(word: str, at: int, other: int) -> str:
    return word[:at] + word[other] + word[at + 1 : other] + word[at] + word[other + 1 :]


def _syllable_slips(name: str) -> set[str]:
    """The first two syllables swapped; the first of three left out (``FOXIRI`` of FOLFOXIRI: it names both drugs)."""
    first, second, *rest = _SYLLABLE.findall(name.upper())
    return {each.lower() for each in ("".join((second, first, *rest)), second + "".join(rest) if rest else name)}


PLAN = re.compile(r"方案(?=[^,;。]{0,8}(?:化疗|治疗|周期|疗程|\d程))")
UNKNOWN_ALIAS = re.compile(
    r"(?<![a-z0-9+/-])(?!(?:mdt|nccn|csco|imrt|ccrt|srt|sbrt|tace|pca|tpn|rt|ct|mr|pet|tnm|ercp|dt|op)$)[a-z][a-z0-9-]{1,8}$"
)
"""Latin letters before 方案 and the word of a treatment that no table knows: a regimen whose drugs stay open."""
NOT_GIVEN = re.compile(
    r"(?:取消|过敏|未用|未行|未联合|未加用?|未予|停用|禁用|耐药|拒绝|建议|拟|可选|考虑|备选|必要时)[^,;。]{0,10}$"
)
DATED_BEFORE = re.compile(r"\d日?\s?(?:开始|始|起)(?:行|予|用)?\s?$")
"""Before a name of three letters that stands alone (``2016-02-01始DCS,``): a treatment began."""
NAMED_BEFORE = re.compile(r"(?:方案[:为是]{1,2}|(?:周期|疗程|程|次|化疗)\s?\()\s?$")
"""Before any name that stands alone: what says that it is one (``化疗6周期(XELOX)``, ``方案为SOX``)."""
OWN_BRACKET = re.compile(r"\s?(?:方案)?\([^()。;]{4,90}\)")
BRACKET = re.compile(
    r"\s?(?:方案)?\s?(?:化疗)?\s?(?:\"(?P<quoted>[^\"。;]{4,90})\"|(?:[(:]|[^。;:()]{0,24}?(?:用药|具体(?:为|药物|用药|方案)?|药物)(?:为)?:)(?P<list>[^()。;]{4,90}(?:\([^()]{1,16}\)[^()。;]{0,60})*)\)?)"
)
"""The drugs behind a regimen's name, in brackets or quotation marks or after a colon."""
SEGMENT_BEFORE = re.compile(r"(?:肝脏?|[左右]叶|骶)(?:内|的)?(?:s\d[、,/及和])*$")
SEGMENT_AFTER = re.compile(
    r"[、,/及和-]s?[2-8](?!\d|[.:]|mg|g|片|粒)|\s?(?:[椎神水段]|骨|病灶|结节|占位|低密度|高密度|肿[块物]|可?见|区)"
)
"""``s1`` as a place: behind the liver, before another segment, a vertebra or a lesion."""
PLUS_AFTER = re.compile(r"\s?\+\s?(?:注射用)?")
SMALL_DOSE = re.compile(r"\s?:?\s?(?:\d{1,4}(?:\.\d{1,2})?\s?m|\d(?:\.\d{1,2})?\s?|10(?:\.0{1,2})?\s?)g(?![a-z/])")
"""A dose in mg, or in g up to 10: more is no drug's (``LV 120g`` is the weight of the left ventricle)."""
STAIN = re.compile(r"\s?\(\s?(?:[+-]{1,3}\s?\)|[<>约]?\d{1,3}%?\+)")
"""Behind a name: it is a stain for the drug's target (``5-FU(+)``), not the drug."""
DAYS = re.compile(r"d\s?(\d{1,2})(?:\s?[-~]\s?d?(\d{1,2}))?")
CYCLE_GIVEN = re.compile(
    r"第\s?(?P<n>[1-9]\d?|[一二三四五六七八九十]{1,2})(?:\s?[、,至~-]\s?第?(?P<m>[1-9]\d?|[一二三四五六七八九十]{1,2}))*\s?个?(?:次(?![来返我本外院]{0,3}(?:入院|住院|就诊|手术|复查|穿刺|活检|复发|放疗))|程|周期|疗程)"
)
"""The number of a cycle that was given: as many cycles have been. The number of a stay or an operation says nothing of cycles."""
CHANGED = re.compile(r"改|换|调整")
"""Beside a span of cycles (``第3-6周期改为SOX``): only those of the span were of this regimen."""
DUE = re.compile(
    r"(?:此次|本次|(?<![出发呈])现|今|拟|为|遵|来院|再次)(?:(?!已|完成|(?<!术)后)[^,;。\d第]){0,14}第\s?(?P<n>[1-9]\d?|[一二三四五六七八九十]{1,2})\s?个?(?:次|程|周期|疗程)"
    r"(?:(?!已|完成|(?<!术)后)[^,;。]){0,10}化疗(?!后|已|完成|结束)"
)
"""The cycle that the patient has come for: those before it have been given. One that is done is not awaited."""
LATER_CYCLE = re.compile(
    r"(?<![拟为])(?:行|予|给予|完成)\s?第\s?(?P<n>[1-9]\d?|[一二三四五六七八九十]{1,2})\s?个?(?:周期|程|次|疗程)(?:同|原|上述|该)?(?:方案)?的?化疗(?![^。;]{0,8}(?:入院|就诊|来院|收入))"
)
"""A later cycle in words of its own, of the regimen named before it (``03-02行第二周期化疗``)."""
INTO_CAVITY = re.compile(r"\d\s?m?g\s?$")
"""Before ``ip``: a dose, so the letters name the route."""
STOPPED_AT = re.compile(r"[^\d,;。]{0,4}(?:停药|停用|停服)")
LAST_DATE = re.compile(r"末次(?:化疗|用药|治疗|给药|服药|方案|距|疗程)*(?:时间|日期)?(?:为|是|于|在|[:\s])*")
"""Before the date of the last cycle."""
OWN_LENGTH = re.compile(
    r"[^;。,+]{0,20},\s?(?:共|维持)?(?:治疗|服用?|口服)\s?(?P<n>\d{1,2})\s?个?(?:疗程|周期|程)(?!后|末|前)"
)
"""``希罗达口服4片bid，治疗3疗程``: a drug that has a length in cycles is a course of its own."""
CYCLES_AT = re.compile(r"\s?(?:共|已|x)?\s?\d{1,2}\s?个?(?:周期|程|疗程)")
NOT_ADDED = re.compile(r"未(?:能)?(?:联合|加用?|合并|用)\s?$")
"""Right before a drug of a list: the others were given without it."""
REDUCED = re.compile(r"减量|剂量减少|减至|下调")
STOPPED = re.compile(r"停药|停用|停止使用|中止")
