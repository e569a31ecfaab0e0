"""How sizes are written: 3.2×2.1cm, 32mm*21mm, 直径约2厘米, 2.0CM×1.5, 4*3*2CM, 2~9mm.

Written on the folded surface (lower case, half width, x for ×).
"""

from __future__ import annotations

import re

_NUM = r"\d{1,3}(?:\.\d{1,2})?"
_UNIT = r"(?:cm3|cm2|cm(?!h2o|/s|[0-2xo](?![\d.x*×]))|mm(?!hg|ol)|㎝|㎜|c\.m|公分|厘米|毫米|m(?=[x*×]))"
_TIMES = r"\s*[x*×X✕ⅹ]{1,4}\s*"
LEAD = re.compile(
    r"(?:最[大长厚]?[^,;。\d]{0,6}|[长短]?径|直径|大小|体积|面积|截面积?|约|为|不足|小于|大于|<|>|≤|≥)*\s*$"
)
_REST = r"\d{0,2}(?:\.\d{1,2})?"
SIZE = re.compile(
    rf"\d(?<![\d.]\d)(?:{_REST}\s*{_UNIT}?\uFFFD?{_TIMES}(?:{_NUM}\s*{_UNIT}?\uFFFD?{_TIMES})?\uFFFD?{_NUM}(?:\s*{_UNIT})?"
    rf"|(?:{_REST}\s*{_UNIT}?\s*[~-]\s*{_NUM}|{_REST}\+?)\s*{_UNIT})"
)
"""The first digit stands before the look-behind: a search then skips from digit to digit."""
NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,2})?")
UNIT = re.compile(r"cm|mm|㎝|㎜|公分|厘米|毫米")
MILLIMETRE = ("mm", "㎜", "毫米")
NO_LESION = re.compile(
    r"(?:距|[据至](?=肛|门齿|齿状线)|外[扩放]|下缘|上缘|切缘|两端|双端|深|宽|肛缘|门齿|齿状线|伤口|切口|瘢痕|身高|进[镜境]|疤|斜切|纵切|肋间切)(?:(?!触及|扪及|可及|见)[^,;。]){0,8}$"
)
"""Words before a length that is a distance, a depth, a scar or the measure of a whole liver or spleen (肋上斜切) rather than a lesion's size."""
PLACE_AFTER = re.compile(r"\s?处(?![理置])")
"""Behind one length: how far away the place is (``距幽门约8cm处``)."""
SHORT_AXIS = re.compile(r"短径|短轴")
