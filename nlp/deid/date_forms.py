"""The written forms of dates, as patterns. Every repeat is bounded, so each pattern is linear in the length of the note.

Groups: y, m, d (and w, a weekday) are reprinted after the shift, all else of the match is copied. Order is precedence. The third cell of a form is a
cheap pattern without which it is not looked for.
"""

from __future__ import annotations

import re

from nlp.deid.rare import Rare, rare

WEEKDAYS = "一二三四五六日"
_Y4 = r"(?:18|19|20|21)\d{2}"
_ZY = r"[〇零一二三四五六七八九0-9Oo]"
_ZS = r"[一二三四五六七八九十廿卅]"
_MON = r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"

MONTH_HINT = rare(
    r"[JFMASONDjfmasond](?:(?<=[Jj])(?:[Aa][Nn]|[Uu][NnLl])|(?<=[Ff])[Ee][Bb]|(?<=[Mm])[Aa][RrYy]|(?<=[Aa])(?:[Pp][Rr]|[Uu][Gg])"
    r"|(?<=[Ss])[Ee][Pp]|(?<=[Oo])[Cc][Tt]|(?<=[Nn])[Oo][Vv]|(?<=[Dd])[Ee][Cc])[a-z]{0,6}[-/., ]{0,3}\d"
)
"""A month's name before a digit; without one no English date is looked for."""
_SIX_DIGITS = rare(r"\d{6}")
_YEAR_LAST = rare(r"[-/.](?:18|19|20|21)\d\d")
_CAPITAL_UNIT = "(?:[IMKW]?U|MIU|COI|[KMF]?L|[CM]?M|CM|C?G[Yy]|[KMUNP]?G|H[UuZz]|S/CO|X)"
"""Units that are written in capitals behind a value; other capitals begin a word."""
_D = r"(?:3[01]|[12]\d|0?[1-9])"
_M = r"(?:1[0-2]|0?[1-9])"

# A pattern begins with a character class, the look-behind follows it: the engine then skips to candidates instead of trying every offset.
FORMS: tuple[tuple[str, Rare, Rare | None], ...] = (
    # 20190305, 201903051430 and 20190305143000 of messages
    (
        "date.compact",
        rare(
            r"(?P<y>(?:19|20)(?:(?<![\dA-Za-z.\-]..)|(?<=[^\d.\-]\d\...))\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?:[0-2]\d[0-5]\d(?:[0-5]\d)?)?"
            r"(?![\dA-Za-z]|\.\d|-\d)"
        ),
        _SIX_DIGITS,
    ),
    # 2019年3月5日, 2019 年 03 月 05, 19年3月5日
    (
        "date.ymd_cn",
        rare(
            r"(?P<y>\d(?:(?<![\d.].)|(?<=[^\d.]\d\..)(?=\d(?:\d\d)?\s?年))\d(?:\d\d)?)\s{0,2}年\s{0,2}(?P<m>\d{1,2})\s{0,2}(?:月份?|\.|-|/)\s{0,2}(?P<d>\d{1,2})"
            r"(?:\s{0,2}[日号]|(?=\s?[-~、至到]\s?\d{1,2}\s?[日号])|(?![\d.]|\s?[个天次周年月余]))"
        ),
        None,
    ),
    # 二〇一九年三月五日, 二零一九年十二月
    (
        "date.zh",
        rare(
            rf"(?P<y>{_ZY}{_ZY}(?:{_ZY}{_ZY})?)\s?年\s?(?P<m>{_ZS}{{1,3}})\s?月\s?份?(?:\s?(?P<d>{_ZS}{{1,3}})\s?[日号])?"
        ),
        None,
    ),
    # 2019年3月
    (
        "date.ym_cn",
        rare(
            r"(?P<y>(?:18|19|20|21)(?<!\d..)\d{2})\s{0,2}年\s{0,2}(?P<m>\d{1,2})\s{0,2}(?:月份?|(?=\s?(?:[-~至到、]|—{1,2})\s?\d{1,2}\s?月))"
        ),
        None,
    ),
    # 2019 03 05
    (
        "date.ymd_num",
        rare(r"(?P<y>20(?<![\d.]..)\d\d) (?P<m>0[1-9]|1[0-2]) (?P<d>0[1-9]|[12]\d|3[01])(?![\d.]| \d)"),
        None,
    ),
    # 19年3月 (but not a duration of 10 years and 3 months)
    ("date.ym_cn2", rare(rf"(?P<y>[01289](?<!\d.)\d)\s?年\s?(?P<m>{_M})\s?月份?"), None),
    # 2019-3-5, 2019/03/05, 2019.3.5, 2019、3、5 with one kind of separator
    (
        "date.ymd_num",
        rare(
            r"(?P<y>(?:18|19|20|21)(?<!\d..)(?:(?<![^\u3400-\u9fff]\...)|(?<=[。；;：:\s\d]\...))\d{2})\s?(?P<s>[-/.,、\\])\s?(?P<m>\d{1,2})\s?(?P=s)\s?(?P<d>\d{1,2})(?:\s?[日号])?(?!\d(?!\d{0,2}军?医院)|\s?月)"
        ),
        None,
    ),
    (
        "date.ymd_mix",
        rare(rf"(?P<y>(?:19|20)(?<![\d.]..)\d{{2}})[-/.、](?P<m>{_M})[-/.月、](?P<d>{_D})(?:\s?[日号])?(?!\d|\s?月)"),
        None,
    ),
    # 05/03/2019, 3-5-2019
    (
        "date.dmy",
        rare(rf"(?P<m>\d(?<![\d.A-Za-z].)\d?)(?P<s>[-/.])(?P<d>\d{{1,2}})(?P=s)(?P<y>{_Y4})(?!\d)"),
        _YEAR_LAST,
    ),
    # 5 Mar 2019, 05-Mar-19, March 5, 2019
    (
        "date.en_dmy",
        rare(
            rf"(?P<d>\d(?<![\dA-Za-z].)\d?)(?:st|nd|rd|th)?[-/. ]{{0,2}}(?P<m>{_MON})[-/., ]{{0,3}}(?P<y>\d{{4}}|\d{{2}})(?!\d)",
            re.I,
        ),
        MONTH_HINT,
    ),
    (
        "date.en_mdy",
        rare(
            rf"(?<![A-Za-z])(?P<m>{_MON})[-/. ]{{0,2}}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?[-/. ]{{0,2}}(?P<y>\d{{4}})(?!\d)",
            re.I,
        ),
        MONTH_HINT,
    ),
    # 19-3-5, 19/03/05, 19.3.5: two-digit year
    (
        "date.yy",
        rare(
            rf"(?P<y>[0-35-9](?:(?<![\d./\-A-Za-z].)|(?<=[mgLUlnfFdHhy].)|(?<=[。；;：:，\s]\d\..))\d)(?P<s>[-/.])(?P<m>{_M})(?P=s)(?P<d>{_D})(?:\s?[日号])?(?![\d/]|[-.]\d(?!\d?[./-]\d{{1,2}}[./-]\d)|[%a-z]|[A-Z](?![A-Z\d]|[a-z]{{3}}|[a-z][A-Z]))"
        ),
        None,
    ),
    # the end of a range of such dates: 20.12.25-21.1.5
    (
        "date.yy",
        rare(rf"(?P<y>[0-3]\d)(?<=\d[-~]..)(?P<s>[./])(?P<m>{_M})(?P=s)(?P<d>{_D})(?![\d./%A-Za-z])"),
        None,
    ),
    # 210328 beside a signature
    (
        "date.compact6",
        rare(
            r"(?P<y>[012](?<![\dA-Za-z.\-/].)\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?![\d%/\-]|\.\d|(?!(?:CT|MR|PET|DR|ECT)(?![a-z]))[A-Za-z])"
        ),
        _SIX_DIGITS,
    ),
    # 3月5日, 3月5号; 三月五日
    (
        "date.md_cn",
        rare(
            rf"(?P<m>\d(?:(?<![\d年].)(?!(?<=[。；;，,、\s][2-9])\d\s?月)|(?<=[去今前当同次明]年.)|(?<=[。；;，,、\s][2-9].)(?=\s?月))\d?)\s?月\s?(?P<d>{_D})(?:\s?[日号](?!龄)|(?=\s?[-~、至到]\s?\d{{1,2}}\s?[日号])|(?=[上下]午|晚|晨|凌晨|[入出]院|行|[，。；;|）)]))"
        ),
        None,
    ),
    # 15号拔管: a day of this month by what is done on it
    (
        "date.day",
        rare(
            r"(?P<d>[1-9](?<![\d第月A-Za-z.].)\d?)号(?=拔|出院|入院|复查|复诊|换药|拆线|抽血|穿刺|返院|回院|来院|手术(?![间台室床])|化疗(?!方))"
        ),
        None,
    ),
    (
        "date.md_zh",
        rare(
            rf"(?P<m>{_ZS}(?<![〇零一二三四五六七八九十个\d].){_ZS}{{0,2}})月(?P<d>初?{_ZS}{{1,3}})(?:[日号]|(?=[^{_ZS[1:-1]}个天月年]|$))"
        ),
        None,
    ),
    # 2019-3, 2019.03, 2019/3
    (
        "date.ym_num",
        rare(
            rf"(?P<y>(?:19|20)(?:(?<![\d./]..)(?<![^\d]-..)|(?<=[^\d.]\d\...))\d\d)\s?[-./]\s?(?P<m>{_M})(?:\s?月份?)?(?!\d|\.\d|[-/](?!(?:19|20)\d\d|\d{{1,2}}\s?月)\d|%|(?![cyp]{{1,2}}T[0-4xi])[a-zμ]|{_CAPITAL_UNIT}(?![A-Za-z]))"
        ),
        None,
    ),
    # 去年3月, 3月份, 3月底: a month that stands for a date
    ("date.m_cn", rare(r"[今去前同次当本昨]年(?P<m>1[0-2]|0?[1-9])\s?月份?(?![\d余])"), None),
    ("date.m_cn", rare(r"(?P<m>\d(?<![\d.个].)\d?)\s?月(?=份|初|中旬|上旬|下旬|底|末|始|开始)"), None),
    # 3-5, 3/5, 3.5: only in a run of dates or with the words that stand around a date
    (
        "date.md_num",
        rare(
            rf"(?P<m>\d(?<![\dA-Za-z./].)(?<!\|\|.)\d?)(?P<s>[-/.])(?P<d>{_D})(?:\s?[日号])?(?!\d(?!\d?时\d)|[/%]|[a-z](?![a-z]{2})|\.\d|-\d(?!\d?[./]\d|\d{{3}}[-/.年]\d)|-(?![至今现目])['DN\u3400-\u9fff]|基因|\(OH)"
        ),
        None,
    ),
)

# 至8日, -8日, 、12日, 和15号 behind a full date
RANGE_TAIL = re.compile(
    r"\s?(?:日|号)?\s?(?:[-~至到、,，和及]|—{1,2})\s?(?P<d>3[01]|[12]\d|0?[1-9])\s?[日号](?![内后龄均每])"
)
MONTH_TAIL = re.compile(r"\s?(?:[-~至到、]|—{1,2})\s?(?P<m>1[0-2]|0?[1-9])\s?月(?!\s?(?:余|前|后|内|来|\d))")
"""-8月, 、6月 behind a month with its year."""
TIME_TAIL = re.compile(
    r"[^\S\n]?(?:[(（]?(?:星期|周|礼拜)(?P<w>[一二三四五六日天])[)）]?)?"
    r"(?:[ ,，T]{0,2}(?:[上下中]午|凌晨|清晨|早上|晚上|晚|早|晨)?[^\S\n]?(?:[01]?\d|2[0-4])\s?(?::|时|点)(?:\s?(?:[0-5]\d|\d(?=\s?分))(?:\s?[:分]\s?[0-5]\d(?:\.\d{1,3})?秒?|分)?|(?!\d)))?"
)
UNIT_AFTER = re.compile(
    r"\s?(?:%|‰|℃|°|(?:m?g|μg|ug|ng|pg|kg|m?l|dl|cm|mm|um|μm|nm|mmol|umol|μmol|nmol|pmol|mmHg|kPa|Gy|cGy|mSv|IU|U|u|KU|kU|MU|Hz|kcal|Kcal|S/CO|COI|fl|fL|pg|L|ML|MG|CM|MM|G|g|h|min|s|ms|HU|Hu|d|w|x|X|×|\*|/)(?![a-zA-Z])|"
    r"秒|单位|毫|微|厘米|公分|公斤|次|天(?![山津台水长门坛])|年|个|小时|分钟|周|倍|片(?![无较上未与及见可])|粒|支|枚|组|级|分(?!别)|岁|克|升(?![白高至到血压板糖])|米|万|元|度|人|例|颗|针|杯|两(?!次)|斤|滴|盒|瓶|袋|区|型|期|肋|椎|日龄|条|处|层|点|×|\*)"
)
AFTER_DURATION = re.compile(r"\s?(?:余|前|来|后|龄|多|余前|不|间|未|病史|左右|以来|，|史)")
BEFORE_DURATION = re.compile(
    r"(?:(?:反复|间断|间歇)[\u4e00-\u9fff]{1,4}|[吸抽]烟|饮酒|嗜酒|工龄|结婚|病史|约|近|已|达|共|后|第|存活|生存|随访|间隔|历时|史|持续|龄|长达|时间|烟|酒|术后|停药|满|隔|每|于)\s?$"
)
