"""Hospitals, schools and employers by their ending, by a place before an ending, and by well-known short names."""

from __future__ import annotations

import re
from functools import cache

from nlp.deid import address_forms as forms
from nlp.deid.lexicon import words
from nlp.deid.model import Candidate
from nlp.deid.ordinary import any_of, explained, familiar
from nlp.deid.rare import Rare, rare
from nlp.deid.scan import Hit, is_cut

_CJ = "〇\u3400-\u9fff"
_NOT_NAME = re.compile(rf"[^{_CJ}A-Za-z0-9()（）·]|\d{{4,}}(?=[{_CJ}])|简称")
_BRANCH = re.compile(
    r"(?:[（(][\u3400-\u9fff]{2,8}(?:院区|分院|医院|院|卫生中心|医疗中心|防治中心)[)）]|(?<=[房店])[\u3400-\u9fff]{2,5}店|(?<=[学院])附属[\u3400-\u9fff]{2,4}(?:医院|东院|西院|南院|北院|分院|总院)|[\u3400-\u9fff]{2,4}(?:院区|分院)|东院|西院|南院|北院|总院|本部)"
)
_NOT_BRANCH = re.compile(r"[（(]?(?:我|本|外|入|出|住)")
_SHORT_TAIL = re.compile(
    r"\s?(?:肿瘤|附属|康复)?医院|(?:肿瘤|康复|口腔)(?=[，,。；;）)\s\d专会行做就住]|$)|[东西南北](?=[，,。；;）)\s光旧病C\d]|$)|(?:东|西|南|北)院区?|堂(?:大?药[房店])?"
)
_NAME_OPENER = re.compile(r"(?:[在于至到转从去与由经请送系年月日号\d。，,；;:：、\s|（(]|^)$")
_DAY = re.compile(r"\d{1,2}(?<=\d[./-]\d)(?=[\u3400-\u9fff])|\d\d(?<=\d[./-]\d\d)(?=[\u3400-\u9fff])")
"""The last part of a date that touches a name (2020.8濛江总医院)."""
_LONGEST_CORE = 26


def _of(kind: str) -> str:
    return any_of("institutions.tsv", kind)


def find(text: str, hits: list[Hit], places: list[Hit]) -> list[Candidate]:
    """Candidates from all hits of the place list; ``places`` are its divisions without overlaps."""
    suffixes = {h.end: h for h in sorted(hits, reverse=True) if h.kind.startswith("suffix")}
    out = _workplaces(text) + _place_works(text, places) + _institutions(text, suffixes, places)
    out += _laboratories(text)
    out += [c for h in hits if h.kind in ("lab", "firm") for c in _known_company(text, h)]
    return out + [c for h in hits if h.kind == "short" for c in _short(text, h)]


# -- by their ending ---------------------------------------------------------------------------------------
@cache
def _single_opener() -> re.Pattern[str]:
    return re.compile(_of("single_opener"))


@cache
def _sheltered() -> re.Pattern[str]:
    """Words of names that hold a preposition's or a verb's character (回族自治县)."""
    return re.compile(
        r"(?:回族|满族|自治|老年|百年|青年|少年|明月|来凤|来宾|到家|同济|同仁|行知|先锋|前进|前锋|至本(?=(?![省市县区州地院科人])[\u3400-\u9fff]{0,3}$))"
    )


@cache
def _strong_opener() -> re.Pattern[str]:
    return re.compile(_of("strong_opener"))


@cache
def _generic() -> re.Pattern[str]:
    return re.compile(rf"(?:{_of('generic_core')}|[A-Za-z])*")


@cache
def _not_after() -> re.Pattern[str]:
    return re.compile(_of("not_after"))


@cache
def _not_after_school() -> re.Pattern[str]:
    return re.compile(_of("not_after_school"))


@cache
def _own_org() -> re.Pattern[str]:
    return re.compile(_of("own_org"))


def _institutions(text: str, suffixes: dict[int, Hit], places: list[Hit]) -> list[Candidate]:
    out, covered = [], -1
    for end in sorted(suffixes, reverse=True):
        hit = suffixes[end]
        if covered != -1 and hit.start >= covered:
            continue
        found = _institution(text, hit, places)
        if found:
            out.append(found)
            covered = found.start
    return out


def _institution(text: str, hit: Hit, places: list[Hit]) -> Candidate | None:
    if _not_after().match(text, hit.end) or is_cut(text, hit):
        return None
    low = max(0, hit.start - _LONGEST_CORE)
    low = max([m.end() for m in _NOT_NAME.finditer(text, low, hit.start)], default=low)
    low = _behind_bracket(text, low, hit.start)
    anchor = next((p for p in places if low <= p.start < hit.start), None)
    start = _after_openers(text, low, hit.start)
    start = day.end() if (day := _DAY.match(text, start, hit.start)) else start
    if anchor is not None:
        start = _from_place(text, anchor, start, hit)
        anchor = anchor if start <= anchor.start else None
    core = text[start : hit.start]
    if anchor is None and not _names_one(text, core, hit):
        return None
    label = "HOSPITAL" if hit.kind == "suffix_hospital" else "ORG"
    priority = 57 if anchor is not None else 52
    return Candidate(start, _branch_end(text, hit.end), label, "institution.suffix", hit.word, priority)


def _from_place(text: str, place: Hit, start: int, hit: Hit) -> int:
    """A name begins at its place, unless a preposition between the place and the ending begins it anew (卫东在沧州炼油厂)."""
    anew = [m.end() for m in _strong_opener().finditer(text, place.end, hit.start) if m.end() < hit.start - 1]
    if anew and anew[-1] == start:
        return start
    branch = text[start : place.start].endswith(("附属", "大学", "学院"))
    return start if branch or 0 <= place.start - start <= 4 else place.start


def _names_one(text: str, core: str, hit: Hit) -> bool:
    """Does a core without a place name one institution, and not a kind of them?"""
    if _generic().fullmatch(core) or len(core) > 14:
        return False
    if hit.kind != "suffix_org":
        return True
    return len(core) >= 2 and not _not_after_school().match(text, hit.end) and _own_org().search(hit.word) is not None


def _behind_bracket(text: str, low: int, high: int) -> int:
    """Behind the last opening bracket that is not closed before ``high``: 外院（惠民医院 begins at 惠."""
    for at in range(high - 1, low - 1, -1):
        if text[at] in ")）":
            return low
        if text[at] in "(（":
            return at + 1
    return low


def _after_openers(text: str, low: int, high: int) -> int:
    """Start of a name that ends before ``high``: behind the last word that cannot belong to it."""
    start = low
    shelter = {i for m in _sheltered().finditer(text, low, high) for i in range(m.start(), m.end())}
    for match in _single_opener().finditer(text, low, high):
        if match.start() in shelter:
            continue
        last = match.end() == high and len(match.group()) == 1 and match.start() > start and match.group() in "来后前经"
        if not last:
            start = match.end()
    return start


def _branch_end(text: str, end: int) -> int:
    tail = _BRANCH.match(text, end)
    return tail.end() if tail and not _NOT_BRANCH.match(tail.group()) else end


# -- by their work -----------------------------------------------------------------------------------------
@cache
def _workplace() -> Rare:
    return rare(
        rf"(?:{_of('work_before')})(?P<name>[{_CJ}A-Za-z0-9]{{2,16}}?(?:{_of('work_end')})|{_of('bare_org')})(?={_of('work_after')})"
    )


@cache
def _bracketed() -> Rare:
    slot = r"（|\(|\||单位[:： ]{0,2}|部别[:： ]{0,2}|部职别[:： ]{0,2}|就职于?|供职于?|任职于?|现役，|团部|联系人"
    right = rf"[）)，。；\s|]|$|组织[）)]|[{_CJ}]{{1,3}}(?:干事|总[。，]|科长)"
    return rare(rf"(?:{slot})(?P<name>[{_CJ}]{{2,10}}?(?:{_of('bracketed')})|{_of('bare_org')})(?={right})")


@cache
def _place_work() -> re.Pattern[str]:
    return re.compile(rf"[{_CJ}]{{1,8}}?(?:{_of('place_work')})(?![部限灶麻])")


@cache
def _schooled() -> Rare:
    """读濛江侨中, 曾任濛江民中校长: schools by the short form of their kind between the words of school."""
    right = r"[，,。；;、）)]|$|校长|教师|老师|教导|毕业|读|初[一二三]|高[一二三]|[一二三四五六]年级"
    numbered = rf"(?<=[系为在于读])(?P<numbered>[{_CJ}]{{2,4}}[一二三四五六七八九十][中小])(?=退休|教师|老师|任教|读|上学|毕业|校)"
    return rare(
        rf"{numbered}|[读任业于教在（(](?<!主.)(?P<name>[{_CJ}]{{2,6}}?(?:{_of('school_sort')})[中小])(?={right})"
    )


def _workplaces(text: str) -> list[Candidate]:
    """在沈阳机床厂务工: what people work at."""
    generic = words("keep.tsv")["generic"]
    found = [
        (*m.span(m.lastgroup if m.lastgroup in ("numbered", "sure") else "name"), m.lastgroup == "sure")
        for p in (_workplace(), _bracketed(), _schooled(), _level_org(), _factory(), _agency())
        for m in p.finditer(text)
    ]
    return [
        Candidate(s, e, "ORG", "institution.work", "work", 53)
        for s, e, sure in found
        if sure or (text[s:e] not in generic and (text[e - 1] == "厂" or not forms.body().search(text, s, e)))
    ]


_WORK_LEFT = "系为在由是于知往到送向与"
"""Last characters of what stands right before such a body; with the marks of ``_MARKS``."""
_MARKS = r"，,。；;：:、\s|（("


@cache
def _work_right() -> str:
    return rf"(?=[，,。；;、）)\s|]|$|(?:19|20)\d\d|先垫|垫付|担保|报销|门口|附近|{_of('work_after')}|职员|退休|{_of('level_after')})"


@cache
def _level_org() -> Rare:
    """县林业局, 市职业技术学院, 省地质勘探三队: bodies known by level and field, between marks or the words of work."""
    left = rf"(?:(?<=^.)|(?<=[{_MARKS}{_WORK_LEFT}].)|(?<=(?:就读|单位|职业|任职|就职).))"
    ending = rf"(?:{_of('level_ending')}|[一二三四五六七八九]队)"
    sure = rf"[省市县区州旗](?:{_of('level_sure')})"
    return rare(
        rf"(?P<sure>{sure})|(?P<name>[省市县区州旗乡镇]{left}(?:{_of('level_field')}){{1,2}}(?:{ending}){{1,2}}){_work_right()}"
    )


@cache
def _factory() -> Rare:
    """化工三厂, 江东二厂 between the same."""
    left = rf"(?:^|[{_MARKS}{_WORK_LEFT}]|就读|单位|职业|任职|就职)"
    return rare(rf"{left}(?P<name>[{_CJ}]{{2}}[一二三四五六七八九]厂){_work_right()}")


@cache
def _agency() -> Rare:
    """大病救助办公室, 水滴筹平台: funds and platforms known by what they are for."""
    return rare(
        rf"(?P<name>(?:{_of('agency_field')})(?:管理|服务|经办|结算|筹款|申请|项目){{0,2}}(?:{_of('agency_ending')}))"
    )


def _place_works(text: str, places: list[Hit]) -> list[Candidate]:
    """郑州铁路局, 义乌市邮政局: a place followed by an employer's ending."""
    out = []
    for place in places:
        match = _place_work().match(text, place.end)
        if match and not _strong_opener().search(text, place.end, match.end() - 1):
            out.append(Candidate(place.start, match.end(), "ORG", "institution.place", match.group()[-1], 49))
    return out


@cache
def _company_sides() -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    """What must stand before a known company, and what behind it, by kind of company; the tail of its name is part of the match."""
    branch = r"(?:[一二三四五六七八九十]{1,3}(?:局|公司|建|处)){0,2}(?:电工|易购|集团|公司|管道公司|管道局)?"
    worked = rf"{branch}(?={_of('work_after')}|[{_CJ}]{{0,4}}(?:工|员|师)(?![{_CJ}])|[，,。;；、）)\s|]|$)"
    tested = rf"(?:医学|基因|检验|诊断|生物|病理){{0,3}}(?:中心|公司|所)?(?={_of('lab_after')}|[，,。;；、）)\s(（]|$)"
    tested += rf"|(?={_of('lab_after')})"
    return {
        "firm": (re.compile(rf"(?:{_of('firm_before')})\s?$"), re.compile(worked)),
        "lab": (re.compile(r""), re.compile(tested)),
    }


_TESTED = re.compile(r"[镜水上下液片查送本院术前后样性检血肿癌瘤的]")
"""Characters of what is examined, not of who examines it (胃镜诊断)."""


_LAB = rare(r"(?:基因|诊断|生物|检验|医学)(?=[:：）)，,；;。|]|\s|$|报告|检测|送检|回报|回复|结果|CRC)")
_LAB_LEFT = re.compile(r"(?:[，,。；;、：:（(\s|]|^|实验室|公司|[送由经等寄待交至])$")


def _laboratories(text: str) -> list[Candidate]:
    """4、思源基因：HER2, 实验室泛城基因: two or three unexplained characters before what a laboratory does."""
    found = ((start, m.end()) for m in _LAB.finditer(text) if (start := _lab_start(text, m.start())) is not None)
    return [
        Candidate(start, end, "ORG", "institution.lab", text[end - 2 : end], 50)
        for start, end in found
        if not _TESTED.search(core := text[start : end - 2])
        and text[end - 3 : end] != "新生物"
        and not explained(core)
        and not familiar(core)
        and core not in words("keep.tsv")["term"]
    ]


def _lab_start(text: str, end: int) -> int | None:
    for start in (end - 3, end - 2):
        chinese = start >= 0 and all("\u3400" <= c <= "\u9fff" or c == "〇" for c in text[start:end])
        if chinese and _LAB_LEFT.search(text, max(0, start - 3), start):
            return start
    return None


def _known_company(text: str, hit: Hit) -> list[Candidate]:
    """国网电工 behind 职业, 标本送金域, 世和基因报告: companies known by a short name."""
    before, behind = _company_sides()[hit.kind]
    end = behind.match(text, hit.end)
    if not end or not before.search(text, max(0, hit.start - 4), hit.start):
        return []
    return [Candidate(hit.start, end.end(), "ORG", "institution.known", hit.word, 50)]


# -- by a short name ---------------------------------------------------------------------------------------
@cache
def _short_sides() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """What may stand before, what behind, and what alone is enough before a short name."""
    before = re.compile(rf"(?:{_of('short_before')}|[(（，,:：、。\s]|^)$")
    after = re.compile(rf"\s?(?:{_of('short_after')}|[，,。、；;)）\s]|$)")
    return before, after, re.compile(rf"(?:{_of('short_strong')})$")


def _short_start(text: str, start: int) -> int:
    """With two characters of an unexplained name before a short one (东华同济) behind an opener."""
    name = text[max(0, start - 2) : start]
    if len(name) < 2 or not all("\u3400" <= c <= "\u9fff" for c in name) or explained(name):
        return start
    return start - 2 if _NAME_OPENER.search(text, max(0, start - 3), start - 2) else start


def _short(text: str, hit: Hit) -> list[Candidate]:
    """A short hospital name: the unmistakable ones (kind ``sure``) anywhere, the others between the words of a visit."""
    left = text[max(0, hit.start - 3) : hit.start]
    if hit.word.isdecimal() and not re.match(r"\s?医院", text[hit.end : hit.end + 4]):
        return []
    before, after, strong = _short_sides()
    sure = hit.word in words("institutions.tsv")["sure"] or strong.search(left)
    if not sure and not (before.search(left) and after.match(text, hit.end)):
        return []
    tail = _SHORT_TAIL.match(text, hit.end)
    return [
        Candidate(
            _short_start(text, hit.start),
            tail.end() if tail else hit.end,
            "HOSPITAL",
            "institution.short",
            hit.word,
            51,
        )
    ]
