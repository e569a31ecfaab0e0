"""Days without a year that no single rule is sure of: points for what stands on both sides, for their form and for other days near them.

A range (3-5 枚), a fraction of nodes (3/12) and a decimal (3.5) are written alike, so each sign counts a little and only the sum decides.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from nlp.deid.date_forms import UNIT_AFTER

_STRONG_LEFT = re.compile(
    r"(?:化疗|放疗|手术|复查|复诊|入院|出院|随访|下访|门诊|就诊|预约|约定|约于|嘱|近周|术后|末次|首次|末程|首程|上次|下次|第[一二三四五六七八九十\d]{1,2}(?:程|次|周期|疗程|线)|周期|疗程|时间|日期|[于自从]|胸片|"
    r"CT|MRI?|彩超|B超|钼靶|骨扫描|胃镜|肠镜|血常规|生化|PICC|引流管|换药|本院|影像|治疗 |检查|患者|取泵|拔针|置管|昨日|今日|今晨|影像|增强)[:：(（ ]{0,2}$"
)
_LAST_LEFT = re.compile(r"[末首上](?:次|程)(?:化疗|放疗|给药|治疗)?[:： ]?$")
_HANDED = re.compile(
    r"(?:[（(][本外我]院|借出|归还|寄出|取走|签收|收到|发出|到期|截止|登记|打印|采样|送检|接收)[:： ]{0,2}$"
)
"""What is done with things on a day; no measured value follows it."""
_SENTENCE = re.compile(r"(?:^|[\n。；;（(]\s?|\[[^\[\]]{0,4}|[\u4e00-\u9fff][:：]\s?)$")
_BOUNDARY = re.compile(r"(?:^|[\n，,。；;：:（(、→|\[]\s?|\s)$")
_STRONG_RIGHT = re.compile(
    r"\d{1,2}时\d|\s{0,3}(?:初诊|二诊|采血|抽血|复查|复诊|化疗|放疗|入院|出院|手术|行|予|查|血常规|病理|术|拔|换药|穿刺|输血|门诊|急诊|就诊|确诊|外院|电话|随访|发热|开始|起|停|晨|上午|下午|晚|夜|置|拆|转|停药|家属|患者|诉|因|定位|首诊"
    r"|片(?!/)|\d{1,2}[时点]|已回|三次|到|去|来院|介入|床旁|那[次天]|两次|各|[胸腹头盆]部?CT|(?:胸|腹|头颅|盆腔|上腹|全腹)?(?:CT|MR|PET|B超|彩超|超声|胸片|X线)|±)"
    r"|\s?[\u4e00-\u9fffA-Z]{2,10}\s?\d{1,4}(?:\.\d{1,2})?\s?(?:mg|g|ml|u|万)|[\u4e00-\u9fff]{2,12}(?:院|服务站|卫生站|卫生室|门诊部|诊所|中心)|[（(][\u4e00-\u9fff·]{2,12}[，,）)]"
)
_GLUED_RIGHT = re.compile(
    r"(?:CA\d{2,3}|CEA|AFP|PSA|SCC|WBC|Hb|PLT|CT|MR|PET|ECT|B超|彩超|超声|胃镜|肠镜|病理|床旁|胸片|介入|TACE|TUR|ESD|EMR|ERCP|手术|化疗|复查|入院|出院|急诊|骨扫描|血常规|生化|肝功|肾功)"
)
_COUNT_RIGHT = re.compile(r"\s?(?!COI|MIU)[A-Z]{2,4}\d{0,3}[:：]?\s?[<>＜＞]?\d")
"""A laboratory item and its value; no unit is written so."""
_WEAK_RIGHT = re.compile(r"\]|\s?[\u4e00-\u9fff（(]|[:：→]|\s\d")
_SPACED_RIGHT = re.compile(r"\s[\u4e00-\u9fff]{2}")
_END_RIGHT = re.compile(r"[，,。；;、）)\]|]|\s*\n|\s*$|\s{2}")
_VALUE_RIGHT = re.compile(r"\s\d")
_TOLD_RIGHT = re.compile(
    r"(?:[放做取拍查切开打装换拔上出入住转送抽输用]的(?!是)|那[次天])|\s{1,3}d\d{1,2}[，,：: ](?![dD]?\d)"
)
"""Words that tell of a day, or the day of a cycle behind it (1-8 d2，恶心)."""
_ACT_RIGHT = re.compile(
    r"(?:前(?:[来交到做完去打]|$|[，。；)）])|才[到来]|来(?!源|自)|改(?!变|善)|换(?!算)|凌晨|清晨|报到|撤|清运|切检|切除|抽(?!动|搐)|办|交[接来]|自行|脱落|寄|接走|班|页|定位|打的|埋的|置的|那份|女工|签(?!字率)|转入|转出|细针|肠镜|胃镜|影像)"
)
"""What is done on a day and with no range of numbers; a word may stand right before such a day."""
_THIRDS = re.compile(r"[1-4]/[2-4](?!\d)|1/2(?!\d)")
_NAMED_VALUE = re.compile(r"[A-Za-z0-9%+\])）] ?\Z")
_MEASURED = re.compile(
    r"(?:每|约|共|第|各|近|大小|长|径|厚|范围|比|比值|评分|数|值|率|度|压|站|肋|段|[CTLS]|腰|颈|骶)\s?$"
)
_COUNTED = re.compile(r"(?:后|第|每|近|约|共)\s?$")
"""What stands before a number of days (术后3-5日)."""
_NODES = re.compile(
    r"No\.?\d|[Nn]o\d|淋巴|LN|枚|见癌|转移|第?\d站|站淋巴|组|椎|[腰颈胸骶]\d|(?<![A-Za-z])[LCTS]\d{1,2}(?!\d)"
)
_SIGNED_LINE = re.compile(r"(?:^|\n)[^\n]{0,24}?[\u4e00-\u9fff]{2,4}\s{1,4}$")
_LIST = re.compile(r"(?<![\d./A-Za-z-])\d{1,2}([-.])\d{1,2}(?:/\d{1,2}\1\d{1,2}){1,7}(?![\d./-])")
_LISTING = re.compile(r"/(?:(?<=[-.]\d.)|(?<=[-.]\d\d.))\d{1,2}[-.]\d")
"""The slash of such a list; few notes hold one."""
_ITEM = re.compile(r"(\d{1,2})[-.](\d{1,2})")
_REACH = 60
_PADDED = 5
"""Length of a month and a day with two digits each."""
_LISTED = re.compile(r"[、,，和及~至到 ]{1,3}")
_LEAST = {"-": 4, "/": 4, ".": 5}
"""Points from which a pair is a day, by what stands between month and day; a point is also decimal."""


class Pair(NamedTuple):
    """A month and a day with what stands between them."""

    start: int
    end: int
    month: int
    day: int
    mark: str

    @property
    def order(self) -> tuple[int, int]:
        return self.month, self.day


def likely_days(text: str, matches: list[re.Match[str]], known: frozenset[int]) -> frozenset[int]:
    """Start offsets of the month-day pairs of a folded text whose signs add up to a day, and of those listed behind one; ``known`` are the
    starts of days found before."""
    pairs = [p for m in matches if (p := _pair(text, m))]
    doubtful = [p for p in pairs if p.start not in known]
    if not doubtful:
        return known
    starts = [p.start for p in pairs]
    calm = int(any(p.mark == "/" for p in doubtful) and _NODES.search(text) is None)
    found = known | {p.start for p in doubtful if _is_day(text, p, _near(p, pairs, starts), calm * (p.mark == "/"))}
    for first, second in pairwise(pairs):
        if first.start in found and first.mark == second.mark and _LISTED.fullmatch(text, first.end, second.start):
            found |= {second.start}
    return found


def listed_days(text: str) -> Iterator[re.Match[str]]:
    """9-3/9-24/10-15: days in calendar order with slashes between them; one match a day, groups month and day."""
    for row in _LIST.finditer(text) if _LISTING.search(text) else ():
        items = list(_ITEM.finditer(text, row.start(), row.end()))
        order = [(int(m[1]), int(m[2])) for m in items]
        if order == sorted(order) and all(1 <= m <= 12 and 1 <= d <= 31 for m, d in order):
            yield from items


def _pair(text: str, match: re.Match[str]) -> Pair | None:
    month, day = int(match["m"]), int(match["d"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return Pair(match.start("m"), match.end(), month, day, text[match.end("m") : match.start("d")].strip())


def _near(pair: Pair, pairs: list[Pair], starts: list[int]) -> int:
    """How many neighbours of the same form stand in calendar order before and behind (at most 2)."""
    first, last = bisect_left(starts, pair.start - _REACH), bisect_right(starts, pair.end + _REACH)
    same = [p for p in pairs[first:last] if p.mark == pair.mark and p != pair]
    before = any(p.start < pair.start and p.order <= pair.order for p in same)
    behind = any(p.start > pair.start and p.order >= pair.order for p in same)
    return before + behind


def _is_day(text: str, pair: Pair, near: int, calm: int) -> bool:
    """``calm``: one more point where a slash counts no nodes, since the note names none."""
    left, right = text[max(0, pair.start - 10) : pair.start], text[pair.end : pair.end + 24]
    told_of = _TOLD_RIGHT.match(right)
    if (UNIT_AFTER.match(right) and not told_of) or _excluded(text, pair, left, near):
        return False
    if told_of or (_HANDED.search(left) and _END_RIGHT.match(right)):
        return True
    if pair.mark != "." and _END_RIGHT.match(right) and _signed(text, pair):
        return True
    points = (
        _left_points(left, pair.mark) + _right_points(left, right, pair.mark) + _form_points(text, pair, left, right)
    )
    told = _STRONG_RIGHT.match(right) or _WEAK_RIGHT.match(right) or _COUNT_RIGHT.match(right)
    return points + (calm if told else -calm) + (near + 1 if near else 0) >= _LEAST[pair.mark]


def _excluded(text: str, pair: Pair, left: str, near: int) -> bool:
    """A named value before, a count of nodes or a part around, or nothing that opens a date."""
    if text[pair.end - 1] == "日" and _COUNTED.search(left):
        return True
    if not (_STRONG_LEFT.search(left) or _HANDED.search(left) or _BOUNDARY.search(left)):
        return pair.mark == "." or left[-1:] < "\u3400" or not _ACT_RIGHT.match(text, pair.end)
    if _NAMED_VALUE.search(left) and not _STRONG_LEFT.search(left):
        return True
    if _MEASURED.search(left.rstrip("：: ")) and near < 2 and not _STRONG_LEFT.search(left):
        return True
    if pair.mark != "/":
        return left.endswith("|") and pair.mark == "."
    line = slice(text.rfind("\n", 0, pair.start) + 1, pair.end + 20)
    nodes = _NODES.search(text, max(line.start, pair.start - 60), line.stop) is not None
    return nodes or (_THIRDS.match(text, pair.start) is not None and not _STRONG_RIGHT.match(text, pair.end))


def _left_points(left: str, mark: str) -> int:
    if mark != "." and _LAST_LEFT.search(left):
        return 3
    if _STRONG_LEFT.search(left) or _SENTENCE.search(left):
        return 2
    loose = left.endswith(" ") and left.strip()[-1:] > "\u3400"
    return 0 if mark == "." and loose else 1


def _right_points(left: str, right: str, mark: str) -> int:
    if (_GLUED_RIGHT if mark == "." else _COUNT_RIGHT).match(right):
        return 3
    if _ACT_RIGHT.match(right):
        return 2 if mark == "." else 3
    if _STRONG_RIGHT.match(right) or (mark != "." and _SENTENCE.search(left) and _SPACED_RIGHT.match(right)):
        return 2
    if _WEAK_RIGHT.match(right):
        return 1
    return int(mark != "." and _END_RIGHT.match(right) is not None)


def _form_points(text: str, pair: Pair, left: str, right: str) -> int:
    """Days above 12 and zeros in front are dates rather than ranges, neighbouring numbers ranges rather than dates."""
    if text[pair.start] == "0" and pair.end - pair.start == _PADDED:
        return 2
    if pair.day > 12 or text[pair.start] == "0":
        return 1
    like_a_range = pair.mark == "-" and pair.day == pair.month + 1
    return -int(like_a_range and not (_VALUE_RIGHT.match(right) or _STRONG_LEFT.search(left)))


def _signed(text: str, pair: Pair) -> bool:
    """A line that ends in a name and a day."""
    line = text.rfind("\n", 0, pair.start)
    return _SIGNED_LINE.search(text[max(line, pair.start - 32, 0) : pair.start]) is not None
