"""How positive and examined lymph nodes are counted. Folded surface."""

from __future__ import annotations

import re

FRACTION = re.compile(
    r"(\d(?<![\d./-]\d)\d?)\s?(?:[枚个颗]?(?:淋巴结|ln)?)?(?:(?<!ck\d)\s?\(?\+\)?\s?)?/\s?(\d{1,3})(?![\d/:]|\.\d|\s?(?:hpf|肌层|固有|周|f|次|分|mmhg|h|d|日|月|年|cm|象限|\d))"
)
SCORE_BEFORE = re.compile(r"(?<![a-z])(?!ln)[a-z]{2,5}\s?[=:]\s?$")
"""Before a fraction: the name of a score (``RAI=4/9``)."""
COUNT_BEFORE = re.compile(r"(?:核分裂[像象相]?|神经(?:周围|束)?侵犯|gleason)(?:计?数|评?分|分级|[:为约<>=(\s]){0,4}$")
"""Before a fraction: it counts mitoses in a field or invaded nerves, or is a score."""
CONTEXT = re.compile(r"淋巴结?|(?<![a-z])ln|[组站](?!织化|化)|前哨|癌转移|转移")
CONTEXT_AFTER = re.compile(
    r"^[个枚颗)\],、;]*(?:见|查见|可见|均)?(?:有)?(?:腺|鳞)?(?:状细胞)?癌?转移|^[枚个](?:转移|阳性|见|查见)|^[)\]]?(?:淋巴结|ln)"
)
STATION_BEFORE = re.compile(
    r"(?:主\s?a|动脉|静脉|脾门|肝门|胰头|食管|隆突|[第\d]组)(?:旁|周围?|下|干|根部)?[^,;。\d]{0,2}$|(?:[小大]弯|幽门[上下]?|贲门[左右旁周]?|肠[旁周]|系膜|胃周|胰周|肝门|血管旁)[^,;。\d]{0,3}$"
)
ALONE_BEFORE = re.compile(r"[,;(]\s?$")
ALONE_AFTER = re.compile(r"\s?(?:\([+-]\))?\s?[,;。)]")
"""Around a fraction that is a clause of its own: ``;18/49;``, ``,1/33(+),``."""
SPECIMEN = re.compile(r"断端|切[缘端]|浆膜|全层|肌层|癌结节|[癌瘤]栓|脉管|神经|核分裂|[腺鳞]癌")
"""Before a fraction that is a clause of its own: a report on a specimen."""
ALL_OF = re.compile(
    r"淋巴结?\s?(?:[(（])?(\d{1,3})(?:枚|个|颗)(?:[)）])?[^;。未\d枚个颗]{0,4}?(?:均|都|全部)?(?:见|查见|可见|有)(?:腺|鳞状细胞|鳞|印戒细胞)?癌?转移"
)
PART_OF = re.compile(
    r"淋巴结?(?:[^,;。\d]{0,8}[(\[](?=共))?(?:共|查见|找到|检出|检得|送检|清扫)*\s?(\d{1,3})\s?(?:枚|个|颗)[,，、(其中]{0,5}(?:(\d{1,2}),?\s?(?:枚|个|颗)[^;。\d未无]{0,6}?(?:转移|阳性|癌)|(?:转移|阳性)(?:淋巴结)?\s?(\d{1,2})\s?(?:枚|个|颗))"
    r"|(\d{1,3})\s?(?:枚|个|颗)淋巴结中?,?(?:其中|有)?(\d{1,2})\s?(?:枚|个|颗)[^;。\d未无]{0,6}?(?:转移|阳性|癌)"
)
