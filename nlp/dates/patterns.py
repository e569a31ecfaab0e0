"""Written forms of dates, over folded text. Every repeat is bounded, so a search is linear in the text.

A look-ahead at the start names the characters that a match can begin with: at all others the search gives up at once.
"""

from __future__ import annotations

import re

_Y = r"(?:19|20)\d\d"
_YEAR = r"(?:19|20)(?<!\d..)\d\d"
"""A year that no digit stands before."""
_CN = "〇○零一二三四五六七八九"
_COUNT = r"(?:\d{1,3}(?:\.\d)?|半|[一二两三四五六七八九十百]{1,4}|数)"
_UNIT = r"(?:个半月|个多月|个余月|余个月|个月|月|年半|年|周|星期|个星期|天|日|小时|h)"

ABSOLUTE = re.compile(
    rf"(?P<y>{_YEAR})\s?(?:[-./年\\]\s?(?P<m>1[0-2]|0?[1-9])(?!\d)(?:(?:\s?[-./月\\]\s?|[-./][,，\n](?=\d{{1,2}}[日号复行查出入在于予]))(?P<d>3[01]|[12]\d|0?[1-9])(?!\d)\s?[日号]?|月(?:份)?)?|年)?(?!\d)"
)
"""``2015-10-03``, ``2015.10``, ``2015年10月3日``, ``2015年``; a bare year is kept only where the component says so."""

COMPACT = re.compile(r"(?P<y>20(?<!\d20)[0-4]\d)(?P<b> ?)(?P<m>0[1-9]|1[0-2])(?P=b)(?P<d>0[1-9]|[12]\d|3[01])(?!\d)")
"""``20151003``, ``2015 10 03``."""

GLUED = re.compile(r"20(?<=\d20)(?P<y>[012]\d)-(?P<m>1[0-2]|0?[1-9])-(?P<d>3[01]|[12]\d|0?[1-9])(?!\d)")
"""A full date right behind a number, where an export has lost the line break (``CA125:22.12016-03-08``)."""

LISTED_MONTH = re.compile(r"\s?[、及和至到~-]\s?(?P<m>1[0-2]|0?[1-9])月份?(?![\d余多前后])")
"""What goes on after a month with its year: ``2015年3月至5月``."""

SHORT_YEAR = re.compile(
    r"(?P<y>[012](?<![\d\-/a-z]\d)(?<!\d\.\d)\d)(?P<s>[-.])(?P<m>1[0-2]|0?[1-9])(?P=s)(?P<d>3[01]|[12]\d|0?[1-9])(?![\d.\-/%*a-z]|\s?(?:mm|cm|ng|mg|u/|g/))"
)
"""``15-10-03`` for 2015, where the note writes years near it in full."""

MONTH_DAY = re.compile(
    r"(?P<m>1[0-2]|0?[1-9])[-.](?P<d>3[01]|[12]\d|0?[1-9])(?=、(?:20\d\d[-.])?\d{1,2}[-.]\d|[,\s]{0,2}(?:日|复查|再次?|行|查|我院|外院|本院|当地|始|开始|起|于|在|予|给予|出现|因|就诊|入院|出院|胸|腹|盆|颈|头|术后|pet|ct|mri?|b超|超声|胃镜|肠镜|病理|放疗|化疗|结束|完成|血常规|化验|肿标|肝功|生化|白细胞|血红蛋白|血小板|中性粒|[总直间]接?胆红素|胆红素|谷[丙草]|转氨酶|肌酐|癌胚|甲胎|糖类|wbc|hgb|hb|plt|cea|ca\d|afp|t?psa|nse|第\d))"
)
"""``10-03复查``: month and day of the year named before, in front of what was done; what must stand before is in the component."""

SLASHED = re.compile(
    r"(?P<m>1[0-2]|0?[1-9])(?<![\d/]\d)/[,，\n]?(?P<d>3[01]|[12]\d|0?[1-9])(?=日?(?:再次?)?(?:[行予查]|给予|开始|入院|出院|复查|随访|手术))"
)
"""``7/18行``: so with a stroke, right before what was done; an export may have broken it at the end of a line."""

BRACKETED = re.compile(
    r"(?<=[(（])(?P<m>1[0-2]|0?[1-9])[-./](?P<d>3[01]|[12]\d|0?[1-9])(?=日?[)）]\s?[:：为]?\s?[<>]?\d{1,7}(?:\.\d+)?\s?(?:[nmuμp]?(?:g|iu|u|mol)\s?/|%))"
)
"""``(12.14)14235ng/ml``: month and day in a bracket before a value with its unit."""

DONE = re.compile(r"[日号]?(?:再次?)?(?:[行予始因]|给予|开始|入院|出院|复查)")
"""Behind month and day that follow on 于 or 、 (``并于10-03行…、10-10行…``): what was done, no vertebra (位于5-6胸椎)."""

CHINESE = re.compile(
    rf"(?P<y>[一二][{_CN}]{{3}})年(?:(?P<m>十[一二]?|[一二三四五六七八九])月(?:(?P<d>[一二三]?十?[一二三四五六七八九十])[日号])?)?"
)
"""``二〇一五年十月三日``."""

PARTIAL = re.compile(
    r"(?=[同当今本去前次翌上\d])(?:(?P<ref>同年|当年|今年|本年|去年|前年|次年|翌年|上一年)(?:(?P<m>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月份?(?:(?P<d>3[01]|[12]\d|0?[1-9])[日号])?)?"
    r"|(?<![\d.年])(?P<m2>1[0-2]|0?[1-9])月(?P<d2>3[01]|[12]\d|0?[1-9])[日号]"
    r"|(?P<mref>同月|当月|本月|上月|上个月|次月)(?:(?P<d3>3[01]|[12]\d|0?[1-9])[日号])?)"
)
"""Year or month from context: ``同年10月``, ``10月3日``, ``去年``, ``上月``."""

LISTED = re.compile(
    r"\s?(?:[、,和及]|[至到~-]\s?(?=[01]?\d[-./月]\s?\d))\s?(?:(?P<m>1[0-2]|0?[1-9])[-./月])?(?P<d>3[01]|[12]\d|0?[1-9])[日号]?(?![\d.%/年月*a-z个次程周期枚])"
)
"""What continues a list or ends a span after a full date: ``2015-10-03、11-05``, ``2015-10-03至11-05``."""

RELATIVE = re.compile(
    rf"(?=[术手化放治入出服停确来就住约近于大\d半一二两三四五六七八九十百数])(?:(?P<after>术后|手术后|化疗后|放疗后|治疗后|入院后|出院后|服药后|停药后|确诊后)(?:约|近|第)?(?P<an>{_COUNT})\s?(?P<ao>余|多)?(?P<au>{_UNIT})(?P<ao2>余|多)?(?!经|史|\d)"
    rf"|(?P<before>入院前|来院前|就诊前|术前|住院前)?(?:约|近|于|大约)?(?<![\d.\-/])(?P<n>{_COUNT})\s?(?P<o>余|多|来)?(?P<u>{_UNIT})(?P<o2>余|多|许)?(?P<ago>前|以前|之前)?)"
)
"""``术后3月``, ``入院前1年``, ``3天前``; the second form counts only with one of the two words."""

DAY_WORD = re.compile(r"次日|翌日|第二天|同日|当日|当天|同一天|今日|今天|今晨|昨日|昨天|昨晚|前日|前天|明日|明天")
"""Words for a day."""

DAY_WORD_SHIFT = {
    "次日": 1, "翌日": 1, "第二天": 1, "同日": 0, "当日": 0, "当天": 0, "同一天": 0, "今日": 0, "今天": 0, "今晨": 0,
    "昨日": -1, "昨天": -1, "昨晚": -1, "前日": -2, "前天": -2, "明日": 1, "明天": 1,
}  # fmt: skip
"""Days from the anchor: the date named before for the first six, the note's date for the others."""

FROM_NOTE_DATE = frozenset(("今日", "今天", "今晨", "昨日", "昨天", "昨晚", "前日", "前天", "明日", "明天"))

YEAR_SHIFT = {"同年": 0, "当年": 0, "今年": 0, "本年": 0, "去年": -1, "上一年": -1, "前年": -2, "次年": 1, "翌年": 1}
"""Years from the anchor; the note's year for 今年, 本年, 去年, 前年, the year named before for the others."""

MONTH_SHIFT = {"同月": 0, "当月": 0, "本月": 0, "上月": -1, "上个月": -1, "次月": 1}

ADMISSION = re.compile(r"入院(?:日期|时间)[:\s]{0,3}")
"""Before the date that 入院前 counts from."""

EVENT = {
    "术": re.compile(r"术|切除|吻合|探查"), "手术": re.compile(r"术|切除|吻合|探查"),
    "化疗": re.compile(r"化疗|周期|方案"), "放疗": re.compile(r"放疗|照射"), "治疗": re.compile(r"治疗|化疗|放疗"),
    "入院": re.compile(r"入院|住院|收入"), "出院": re.compile(r"出院"), "服药": re.compile(r"口服|服用"),
    "停药": re.compile(r"停"), "确诊": re.compile(r"确诊|诊断|病理"),
}  # fmt: skip
"""The words beside the date that a ``…后`` phrase counts from."""
