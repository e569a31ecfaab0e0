"""Which characters of a planted identifier identify: a leak is one of these left uncovered.

Decisions, the same for all groups:
- punctuation, spaces and mask characters (`*`, 某) never identify; every other character of a name does, so the surname
  of a half-masked name (张*, 张某某) does;
- of a titled name (李主任, 小张) the surname does, the title does not;
- of a date the digits do, 年月日号 do not; the time of day behind a date does not. Month and day without a year (3月5日,
  3-5) and month with year (2019.3) count like full dates, because they break the patient's date shift;
- of an age over 89 the number does, 岁 does not; of a bed the digits and letters do, 床 does not;
- of addresses and rooms the generic units (省市县区镇乡村组路街巷道号栋幢单元楼室) do not, the rest does;
- of institutions, employers and schools a generic ending (医院, 中心, 公司, 厂, 中学, …) does not, the rest does.
"""

from __future__ import annotations

import re

TITLES = re.compile(
    r"^[小老阿]|(?:副?主任(?:中?医师|[护药技]师)?|(?:主治|主管|住院)(?:医[生师]|[护药技]师)?|住院总|院长|医[生师]|大夫|护士?长|护士长?|[护药技]师|"
    r"物理师|副?教授|博士|老师|师傅|[阿大]?[姨姐叔爷]|叔叔|大?[哥嫂伯妈娘]|奶奶|爷爷|老?先生|女士|老太太?|太太|同志|同学|治疗师|营养师|社工|科长|组长|"
    r"阿[伯婆公]|主席|经理|律师|船长|书记|站长|村医|麻醉师|老汉)$"
)
CLOCK = re.compile(r"(?:[ T]|(?<=[日号]))\d{1,2}(?::\d{2}(?::\d{2})?|时\d{1,2}分)$")
GENERIC_ENDING = re.compile(
    r"(?:医院|卫生院|(?:妇幼)?保健院|卫生室|门诊部|诊所|大?药房|药店|中医馆|病房|院区|中心|服务站|分站|血站|救助站|实验室|检验所|研究[院所]|疗养院|医务室|街道办|支公司|酒店|饭店|超市|商场|车队|工程队|项目部|养老院|敬老院|殡仪馆|殡仪服务中心|陵园|基金会|社工站|残联|红十字会|党支部|"
    r"福利院|护理院|颐养院|疗护院|宁养院|防治院|分院|公寓|管理局|局|办事处|派出所|人民政府|村委会|居委会|居民委员会|合作社|支行|事务所|农场|林场|煤矿|"
    r"(?:股份)?(?:有限)?(?:责任)?公司|集团|厂|宾馆|机务段|供销社|粮管所|物流|卫校|党校|(?:中|小)?学校?|大学|学院|幼儿园|师范)$"
)
DATE_UNITS = set("年月日号")
ADDRESS_UNITS = set("省市县区镇乡村组路街巷道号栋幢单元楼室屯")
ADDRESS_KINDS = ("address", "address_part", "village", "birth_place", "room")
BODY_KINDS = ("hospital", "hospital_short", "institution", "employer", "school")
MASKS = set("*＊某X")
STREWN = re.compile(r"\n|(?<=[一-鿿]) (?=[一-鿿])")


def identifying(text: str, kind: str) -> set[int]:
    """Places within `text`, the planted identifier, whose characters identify.

    Spaces that OCR strewed between Chinese characters and line breaks are looked through, so that a title or an ending
    is known also when torn (李主 任).
    """
    strewn = _matched(STREWN, text)
    kept = [place for place in range(len(text)) if place not in strewn]
    return {kept[place] for place in _untorn("".join(text[place] for place in kept), kind)}


def _untorn(text: str, kind: str) -> set[int]:
    places = {place for place, char in enumerate(text) if char.isalnum()}
    if kind.endswith("_name_masked"):
        return {place for place in places if text[place] not in MASKS}
    if kind.endswith("_name_title"):
        return places - _matched(TITLES, text)
    if kind.startswith(("date_", "birth_date")):
        return _without(text, places - _matched(CLOCK, text), DATE_UNITS)
    if kind == "age_over_89":
        return _without(text, places, {"岁"})
    if kind == "bed_no":
        return _without(text, places, {"床", "加"})
    if kind in ADDRESS_KINDS:
        return _without(text, places, ADDRESS_UNITS) or places
    if kind in BODY_KINDS:
        return (places - _matched(GENERIC_ENDING, text)) or places
    return places


def _without(text: str, places: set[int], units: set[str]) -> set[int]:
    return {place for place in places if text[place] not in units}


def _matched(pattern: re.Pattern[str], text: str) -> set[int]:
    return {place for match in pattern.finditer(text) for place in range(*match.span())}
