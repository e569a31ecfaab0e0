"""Short names of hospitals by their grammar: a division or an unexplained name, then what kind of hospital it is (绵阳肿瘤, 霞浦妇保, 台州四院, 颍上县院)."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from nlp.deid.date_forms import UNIT_AFTER
from nlp.deid.lexicon import words
from nlp.deid.model import Candidate
from nlp.deid.ordinary import any_of, clinical, explained, familiar
from nlp.deid.rare import Rare, rare
from nlp.deid.scan import Hit, longest

_CJ = "\u3400-\u9fff"
_ORDINAL = "一二三四五六七八九十"
_TAIL = re.compile(
    rf"(?:市|省|县|区)?(?:第?[{_ORDINAL}]{{1,2}}(?:人民)?(?:医|院)(?![内外前后感])|人医|人民医?|中医院?|中西医(?:结合)?(?:肿瘤)?|附[{_ORDINAL}]院?|附院|[一二三四]附院?|医大[一二三四]?院?"
    rf"|大附?[一二三]院|肿瘤(?:院|医)?|妇幼|妇保|妇儿|胸科|肺科|儿童|口腔|精卫|传染|华侨|[一二三四五]中医|中心|总院|分院|立医|省立|职工|老年|中院|中(?=[以疑查就转住做诊化放切][^部央心等])|院(?![内外前后感校长士])|[{_ORDINAL}](?=门诊|急诊|病理|放疗科|化疗|CT|那边|的(?:片|瘤标|报告|结果|病理)|均无|做的))"
)
_STRONG = rare(
    rf"(?:省立|[市县]立(?![即刻案项])|[省市州区县旗盟]医(?![保疗学药务院生师护患嘱改科技])|[省市]肿(?:分院)?(?![瘤胀块大])|结防院|职防[院所]|血研所|肿研所|[医大]附[肿儿妇]|妇保(?!健)|民院|矿冶|院区|[{_ORDINAL}]附院?(?![近着件加属])|附[{_ORDINAL}]院?(?![张片份次个]|附件)"
    rf"|大[{_ORDINAL}]院|肿分院|中西医(?:结合)?(?:肿瘤)?(?![生师药治疗])|总医院|大附(?![属近加件着设睾])|医附(?:院|[{_ORDINAL}])|附院|铁医|[镇乡]卫(?!生|健|计)|[煤军炮矿源钢油化局航]总(?![数量体分结计共胆是会之部览经监工务局后裁]))"
)
"""Endings that no other word has, so that any unexplained name before them is a hospital's."""
_MILITARY = rare(
    rf"(?:武警|空军|海军|陆军|火箭军|联勤)(?!战士|部队|官兵|学院|中队|支队|医院|总医|特色|某|招|转业|退)[{_CJ}]{{2}}(?:总队)?(?:医院)?|(?:解放军|空军|海军|陆军|武警)第?\d{{2,3}}(?!部队)(?:医院)?|(?:兵工|核工业|航空|航天)\d{{3}}(?!\d|年|小时|余|号|厂)(?:医院)?"
)
_CODED = rare(
    r"[一二三四五六七八九〇零](?<=[（(在到去转于至].)[一二三四五六七八九〇零]{2}(?:医院)?(?=[）)，, \d置术查做住行就抗输用化放看急])"
)
_NUMBERED = re.compile(
    r"(?<=[\u4e00-\u9fff])(?!(?:19|20)\d\d)\d{3,4}(?:医院)?(?!公里|千米|余|例|元|人|年|米|里)(?=[\u4e00-\u9fff（(]|CT|MR|PET|\s?$)"
)
"""What stands behind a town in the names of hospitals of former works and of the army (汉川2104)."""
_ZONE = rare(rf"(?:开发|高新|经开|工业园|保税|新)区(?:第?[{_ORDINAL}]|人民|中心)(?:人民)?(?:医院|院)")
_PREPOSITIONS = "在于从到由往至"
_NO_CITY = f"第{_ORDINAL}在于从到由往至去转本我该外某同与和及经来请找入出住内前后医省市县区"
"""What stands before a numbered house without being the short name of a city (昆六院)."""
_LONGEST_STRONG = 4
_OF_A_SCHOOL = rare(rf"(?:学院|大学|医专|医大)第?[{_ORDINAL}]?附(?:属)?(?:第?[{_ORDINAL}])?(?:医)?院")
_BRANCH_ON = re.compile(r"[省市县区镇乡村路街]|医院|人")
_BRANCH = re.compile(rf"[{_CJ}](?:医|大|医大)$")
_NAMED = rare(
    rf"(?:{'|'.join(f'{c}院' for c in _ORDINAL)})(?<![内外入出住本我全前后次]..)(?![内外前后])(?![{_CJ}]?感)|(?:人医(?![院生])|附院|附[一二三四]院?|[一二三]附院|医大[一二三]?附?院)(?![{_CJ}]?感)"
)
_COURT = re.compile(
    r"院(?<![入出住回赴赶来到返离转医我外本该贵他同某各全门分收再学书庭剧影画法寺大]院)(?=[，。；:：\s|）)\]^]|$|行|诊|就诊|住院|手术|化疗|复查|会诊|治疗|检查|病理|门诊|PET|CT|MR|查)"
)
_OPENS = re.compile(
    r"(?:(?<=[月天周年日])前|就近|[在于至到转从去与及由经来找请送住过致系告交发接外给议赴向求]|[\d年月日号起。，,；;:：、\s|（(\[\"“”]|^)$"
)
_NO_HOSPITAL = re.compile(r"静脉|癌|瘤|细胞|感染|溃疡|型|性|区|患者|级|环境|获得")
_ENCLOSED = frozenset(("（）", "()", "||", "|\n", "|", "（，", "(,", "(，", "，）", "，)", ",)"))
_AT = re.compile(r"(?:[在到往请去转赴于日月]|外院|既往|来源[:：])\s?$")
"""What must stand before a number that is a hospital's, beside the visit behind it (在960胃镜): most numbers are values."""
_NUMBER_LEFT = re.compile(r"(?:\d|[降升增减高低]至|[制持动]在|[高低大小多少]于|\||[为达约共])$")
"""Before a number that is no hospital's."""
_ONLINE = re.compile(rf"[{_CJ}]{{2,5}}[（(](?:线上|远程|视频|连线)")


_ATTENDEE = rare(rf"[、；;，,]\s?(?P<name>[{_CJ}]{{4,9}})(?=[（(](?:线上|远程|视频|连线)[，,）)])")
_COLUMN = rare(rf"[{_CJ}](?<=\|.)[{_CJ}]{{1,4}}[院肿总附](?=\|)")


def _of(kind: str) -> str:
    return any_of("visits.tsv", kind)


@cache
def _type() -> Rare:
    right = rf"[，,。；;、：:\s）)(（\d|/\"“”\]]|$|{_of('went_after')}|{_of('after_visit')}|{_of('exam')}|术后|借|的片|填写|\d|[{_CJ}]{{2,3}}(?:[（(、，,。:\s]|$)|[{_CJ}]{{1,4}}(?:教授|主任|大夫|医生|老师)"
    return rare(rf"(?:{_of('type')})(?!{_of('type_not')})(?={right})")


@cache
def _never() -> re.Pattern[str]:
    return re.compile(f"[{words('visits.tsv')['never'][0]}]|{_of('never_word')}")


@cache
def _not_behind() -> re.Pattern[str]:
    """What makes the kind behind a division a word of medicine (卫东口腔溃疡)."""
    return re.compile(_of("type_not"))


def shorts(text: str, places: list[tuple[int, int]]) -> list[Candidate]:
    """A division or a name followed by the kind of a hospital, and numbered endings that no other word has."""
    out = []
    for start, end in places:
        match = _TAIL.match(text, end)
        if match and not _not_behind().match(text, match.end()):
            out.append(_made(start, match.end(), "place_short", match.group()))
        number = _NUMBERED.match(text, end)
        if (
            number
            and _opens(text, start)
            and not UNIT_AFTER.match(text, end + 3)
            and not UNIT_AFTER.match(text, end + 4)
        ):
            out.append(_made(start, number.end(), "place_number", number.group()))
        branch = _BRANCH.search(text, max(0, start - 3), start)
        if branch and _opens(text, branch.start()) and not _BRANCH_ON.match(text, end):
            out.append(_made(branch.start(), end, "branch", branch.group()))
    for match in _NAMED.finditer(text):
        start = _name_before(text, match.start(), 3)
        short = match.start() - start == 1 and text[start] not in _NO_CITY and text[match.start()] in _ORDINAL
        if short or (match.start() - start >= 2 and text[start] not in _PREPOSITIONS):
            out.append(_made(start, match.end(), "short_ending", match.group()))
    for match in _COURT.finditer(text):
        opened = _opened(text, match.start(), 5)
        if opened is not None and not _never().search(text[opened : match.start()]):
            begins = text[opened] in "在于从到由往至向" and match.start() - opened > 1
            out.append(_made(opened + begins, match.end(), "short_ending", "院"))
    military = (m for p in (_MILITARY, _CODED) for m in p.finditer(text))
    out += [_made(m.start(), m.end(), "military", m.group()[:2]) for m in military]
    out += [_made(m.start(), m.end(), "short_ending", "附院") for m in _OF_A_SCHOOL.finditer(text)]
    out += [_made(m.start(), m.end(), "zone", m.group()[:3]) for m in _ZONE.finditer(text)]
    out += _strong(text)
    out += [_made(*m.span("name"), "online", "远程") for m in _ATTENDEE.finditer(text)]
    out += [
        _made(m.start(), m.end(), "column", "|")
        for m in _COLUMN.finditer(text)
        if not explained(m.group()) and not _never().search(m.group()[:-1])
    ]
    return out + _of_a_kind(text)


def _strong(text: str) -> list[Candidate]:
    """闽海省立, 曹县县立, 南医六附: one to four characters before a strong ending, back to what opens a name."""
    out = []
    for match in _STRONG.finditer(text):
        start = _strong_start(text, match.start())
        start += text[start] in _PREPOSITIONS and match.start() - start > 1
        name = text[start : match.start()].strip(_PREPOSITIONS)
        if name and not (explained(name) or _never().search(name)):
            out.append(_made(start, match.end(), "short_strong", match.group()))
    return out


def _strong_start(text: str, end: int) -> int:
    """Start of the name before a strong ending: behind an opener, else the two characters before it."""
    for start in range(end - 1, max(-1, end - _LONGEST_STRONG - 1), -1):
        if not "\u3400" <= text[start] <= "\u9fff":
            return start + 1
        if end - start >= 2 and _OPENS.search(text, max(0, start - 1), start):
            return start
    return max(0, end - 2)


def unnamed(text: str, hits: list[Hit]) -> list[Candidate]:
    """Hospitals called by level, field and house: the long forms anywhere, the others (市三, 人民医院) between the words of a visit."""
    sides = _grammar_sides()
    out = []
    for hit in longest([h for h in hits if h.kind.startswith("grammar") or h.kind == "short"]):
        if sides.nobody.search(text, max(0, hit.start - 3), hit.start) or _NO_HOSPITAL.match(text, hit.end):
            continue
        if hit.word.isdecimal() and _NUMBER_LEFT.search(text, max(0, hit.start - 2), hit.start):
            continue
        if (
            hit.word.isdecimal()
            and (text[hit.start - 1 : hit.start] + text[hit.end : hit.end + 1]).strip().isalnum()
            and not (
                "\u3400" <= text[hit.end : hit.end + 1] <= "\u9fff" and not text[hit.start - 1 : hit.start].isascii()
            )
        ):
            continue
        enclosed = text[hit.start - 1 : hit.start] + text[hit.end : hit.end + 1] in _ENCLOSED
        online = _ONLINE.match(text, hit.end) is not None
        said = enclosed or online or sides.left.search(text, max(0, hit.start - 3), hit.start) is not None
        done = sides.right.match(text, hit.end) is not None
        left = said or sides.mark.match(text[hit.start - 1 : hit.start] or " ") is not None
        right = done or online or sides.mark.match(text[hit.end : hit.end + 1] or " ") is not None
        if hit.word.isdecimal() and not (done and _AT.search(text, max(0, hit.start - 2), hit.start)):
            continue
        if hit.kind == "grammar" or (left and right and (said or done)):
            out.append(_made(hit.start, hit.end, "grammar", hit.word))
    return out


class _Sides(NamedTuple):
    """Words said before and done behind a hospital without a name, marks, and what names nobody."""

    left: re.Pattern[str]
    right: re.Pattern[str]
    mark: re.Pattern[str]
    nobody: re.Pattern[str]


@cache
def _grammar_sides() -> _Sides:
    named = rf"\s?[{_CJ}]{{1,4}}(?:教授|主任|大夫|医生|医师|老师)|老[{_CJ}]"
    return _Sides(
        re.compile(rf"(?:{any_of('institutions.tsv', 'grammar_left')}|\d)$"),
        re.compile(rf"{any_of('institutions.tsv', 'grammar_right')}|{named}"),
        re.compile(r"[，,。；;、:\s|（(）)\[\]\"“”>/<]"),
        re.compile(rf"(?:{any_of('institutions.tsv', 'grammar_not')})$"),
    )


def _made(start: int, end: int, rule: str, cue: str) -> Candidate:
    return Candidate(start, end, "HOSPITAL", f"institution.{rule}", cue, 50)


def _of_a_kind(text: str) -> list[Candidate]:
    """霞浦妇保, 省松北肿瘤, 双塔老年: an unexplained name between an opener and the kind."""
    out = []
    for match in _type().finditer(text):
        start = _opened(text, match.start(), 4)
        if start is None:
            continue
        name = text[start : match.start()].lstrip("省市县")
        sure = match.group() in words("visits.tsv")["type_sure"]
        if (
            len(name) >= 2
            and "死于" not in name
            and (sure or not _never().search(name))
            and not explained(name)
            and text[start : match.end()] not in clinical()
            and not (len(name) > 2 and familiar(name))
        ):
            out.append(_made(start, match.end(), "short_kind", match.group()))
    return out


def _opens(text: str, start: int) -> bool:
    """May a name begin at an offset: behind a mark, a preposition, a number?"""
    return _OPENS.search(text, max(0, start - 2), start) is not None


def _opened(text: str, end: int, longest: int) -> int | None:
    """Start of a name of up to ``longest`` characters before ``end`` that stands behind an opener: the last one that leaves two characters."""
    found = None
    for start in range(end - 1, max(-1, end - longest - 1), -1):
        if not "\u3400" <= text[start] <= "\u9fff":
            break
        if text[start] == "前" and text[start - 1 : start] in ("月", "天", "周", "年", "日"):
            break
        if _opens(text, start):
            found = start
            if end - start >= 2:
                break
    return found


def _name_before(text: str, end: int, longest: int) -> int:
    """Start of two or three characters of a name before a numbered ending; ``end`` when they are no name."""
    start = _opened(text, end, longest)
    if start is None:
        start = end - 2 if end >= 2 and all("\u3400" <= c <= "\u9fff" for c in text[end - 2 : end]) else end
    return end if _never().search(text[start:end]) else start
