"""Days without a year that stand in a row: 血象：6-1WBC2.0，6-14WBC8.2 or 3.5入院，3.9手术. One alone may be a range or a value; a row in order is not."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from nlp.deid.date_forms import UNIT_AFTER

_STOP = re.compile(r"\n\s*\n|。[^。]{30}")
_LEFT = re.compile(r"(?:[，,、:：。;；(（\s|→>~～\[]|^|[\u4e00-\u9fff])$")
_LEFT_WORD = re.compile(
    r"(?:[于自至到从在及和与示查行予日号期月拟]|其后|此后|随后|之后|后续|复查|入院|出院|术后|化疗|血象|血常规|先后|分别|曾|因|其中|随访|动态|变化|监测|结果|记录|化疗|放疗|手术|体温|引流|输血|肌酐|末次|预约|日期|时间|拟于|白细胞|血小板|血红蛋白|尿酸|转氨酶|胆红素|CEA|病程|灌注|换药|拆线|拔管)$"
)
_VALUE_LEFT = re.compile(
    r"(?:每|约|共|第|各|近|大小|长|径|直径|厚|范围|比|比值|评分|分|量|级|型|淋巴结|清扫|LN|站|肋|段|区|数|值|率|度|压|温|血糖)[:： ]?$"
)
_RIGHT = re.compile(
    r"\s?(?:[A-Za-z][A-Za-z\d]|[\u4e00-\u9fff(（]|[:：]\s?[A-Z\u4e00-\u9fff]|[、，,和及至到~)）；;|→\]]|\s?[TPRW]\d|[:：]\s?\d|\s\d{1,4}(?:\.\d)?(?![\d/\-.])|\s|$)"
)
_EVENT = re.compile(
    r"\s?(?:[A-Za-z]{2,}|[TPRW]\d|[)）~；;，,|→\]:：]|\s\d|\s?$|起|止|未|接|悬|红|静滴|静点|灌|按|均|续|拟|约|预|白|血|查|复|行|予|给|入|出|术|手术|化疗|放疗|于|在|我院|外院|在|开始|起|始|起|因|胸|腹|头|盆|彩超|超声|B超|病理|肝|肺|骨|再|转|门诊|住|确诊|诊断|返|停|做|接受|完善|上|下|晚|晨|号|电话|随访|发热|出现|突|感|无|口服|第|三次|两次|四次|及|和|、|至|到|又|来|取|拔|置|穿刺|镜|CT|输|注|换|拆|死|体温|尿|便|生化|肿瘤|癌|CEA|中性|就|回|离|复诊|预约|因|[低高中]热|声嘶|咳|呕|恶心|腹[痛胀泻]|胸[痛闷]|头[痛晕]|乏力|便血|黑便|水肿|皮疹|抽搐|昏|气[促短]|心悸|血尿|便秘|纳差|黄疸|麻木|疼)"
)
_MEASURED = re.compile(r"(?:[A-Z]{2,4}\d{0,3}|[TPRW]?\d{1,3}(?:\.\d{1,2})?[A-Za-z℃%]{0,3}) $|\d:\d\d {1,4}$")
_CYCLE_LEFT = re.compile(r"(?:^|[\s，,。；;、|])[CcWwDdN]\d{1,2} $")
"""The number of a cycle, a week or a day of treatment (W3 5.20:30Gy)."""
_RESPECTIVELY = re.compile(r"\s?(?:分别|依次|各)(?:为|是|示|报)?[:： ]{0,2}$")
_NEXT_VALUE = re.compile(r"\s?[、,，/]\s?$")
_LOOSE = re.compile(r"\s?\d|\s?$|[:：]\s?\d")
_NODES = re.compile(r"No\.?\d|[Nn]o\d|第\d|\d组|组\s?\d|淋巴|LN|枚|见癌|转移\(|站")
_LAB_LEFT = re.compile(
    r"(?:白细胞|中性粒细?胞?|血小板|血红蛋白|尿酸|转氨酶|胆红素|肌酐|白蛋白|血钾|血钙|血钠|[钾钠钙镁]|CEA|CA\d{2,3}|AFP|PSA)[:：]?\s?$"
)
_WINDOW = 90


_TAUGHT = 2
"""So many days without a year written with one separator teach that others of the note are days too."""
_TAUGHT_LEFT = re.compile(r"(?:^|[\n\s，,。；;：:（(、|]|[于自从在至到是及和与予拟定约期日晨午院疗术查访诊])\s?$")
_TAUGHT_RIGHT = re.compile(r"\s?(?:[\u4e00-\u9fff（(]|[，,。；;、）)]|\n|$|[A-Z]{2})")
_TAUGHT_EVENT = re.compile(r"化疗|手术|复查|复诊|入院|出院|随访|放疗|门诊|就诊|术后|预约|末次|上次|下次")


def taught(text: str, matches: list[re.Match[str]], known: list[tuple[int, int]]) -> frozenset[int]:
    """Start offsets of month-day pairs written like days found elsewhere in the note; ``known`` are the (start, end) of those.

    Two days with one separator teach it. A point is also decimal, so there an event must be named right before.
    """
    marks = Counter(mark for start, end in known for mark in "-/." if mark in text[start:end])
    found = set()
    for match in matches if marks else ():
        mark = text[match.end("m") : match.start("d")].strip()
        if marks[mark] >= _TAUGHT and _like_a_day(text, match, mark):
            found.add(match.start("m"))
    return frozenset(found)


def _like_a_day(text: str, match: re.Match[str], mark: str) -> bool:
    start, end = match.start("m"), match.end()
    left = text[max(0, start - 6) : start]
    if not (1 <= int(match["m"]) <= 12 and 1 <= int(match["d"]) <= 31 and _TAUGHT_LEFT.search(left)):
        return False
    if _VALUE_LEFT.search(left) or UNIT_AFTER.match(text, end, end + 8) or not _TAUGHT_RIGHT.match(text, end):
        return False
    if left.endswith(" ") and left.rstrip()[-1:].isascii() and left.rstrip()[-1:].isalnum():
        return False
    around = slice(max(0, start - 20), end + 8)
    if mark == "/" and _NODES.search(text, around.start, around.stop):
        return False
    return mark != "." or _TAUGHT_EVENT.search(text, max(0, start - 10), start) is not None


def series(text: str, matches: list[re.Match[str]]) -> frozenset[int]:
    """Start offsets of the month-day pairs that belong to a row: two or more of one separator in one sentence, calendar order,
    each with a boundary before and an event, laboratory value or connective behind it."""
    rows: list[list[tuple[int, int, int, int, str]]] = []
    open_rows: dict[str, list[tuple[int, int, int, int, str]]] = {}
    values = -1
    for match in matches:
        if _is_value(text, values, match.start("m"), open_rows):
            values = match.end()
            continue
        item = _item(text, match)
        if item is None:
            continue
        row = open_rows.get(item[4])
        if row and item[0] - row[-1][1] <= _WINDOW and not _STOP.search(text, row[-1][1], item[0]):
            row.append(item)
        else:
            open_rows[item[4]] = [item]
            rows.append(open_rows[item[4]])
    return frozenset(i[0] for row in rows if _is_row(text, row) for i in row)


def _is_value(text: str, values: int, start: int, rows: dict[str, list[tuple[int, int, int, int, str]]]) -> bool:
    """Is a pair a measured value? Behind a row of days, 分别 opens a list of values (2.17、3.26分别2.8、3.6)."""
    if values >= 0 and _NEXT_VALUE.fullmatch(text, values, start):
        return True
    ends = [row[-1][1] for row in rows.values()]
    return any(0 <= start - end <= 6 and _RESPECTIVELY.fullmatch(text, end, start) for end in ends)


def _item(text: str, match: re.Match[str]) -> tuple[int, int, int, int, str] | None:
    """(start, end, month, day, separator) of a pair whose surroundings fit, or None."""
    start, end = match.start("m"), match.end()
    month, day = int(match["m"]), int(match["d"])
    separator = text[match.end("m") : match.start("d")].strip()
    left, right = text[max(0, start - 6) : start], text[end : end + 6]
    if (
        not (1 <= month <= 12 and 1 <= day <= 31)
        or not _LEFT.search(left)
        or _VALUE_LEFT.search(left)
        or not _RIGHT.match(right)
    ):
        return None
    if left[-1:] and "\u4e00" <= left[-1] <= "\u9fff" and not _LEFT_WORD.search(left):
        return None
    if (
        left.endswith(" ")
        and left.rstrip()[-1:].isascii()
        and left.rstrip()[-1:].isalnum()
        and (separator == "." or not _MEASURED.search(left))
        and not _CYCLE_LEFT.search(left)
    ):
        return None
    if separator == "." and _LAB_LEFT.search(text[max(0, start - 8) : start]):
        return None
    if UNIT_AFTER.match(right) or (
        separator == "." and left.endswith((":", "：")) and not _LEFT_WORD.search(left[:-1])
    ):
        return None
    return start, end, month, day, separator


def _is_row(text: str, row: list[tuple[int, int, int, int, str]]) -> bool:
    if len(row) < 2:
        return False
    if row[0][4] == "/" and _NODES.search(text, max(0, row[0][0] - 20), row[-1][1] + 8):
        return False
    order = [(m, d) for _, _, m, d, _ in row]
    turns = sum(later < earlier for earlier, later in pairwise(order))
    events = sum(bool(_EVENT.match(text, i[1])) for i in row)
    if all(_LOOSE.match(text, i[1]) for i in row) and (
        row[0][4] == "." or (len(row) < 3 and (turns or (order[0][0] != order[1][0] and row[0][4] == "-")))
    ):
        return False
    return turns <= 1 and events * 2 >= len(row)
