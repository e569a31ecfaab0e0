"""Institutions without a telling ending, by what is said around them: 在三江取药, 转同安, 18/5/24岳阳二院PET-CT; and long names of employers, laboratories, homes.

The name is read between two cues. Characters of clinical words are banned from it (``never`` of ``visits.tsv``) unless it ends like a short name.
"""

from __future__ import annotations

import re
from functools import cache

from nlp.deid.lexicon import county_shorts, place_names, surname_weight, words
from nlp.deid.model import Candidate
from nlp.deid.scan import Hit

_CJ = "\u3400-\u9fff"


def _any(kind: str) -> str:
    return "|".join(sorted(map(re.escape, words("visits.tsv")[kind]), key=len, reverse=True))


def _surnames() -> str:
    return "|".join(sorted((s for s, w in surname_weight().items() if w), key=len, reverse=True))


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """(cue, pattern with the group ``name``)."""
    name = rf"(?P<name>[{_CJ}〇]{{2,8}}?)"
    gap = r"\s?"
    return (
        ("visit", re.compile(rf"(?:{_any('before')}){gap}{name}(?={gap}(?:{_any('after_visit')}))")),
        (
            "moved",
            re.compile(
                rf"(?:要求转|拟转|转至|转往|转到|转回|转去|转诊至|转诊到|转入|转(?<![好移复氨肝骨肺脑运旋翻倒逆扭腔处胞].)(?![移氨换化归氮铁录位动阴阳诊入出为成])|送至|前往|外送|送检至|就诊于|来自|赴){name}(?=[。，,；;）)\n\s]|$|进一步|继续|上级|住院|治疗)"
            ),
        ),
        (
            "ended",
            re.compile(
                rf"(?:就诊于|住院于|手术于|治疗于|确诊于|就诊|曾[在于]|于|在|至|到|去|转){gap}{name}(?=[。，,；;）)\n])"
            ),
        ),
        (
            "first",
            re.compile(
                rf"(?:[。，,；;：:（(、\s|]|^|外院|当地){name}(?=(?:转来|转入|会诊意见|会诊[:：]|门诊复查|复查|出院记录|出院|病理[:：示回]|病理号|PET|CT[:：示]|MR|基因检测|检验科|放射科|病理科|急诊科|总机|客服|随访办|护理部|医务科|病案室))"
            ),
        ),
        (
            "front",
            re.compile(
                rf"(?:[。，,；;：:（(、\s|【\[]|^|外院|当地|本例|携|电话|联系|与){name}(?=(?:(?:肿瘤|放疗|病理|放射|检验|急诊)科(?!就|会|住|行|门|入|治|查|随)|住院部|就诊|旧片|老片|切片|取片|沟通|医生建议|医生意见|给予|120|的(?:片|报告|病理|结果|医生|主任)))"
            ),
        ),
        (
            "lived",
            re.compile(
                rf"(?:曾住|现住院于|携|住进|住入|转诊医院[:：]|转诊[:：]|来源[:：]|外院[（(]|当地[（(]|转出[:：]|转入[:：]|来院前[:：]|就诊[:：]|原诊治单位[:：]){name}(?=[。，,；;）)\n|]|$|片|旧片|报告)"
            ),
        ),
        (
            "drug",
            re.compile(
                rf"[在于去到回]{name}(?=(?:开的|拿的|取的|做的|查的|看的|住的|继续|继治|开过|做过|住过|看过|挂的|打的|随诊|复))"
            ),
        ),
        ("paren", re.compile(rf"[（(]{name}(?=[,，]?\s?(?:19|20)\d\d[-./年])")),
        (
            "shared",
            re.compile(
                rf"[与及和同较经请由邀]{gap}{name}(?={gap}(?:{_any('after_shared')}|(?:{_surnames()})(?:教授|主任|医生|老师|大夫|专家)|\d{{2,4}}[-./年]\d))"
            ),
        ),
        (
            "dated",
            re.compile(
                rf"\d[-./月年]\d{{1,2}}[日号]?\s?(?:在|于|至|到)?(?![天日号次周月年]){name}(?={gap}(?:{_any('exam')}))"
            ),
        ),
        (
            "home",
            re.compile(
                rf"(?:我是|我们是|这里是|这边是|是|来自){name}(?=的(?:[小老][{_CJ}]|护士|医生|客服|随访|回访|工作人员|志愿者|社工|护工|[{_CJ}]{{1,3}}(?:护士|医生|主任|医师)))"
            ),
        ),
        (
            "titled",
            re.compile(
                rf"[与及和同请邀邀请，。：:\s]{name}(?=[{_CJ}]{{1,2}}(?:教授|主任医师|主任)(?:会诊|意见|阅片|远程|指导))"
            ),
        ),
    )


@cache
def _banned() -> re.Pattern[str]:
    return re.compile(f"[{words('visits.tsv')['never'][0]}]|{_any('never_word')}")


@cache
def _ending() -> re.Pattern[str]:
    return re.compile(f"(?:{_any('ending')})$")


_SHORT_TAIL = r"(?:市|省|县|区)?(?:第?[一二三四五六七八九十]{1,2}(?:人民)?(?:医|院)(?![内外前后感])|人医|人民医?|中医院?|中西医|附[一二三四]院?|附院|[一二三四]附院?|医大[一二三四]?院?|大附?[一二三]院|肿瘤(?:院|医)?|妇幼|妇儿|胸科|肺科|儿童|口腔|精卫|传染|中心|总院|分院|立医|省立)"


@cache
def _place_short() -> re.Pattern[str]:
    return re.compile(_SHORT_TAIL)


_NAMED_SHORT = re.compile(
    rf"(?P<name>[{_CJ}]{{2,3}}(?:(?<![内外入出住本我全前后次])[一二三四五六七八九]院(?![内外前后])|人医(?![院生])|附院|附[一二三四](?:院)?|一附院|二附院|三附院|医大[一二三]?附?院))(?![{_CJ}]?[感])"
)


def shorts(text: str, places: list[tuple[int, int]]) -> list[Candidate]:
    """A division followed by the ending of a short hospital name (绵阳肿瘤, 如皋人医), and endings that no other word has."""
    out = []
    for start, end in places:
        match = _place_short().match(text, end)
        if match:
            out.append(Candidate(start, match.end(), "HOSPITAL", "institution.place_short", match.group(), 50))
    for match in _NAMED_SHORT.finditer(text):
        start = _after_opener(text, match.start(), match.end() - 2)
        name = text[start : match.end()]
        if len(name) >= 3 and not _banned().search(name[:-2]):
            out.append(Candidate(start, match.end(), "HOSPITAL", "institution.short_ending", name[-2:], 50))
    for match in _COURT.finditer(text):
        if not _banned().search(match["name"][:-1]):
            out.append(Candidate(*match.span("name"), "HOSPITAL", "institution.short_ending", "院", 50))
    return out


_COURT = re.compile(
    rf"(?:[在于至到转从去与及由经，。；:：\s|（(\[]|^)(?P<name>[{_CJ}]{{1,5}}(?<![入出住来到返离转医我外本该贵他同某各全门分收再学书庭剧影画法寺大])院)(?=[，。；:：\s|）)\]^]|$|行|就诊|住院|手术|化疗|复查|会诊|治疗|检查|病理|门诊|PET|CT|MR|查)"
)


def _plain(name: str) -> bool:
    """May these characters be a bare name?"""
    ending = _ending().search(name)
    core = name[: ending.start()] if ending else name
    if (
        name in words("keep.tsv")["generic"]
        or name in words("visits.tsv")["never_word"]
        or len(name) > (8 if ending else 4)
    ):
        return False
    if ending and (core in place_names() or core in county_shorts()):
        return True
    if ending and not core and name in words("visits.tsv")["whole"]:
        return True
    return (
        not _banned().search(core)
        and bool(core)
        and (name[-1] not in "上下里边处家" or (name[-1] == "里" and len(name) >= 3))
    )


def find(text: str, blocked: set[int], hits: list[Hit]) -> list[Candidate]:
    """Candidates for bare institution names of a folded text; ``blocked`` are the offsets of protected terms, ``hits`` those of the place automaton."""
    out = []
    for cue, pattern in _patterns():
        for match in pattern.finditer(text):
            start, end = match.span("name")
            if _plain(match["name"]) and not any(i in blocked for i in (start, end - 1)):
                out.append(Candidate(start, end, "HOSPITAL", "institution.visit", cue, 44))
    return (
        out
        + _endings(text)
        + _messages(text)
        + shorts(text, [(h.start, h.end) for h in hits if h.kind in ("place", "county")])
    )


# -- names with an ending ------------------------------------------------------------------------------------
@cache
def _ending_pattern() -> re.Pattern[str]:
    return re.compile(rf"(?:{_any('work_ending')})(?![{_CJ}]?[染训])")


@cache
def _inside() -> re.Pattern[str]:
    return re.compile(_any("inside"))


_OPENER = re.compile(
    r"就职于|任职于|供职于|退休于|毕业于|就读于?|任教于?|来自|曾[在于任]|标本送|送检?至?|接收单位|单位|退休前|原系|联系|转回|通知|邀请|委托|介绍|推荐|陪护|同住|入住|报销寄?|同志|"
    r"[于在到至赴往去由经系为与和及从入是请向住转交的被原送寄回返找问曾]"
)
_CLINICAL = re.compile(r"[便脓痰癌瘤症炎痛术泌瘘渗糜]|出血|阴道|不适")
_GENERIC_HEAD = re.compile(
    r"(?:某|院|本|我|该|外|各|多|两|几|一|这|那|当地|附近|上级|下级|社会|有限|责任|股份|医学|检验|检测|病理|诊断|基因|影像|养老|老年|服务|卫生|街道|社区|乡镇|村|镇|县|市|区|省|个体|私人|大|小|家|所|个|名|医院|医疗|保险|商业|高等|普通|重点|职业|师范|医科|专科|实习|生物|工|农|初级|高级|门诊|肿瘤|康复|健康|体检|急救|科研|研究|国家|国际|全国|中心|化工|电子|纺织|机械|食品|水泥|钢铁|煤|石|铁|金|铜|铅锌|造纸|制衣|服装|家具|油漆|制药|印刷|塑料|橡胶|皮|砖|瓦|汽车|电|建筑|物业|保洁|外贸|快递|运输|环卫|供电|自来水|派出|国有|乡|民营|私营|合资|外资|集体)*"
)


def _endings(text: str) -> list[Candidate]:
    """金域康泰医学检验所, 大兴镇供销社, 南通纺织三厂: read backwards from the ending to a preposition or boundary."""
    out: list[Candidate] = []
    for match in _ending_pattern().finditer(text):
        low = match.start()
        while low > max(0, match.start() - 16) and (
            "\u3400" <= text[low - 1] <= "\u9fff" or text[low - 1].isalnum() or text[low - 1] in "()（）〇"
        ):
            low -= 1
        start = _after_opener(text, low, match.start())
        core = text[start : match.start()]
        if (
            len(core) < 2
            or _CLINICAL.search(core)
            or _GENERIC_HEAD.fullmatch(core)
            or core[0].isdecimal()
            or core[0] in "()（）"
        ):
            continue
        out.append(Candidate(start, match.end(), "ORG", "institution.ending", match.group(), 51))
    return out


def _after_opener(text: str, low: int, high: int) -> int:
    """Behind the last preposition or verb between two offsets that is no part of a word of a name."""
    shelter = [m.span() for m in _inside().finditer(text, low, high)]
    start = low
    for match in _OPENER.finditer(text, low, high):
        if not any(s <= match.start() < e for s, e in shelter):
            start = match.end()
    return start


# -- messages ------------------------------------------------------------------------------------------------
_MSH = re.compile(
    r"MSH\|[^|\n]{0,6}\|(?P<a>[^|\n]{0,40})\|(?P<b>[^|\n]{0,40})\|(?P<c>[^|\n]{0,40})\|(?P<d>[^|\n]{0,40})\|"
)
_PV1 = re.compile(r"PV1\|[^|\n]{0,6}\|[^|\n]{0,6}\|(?P<place>[^|\n]{1,80})")


def _messages(text: str) -> list[Candidate]:
    """Facilities of MSH and the bed of PV1-3 in HL7-like lines."""
    out = []
    for match in _MSH.finditer(text) if "MSH|" in text else ():
        out += [
            Candidate(*match.span(k), "HOSPITAL", "institution.message", "MSH", 60)
            for k in "abcd"
            if re.search(rf"[{_CJ}]{{2}}", match[k])
        ]
    for match in _PV1.finditer(text) if "PV1|" in text else ():
        at = match.start("place")
        out += [
            Candidate(at + m.start(), at + m.end(), "BED_NO", "label.bed", "PV1", 60)
            for m in re.finditer(r"(?<=\^)[A-Za-z+加]?\d[\dA-Za-z\-+]{0,6}床?(?=\^|$)", match["place"])
        ]
    return out
