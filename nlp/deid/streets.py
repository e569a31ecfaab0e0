"""Streets with a number, villages, estates and bare homes: anchored at an ending or a word of residence, the name read from there."""

from __future__ import annotations

import re

from nlp.deid import address_forms as forms
from nlp.deid.lexicon import county_shorts, place_names, words
from nlp.deid.model import Candidate
from nlp.deid.ordinary import explained, ordinary
from nlp.deid.scan import Hit

_CHINESE = re.compile(r"[〇\u3400-\u9fff]")
_NO_SPOT = re.compile(
    r"[患病我他她你们院科术后前时月日年周天次者家人员婿]|陪护|夜间|护士|医生|告知|[小老][王李张刘陈杨赵黄周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓冯]|退休|职工|下岗|工$|^[的了是有无不未]|[的了着过]$"
)
_SPOT_ENDING = re.compile(r"(?:家属[院区]|移民[点村]|区[〇一二三四五六七八九十]队)$")
_NEVER_TOWN = re.compile(r"[城乡集村市]镇|[城同老下故异水家]乡|农村|住院")
_RIGHT_OF_TOWN = re.compile(r"[，,。；;、）)|^\s:：\"“”/]|$|第?\d")
_MARK = re.compile(r"[\s，,。；;：:、（(|]")
_SURE_ENDING = ("镇", "乡", "村", "街道", "屯", "大队", "生产队", "社区", "居委会", "村委会", "苏木", "嘎查")


def find(text: str, blocked: set[int], acts: list[Hit]) -> list[Candidate]:
    """Candidates for what lies below a division: streets, villages, rooms, homes; ``acts`` are the hits of that list."""
    found = _streets(text) + _towns(text, blocked) + _homes(text, blocked) + _told(text) + _spots(text, blocked, acts)
    return [_with_house(text, c) for c in found] + _rooms(text, blocked) + _houses(text) + _landmarks(text)


def name_start(text: str, end: int, longest: int) -> tuple[int, bool]:
    """Where the name that ends at ``end`` begins, and whether a mark, the start of the text or an opener stands before it."""
    low = end
    while low > max(0, end - longest - 1) and _CHINESE.match(text[low - 1]):
        low -= 1
    start, opened = low, end - low <= longest
    for match in forms.opener().finditer(text, low, end):
        if match.end() < end:
            start, opened = match.end(), True
    return start, opened


def _streets(text: str) -> list[Candidate]:
    out = []
    for match in forms.street().finditer(text):
        start, _ = name_start(text, match.start(), 6)
        start -= text[start - 1 : start] in ("经", "纬") and text[start] in forms.NUMERAL
        if start < match.start() and not _false(text, start, match.end()):
            end = _with_estate(text, match.end())
            out.append(Candidate(start, end, "ADDRESS", "place.street", "street suffix", 47))
    return out


def _with_estate(text: str, end: int) -> int:
    """Behind a house number: the end of an estate's name."""
    found = forms.estate().match(text, end) if text[end - 1] == "号" else None
    if (
        found
        and not found["name"].startswith(words("places.tsv")["after_number"])
        and not forms.body().search(found["name"])
    ):
        return found.end()
    return end


def _rooms(text: str, blocked: set[int]) -> list[Candidate]:
    return [
        Candidate(m.start(), m.end(), "ADDRESS", "place.room", "room", 47)
        for m in forms.room().finditer(text)
        if m.start() not in blocked
    ]


def _towns(text: str, blocked: set[int]) -> list[Candidate]:
    """Towns, villages and groups by their ending, whatever follows: 到下白石镇孙家洼6组, 大榆树屯."""
    out: list[Candidate] = []
    for match in (*forms.town().finditer(text), *forms.group().finditer(text)):
        if out and match.start() < out[-1].end and match.start() >= out[-1].start:
            continue
        start, opened = name_start(text, match.start(), 5)
        whole = text[start : match.end()]
        if not opened or start == match.start() or start in blocked or not _is_town(text, start, match):
            continue
        tail = forms.tail().match(text, match.end())
        end = tail.end() if tail and not _false(text, match.end(), tail.end()) else match.end()
        if not _false(text, start, end) and not forms.body().search(whole):
            out.append(Candidate(start, end, "ADDRESS", "place.village", "ending", 47))
    return out


def _is_town(text: str, start: int, match: re.Match[str]) -> bool:
    """Is what stands before the ending a name, and no piece of a word or of a sentence?"""
    name, whole = text[start : match.start()], text[start : match.end()]
    clear = _RIGHT_OF_TOWN.match(text, match.end()) is not None
    marked = clear and len(name) >= 2 and _MARK.match(text[start - 1 : start] or " ") is not None
    if (
        ((explained(whole) or explained(name)) and not marked)
        or whole in words("places.tsv")["bare"]
        or _NEVER_TOWN.search(whole)
    ):
        return False
    if name in ("本", "外", "全", "某", "我", "该", "同", "邻", "农", "老", "各", "一", "两", "三", "几", "小", "大"):
        return False
    if match.group() in ("镇", "乡") and text[match.start() : match.start() + 2] in county_shorts():
        return False  # 患者系镇雄县 names no town
    sure = match.group().startswith(_SURE_ENDING) and len(name) >= 2
    return clear or sure or match.group()[-1] in "组队社"


def _homes(text: str, blocked: set[int]) -> list[Candidate]:
    out = []
    generic = words("keep.tsv")["generic"]
    for pattern in (forms.home(), forms.bare_home()):
        for match in pattern.finditer(text):
            start, end = match.span("name")
            name = match["name"]
            if (
                name in generic
                or name in words("places.tsv")["bare"]
                or (start in blocked and name[2:3] not in ("镇", "乡", "村"))
                or name in ordinary()
                or explained(name)
                or _false(text, start, end)
                or forms.body().search(name)
            ):
                continue
            out.append(Candidate(start, end, "ADDRESS", "place.village", "home", 47))
    return out


def _told(text: str) -> list[Candidate]:
    """Homes by what is done there: a division, or a name that no ordinary word explains."""
    known = (place_names(), county_shorts())
    spans = (m.span(m.lastindex or 0) for m in forms.told().finditer(text))
    return [
        Candidate(start, end, "ADDRESS", "place.told", "verb", 46)
        for start, end in spans
        if any(text[start:end] in names for names in known) or _is_home(text[start:end])
    ]


def _is_home(name: str) -> bool:
    """A settlement by its name; what ends like a hamlet may hold what no bare name does (后李庄子, 高家寨, 燕儿窝)."""
    bare = name in words("places.tsv")["bare"] or explained(name)
    hamlet = len(name) >= 3 and name.endswith(tuple(words("places.tsv")["hamlet"] + words("places.tsv")["village"]))
    return not bare and (_is_spot(name) or (hamlet and not forms.body().search(name[:-1])))


def _spots(text: str, blocked: set[int], acts: list[Hit]) -> list[Candidate]:
    """Settlements that no division list knows: 八五三农场四分场, 由响水送来, 系双河桥头人."""
    found = [span for h in acts if h.kind == "spot_after" and (span := _told_spot(text, h.start))]
    ends = [(h.start, h.end) for h in acts if h.kind == "spot"] + [m.span() for m in forms.spot_unit().finditer(text)]
    for at, end in ends:
        start, opened = name_start(text, at, 7)
        if opened and end - start >= 3 and forms.spot_end().match(text, end):
            found.append((start, end))
    return [
        Candidate(start, end, "ADDRESS", "place.spot", "settlement", 46)
        for start, end in found
        if start not in blocked and _is_spot(text[start:end])
    ]


def _told_spot(text: str, end: int) -> tuple[int, int] | None:
    """The shortest name before a word of settlements that has a word of residence or a mark before it."""
    end = end - 1 if text[end - 1 : end] == " " else end
    if not _CHINESE.match(text, end - 1):
        return None
    for start in range(end - 2, max(-1, end - 11), -1):
        if not _CHINESE.match(text, start):
            return None
        if forms.spot_before().search(text, max(0, start - 6), start):
            return start, end
    return None


def _is_spot(name: str) -> bool:
    bare = (
        name in words("places.tsv")["bare"]
        or name in words("keep.tsv")["generic"]
        or name in words("places.tsv")["spot"]
    )
    core = _SPOT_ENDING.sub("", name.replace("管理", ""))
    return not bare and not explained(name) and not forms.body().search(core) and not _NO_SPOT.search(core)


def _with_house(text: str, found: Candidate) -> Candidate:
    """An address with the house behind it (锦绣半岛二楼西门)."""
    match = forms.house().match(text, found.end + text.startswith(" ", found.end))
    return found._replace(end=match.end()) if match else found


def _houses(text: str) -> list[Candidate]:
    """住7号楼中单元三楼东户: a house behind a word of residence."""
    out = []
    for opening in forms.at_home().finditer(text):
        match = forms.house().match(text, opening.end())
        if match:
            out.append(Candidate(match.start(), match.end(), "ADDRESS", "place.house", "home", 47))
    return out


def _landmarks(text: str) -> list[Candidate]:
    return [
        Candidate(*m.span(m.lastgroup or 0), "ADDRESS", "place.landmark", "beside", 46)
        for m in forms.landmark().finditer(text)
    ]


def _false(text: str, start: int, end: int) -> bool:
    return forms.false_tail().match(text[start:end]) is not None and "新农村" not in text[start:end]
