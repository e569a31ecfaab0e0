"""What stands around a date that may be something else: a value, a range, a duration, a lot. Rules are the project's own, read from how notes are written."""

from __future__ import annotations

import re

from nlp.deid.date_forms import AFTER_DURATION, BEFORE_DURATION, UNIT_AFTER
from nlp.deid.date_reading import Found, valid
from nlp.deid.number_forms import LOT

_LISTED = re.compile(r"[、,，;；和及~至到\-—/ ]{0,3}$")
_BEFORE_DATE = re.compile(
    r"(?:[，,、]|于|自|至|到|从|在|日期|时间|日|号|月|即|拟|预约|约定|定于|及|和|随访|复查|复诊|末次|化疗|手术|放疗|[(（\[]|^|[\n。;；])[:： ]{0,2}$"
)
_AFTER_DATE = re.compile(
    r"\s?(?:在|行|于|予|给|查|复查|我院|本院|外院|当地|入院|出院|开始|起|始|至|到|因|胸|腹|头|盆|PET|CT|MR|彩超|B超|超声|病理|术|手术|化疗|放疗|第|肝|肺|骨|血|"
    r"再|复诊|预约|转|门诊|住院|确诊|诊断|返|完成|拔|停|做|接受|完善|上|下|晚|晨|凌|日|号|电话|随访|收|出现|突|感|无|使|应|口服|肠|胃|结|[(（、,，:：~)）\]]|$)"
)
_RANGE = re.compile(r"\s?[-~—至到]{1,2}\s?(?:1[0-2]|0?[1-9])[./](?:3[01]|[12]\d|0?[1-9])(?![\d.])")
_RANGE_EVENT = re.compile(
    r".{3,9}?(?:因|未|停|休|住院|化疗|放疗|行|予|在|于|我院|入院|治疗|手术|期间|复查|静滴|输|口服)"
)
_DATE_LEFT = re.compile(r"(?:[，,。；;：:、（(\s|]|于|自|在|^|至|曾|患者)$")
_COURSE = re.compile(r"(?:周期|疗程|[第末首]\d?程|化疗|放疗)[（( ]?$")
_SUBJECT = re.compile(
    r"(?:患者|病人|遂|曾|已|拟|又|再|继|故|将|并|缘|嘱|截至|截止|直至|定于|计划|随后|后|末次|上次|预约|化疗|放疗|手术|入院|出院)$"
)
_LINE = re.compile(r"(?:[，。；;：:、（(\n]|^)\s?$")
_EVENT = re.compile(
    r"\s?(?:[dD]\d{1,2}(?!\d)|停(?!经)|续[治做行]|午后|午前|复查|复诊|化疗|放疗|入院|出院|手术|行|予|查|血常规|生化|(?:WBC|CT|PET|MR|B超|HGB|PLT|CEA)|病理|术[前后]|拔管|换药|穿刺|输血|门诊|就诊|确诊|我院|外院|电话|随访|发热|体温|第\d|开始|起|晨|上午|下午|晚)"
)
_DOSE_LEFT = re.compile(
    r"(?:[a-zA-Zμ%±<>≤≥=×*/+.\d]|第|每|共|约|近|后|前|均|径|大小|术后|连续|疗程|周期|每日|一日|每周|频|各|级|分|期|型|度|肋|腰|胸|颈|骶|[CTLS])\s?$"
)
_CYCLE_LEFT = re.compile(r"[Cc]\d{1,2}[ :：]{0,2}$")
_WEEK_LEFT = re.compile(r"(?:^|\n|[，,。；;|]\s?)[CcWw]\d{1,2}[ :：]$")
_CLAUSE = re.compile(r"(?:^|[\n。；;，,])\s?$")
_SIX_RIGHT = re.compile(
    r"\s?(?:(?:CT|MR|PET|DR|ECT|B超|彩超|超声|胃镜|肠镜|病理|骨扫描|复查|入院|出院|手术|化疗|放疗)(?![\d/]))"
)
"""What is done on a day of six digits (200530CT)."""
_FILM = re.compile(r"\s?[旧老]?片(?!/)")
_HIGH = re.compile(r"\s?[（(]?[↑↓]")
_DOSE_DAY = re.compile(r"\s[dD]\d{1,2}\s")
_SIGNED_LEFT = re.compile(r"[（( 、，]$|[长师士审签任录阅]$|^$|\n$")
_SIGNED_RIGHT = re.compile(r"\s*(?:[）)\n]|$|[审签阅记查收])")
_CLOCK = re.compile(r" ?(?:[01]\d|2[0-3]):[0-5]\d(?!\d)")
_PADDED = re.compile(r"0[1-9][-/][0-3]\d$|1[0-2]-[0-3]\d$")
_SLASHED = re.compile(r"1[0-2]/[0-3]\d$")
_NEAR = 400
_OTHER_SLASHED = re.compile(r"0[1-9](?<![\d/.]..)/[0-3]\d(?![\d/.])")
_DAY_LEFT = re.compile(r"(?:^|[\n。；;，,（( ]|[约排定签审记阅补录次到于在])\s?$")
_COUNTED = re.compile(r"(?:第[一二三四五六七八九十]次|\d{5,}|(?<![A-Za-z])[dD]\d{1,2}|[签章审]|医嘱|记录)\s?$")
_PLANNED = re.compile(r"(?:上次|末次|首次|前次|下次|[，、]排|改排|预约|改约|约定|科约)$")
_SIGNED = re.compile(r"[签章审记阅主任师士] ?$")
_ABOUT = re.compile(r"约在?$")
_TWO_AND_TWO = re.compile(r"\d\d[-/]\d\d$")
_NOTED = re.compile(r"(?:补|再|续|复|接|起|止)[）)]")
_DAY_RIGHT = re.compile(r"\s?(?:[\u4e00-\u9fff（(]|[）)，,。；;]|$|\n)")
_MORE_EVENT = re.compile(
    r"\s?(?:首次|由[\u4e00-\u9fff]{2,8}行|机器|设备|巡视|患者|遵医嘱|晨间|夜间|第\d|家属|护士|医生|今|请)"
)
_ACT_RIGHT = re.compile(
    r"\s?(?:由[\u4e00-\u9fff]{1,6}(?:陪|送|带|护|接|搀|扶|行)|首次|末次|更改|改野|改方案|改量|换线|换药|换方|停药|进展|复发|评估|评效|再评|开始|P[DR](?![A-Za-z])|SD(?![A-Za-z]))"
)
_THING_RIGHT = re.compile(
    r"\s?(?:的(?:血|尿|便|大便|生化|肝功|肾功|化验|病理|报告|结果|片|照片|单子|检查|胃镜|肠镜|彩超|B超|超声|心电|增强|复查|CT|MR|PET|DR)|[出入住转]的?院[，。,]|[出入]的院|[做查拍住开取转]的(?:[，,。；;]|CT|片|手术|检查))"
)
_COMPARED_LEFT = re.compile(r"[与较比同及和]\s?$|对[照比]\s?$")
_COMPARED_RIGHT = re.compile(r"\s?(?:旧|老|前|日)?(?:片(?!/)|CT|MR|PET|胸片|增强|检查|结果)\s?(?:比|对|相|所|示|结果)?")
_VALUES = re.compile(r"(?:分别|依次)(?:为|是|示)?[: ]{0,2}(?:\d{1,3}\.\d{1,3}[^\d、,，。]{0,6}[、,，]\s?){1,9}$")
_CHANGED_TO = re.compile(r"(?:[回升降达增减]|回升|上升|下降|增加|减少|恢复|维持)[到至在]\s?$")
_ALONE = re.compile(r"(?:^|\n)$")


def _marked_day(text: str, found: Found, left: str, right: str) -> bool:
    """A day that its form or place gives away: a clock behind it, zeros in front, a line of its own, (11.2补), 第二次 8-10."""
    form = text[found.start : found.end]
    if left.endswith("院") and _FILM.match(right):
        return True
    if _COMPARED_LEFT.search(left) and re.match(r"\s?片\s?[比对相所缩增略示见无]", right):
        return True
    if _DOSE_DAY.match(right) and _ALONE.search(text, max(0, found.start - 1), found.start):
        return True
    if UNIT_AFTER.match(right) and not _COUNTED.search(left):
        return False
    if _WEEK_LEFT.search(left) and right[:1] in ":：":
        return True
    bounded = _DAY_LEFT.search(left) is not None
    if _told_day(form, left, right):
        return True
    if _CLOCK.match(right) and (bounded or left[-1:] in ":|[）)" or left[-1:] > "\u3400"):
        return True
    if (
        form.startswith("0")
        and _PADDED.match(form)
        and left[-1:] > "\u3400"
        and left[-1:] not in "第每约共各近"
        and _DAY_RIGHT.match(right)
    ):
        return True
    slashed = _SLASHED.match(form) and _OTHER_SLASHED.search(text, max(0, found.start - _NEAR), found.end + _NEAR)
    if bounded and (_PADDED.match(form) or slashed) and _DAY_RIGHT.match(right):
        return True
    if left.endswith(("（", "(")) and _NOTED.match(right):
        return True
    if _COUNTED.search(left) and "." not in form and _DAY_RIGHT.match(right):
        return True
    if _ABOUT.search(left) and _TWO_AND_TWO.match(form) and _DAY_RIGHT.match(right):
        return True
    if _PLANNED.search(left) and _DAY_RIGHT.match(right):
        return True
    if _SIGNED.search(left) and (right[:1] in ("\n", "") or right.startswith(("）", ")"))):
        return True
    if (not left or left.endswith(("。", "；", ";", "，", "\n"))) and "." not in form and _MORE_EVENT.match(right):
        return True
    alone = _ALONE.search(text, max(0, found.start - 1), found.start) is not None
    return alone and (right[:1] in ("\n", "") or _EVENT.match(right) is not None)


_WHEN = re.compile(
    r"(?:[化放]疗|手术|复查|复诊|[入出住]院|拔管|随访|月经|拆线|检查)(?:时间|日期)?(?:是|为|在|于|定在|约在)[:： ]?$"
)


_STATE_LEFT, _LAB_RIGHT = re.compile(r"[前后][:：]\s?$"), re.compile(r"[A-Z][A-Za-z]{1,4}\s?\d|[A-Z][a-z]{3}")
"""Before and behind a treatment, a day and the first value of a blood count (输前：11-12Hb45)."""
_ARRANGED = re.compile(r"(?:[拔取来复换拆][泵针管线药诊查院]|返院|回院)约(?:在|于)?[:： ]?$")
"""A day that is agreed, not a number that is about so much."""
_FULL_END = re.compile(r"\s?[-~—至到]{1,2}\s?(?:19|20)\d\d[-/.年]\d")


def _told_day(form: str, left: str, right: str) -> bool:
    """A day by what happened on it (8-22首次，9-7更改野) or what was made of it (发来4-13的血常规, 与12.31片比较, 4.18出的院)."""
    if _WHEN.search(left) or _FULL_END.match(right):
        return True
    if _THING_RIGHT.match(right) and not _DOSE_LEFT.search(left):
        return True
    before_a_count = "." not in form and _STATE_LEFT.search(left) and _LAB_RIGHT.match(right)
    if before_a_count or _ARRANGED.search(left):
        return True
    act = "." not in form and re.search(r"[，,。；;：:、\s]$|^$", left) and _ACT_RIGHT.match(right)
    return bool(act) or (_COMPARED_LEFT.search(left) is not None and _COMPARED_RIGHT.match(right) is not None)


_MEASURED = re.compile(r"\d\s?[A-Za-zμ]{1,4}(?:/[A-Za-zμ\d.²^·]{1,8})?\s?\Z|\^\d{1,2}/L\s?\Z")
"""A value with its unit; a date may stand right behind it."""
_OPEN = re.compile(r"(?:[，,。；;：:（(、→|①-⑳]|[^\d.]\d\.|\A|\s)\s?\Z")
"""Where a date may begin and no length of time does."""
_LASTING = re.compile(r"\s?(?:余|前|来|后|龄|多|间|病史|左右|以来|史)")
YEARLESS = frozenset({"date.md_num", "date.md_cn", "date.md_zh", "date.m_cn"})

_TAKEN = re.compile(r"(?<![A-Za-z])(?:[bt]id|q[dwn])\s?$")
"""How often a treatment is given; a month may stand right behind it."""


def plausible(text: str, found: Found, previous_end: int) -> bool:
    """Tri-state context check of the forms that may be something else; True keeps, False drops."""
    left, right = text[max(0, found.start - 6) : found.start], text[found.end : found.end + 8]
    if found.rule == "date.md_num" and valid(found) and _marked_day(text, found, left, right):
        return True
    if text[found.start : found.end].isdecimal() and LOT.search(text, max(0, found.start - 14), found.start):
        return False
    if (
        found.rule in ("date.md_num", "date.ym_num")
        and UNIT_AFTER.match(right)
        and not re.match(r"\s?(?:片(?:示|比|对|相|所|结)|人[民医])", right)
    ):
        return False
    match found.rule:
        case "date.md_num":
            return _plausible_md(text, found, previous_end, left, right)
        case "date.ym_num":
            named = re.search(r"[A-Za-z]{2}[^\S\n]?\Z|[A-Za-z%+<>=↑↓]\Z|[值量为][:： ]{0,2}$", left)
            if _HIGH.match(right):
                return False
            return 1930 <= (found.year or 0) <= 2049 and (named is None or _behind_value(text, found.start, left))
        case "date.yy":
            if left[-1:].isascii() and left[-1:].isalpha():
                return _behind_value(text, found.start, left)
            return not re.search(r"[A-Za-z]$|第$", left) and not (
                text[found.start + 2] == "." and _DOSE_LEFT.search(left) and not _CYCLE_LEFT.search(left)
            )
        case "date.compact6":
            told = _CLAUSE.search(left) is not None and _SIX_RIGHT.match(right) is not None
            return told or (_SIGNED_LEFT.search(left) is not None and _SIGNED_RIGHT.match(right) is not None)
        case "date.ym_cn2":
            return not is_lasting(left, right)
        case "date.m_cn":
            return not BEFORE_DURATION.search(left)
        case _:
            return True


def is_lasting(left: str, right: str) -> bool:
    """Are years and months between two stretches rather a length of time (患病12年3月余) than a date of two digits (，12年3月手术)?"""
    if _OPEN.search(left):
        return _LASTING.match(right) is not None
    return AFTER_DURATION.match(right) is not None or BEFORE_DURATION.search(left) is not None


def _behind_value(text: str, start: int, left: str) -> bool:
    """Do the letters before a date end a value with its unit, or tell how often a treatment is given?"""
    return _TAKEN.search(left) is not None or _MEASURED.search(text, max(0, start - 16), start) is not None


def _mark(text: str, found: Found) -> str:
    """What stands between month and day."""
    return text[found.parts[0][1] : found.parts[1][0]].strip()


def _plausible_md(text: str, found: Found, previous_end: int, left: str, right: str) -> bool:
    in_run = (
        previous_end >= 0
        and 0 <= found.start - previous_end <= 3
        and _LISTED.match(text[previous_end : found.start]) is not None
        and _mark(text, found) in text[max(0, previous_end - 6) : previous_end]
    )
    if in_run:
        return True
    measured = "." in text[found.start : found.end] and _VALUES.search(text, max(0, found.start - 60), found.start)
    if left.endswith(("-", "~", "—")) or _CHANGED_TO.search(left) or measured:
        return False
    if (span := _RANGE.match(right)) and _COURSE.search(left):
        return UNIT_AFTER.match(right, span.end()) is None and not right.startswith("月", span.end())
    if (
        _RANGE.match(right)
        and _DATE_LEFT.search(left)
        and (text[found.start : found.end].count("/") or _RANGE_EVENT.match(right))
    ):
        return True
    if _SUBJECT.search(left) and _EVENT.match(right):
        return True
    if (
        text[found.start : found.end].count("/")
        and not re.search(
            r"(?:于|自|至|日期|时间|复查|复诊|预约|末次化疗|末次|化疗|手术|入院|出院|放疗|随访|拟|约|定)[:： ]?$", left
        )
        and not (_LINE.search(left) and _EVENT.match(right))
    ):
        return False
    if _DOSE_LEFT.search(left) or re.match(
        r"\s?(?:后|内|前|次|天|年|周|个|日后|日内|日龄|日一|日前|月|岁|片|粒|枚|组|级|分|度|倍|肋|型)", right
    ):
        return False
    if left[-1:] in "，,、" and not re.match(r"[、,，]\s?\d{1,2}[-./]\d|\s?[\u4e00-\u9fff]", right):
        return False
    return bool(_BEFORE_DATE.search(left) and _AFTER_DATE.match(right) and (left.strip() or right.strip()))
