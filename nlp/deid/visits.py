"""Institutions without a telling ending, by what is said around them: 在三江取药, 转同安, 18/5/24岳阳二院PET-CT, （瑞康，号4253）.

The name is read between two cues. Characters of clinical words are banned from it (``never`` of ``visits.tsv``) unless it ends
like a short name. Where the cues are weak, a name counts only if no ordinary words explain it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from nlp.deid.address_forms import body
from nlp.deid.lexicon import county_shorts, place_names, surname_weight, words
from nlp.deid.model import Candidate
from nlp.deid.name_words import best_reading
from nlp.deid.ordinary import any_of, clinical, explained, familiar, ordinary
from nlp.deid.rare import Rare, rare
from nlp.deid.scan import Hit
from nlp.deid.short_hospitals import shorts, unnamed

_CJ = "\u3400-\u9fff"
_GAP_NAME = rf"(?P<name>[{_CJ}]{{2,5}}?)"
_MARK = r"[。，,；;：:（(、\s|]"
_LONGEST = 8
_ACTS = "行予给做开"
"""Verbs of what is done on a day; no name begins with one (2017-09-07行保肢手术)."""
_RARE_SIZE, _RARE = 3, -7.0
"""A name of so many characters may hold one banned character (铁炉桥) when words explain its characters worse than so much each (a logarithm)."""


def _of(kind: str) -> str:
    return any_of("visits.tsv", kind)


def _first(kind: str) -> str:
    """A look-ahead for the first characters of a list, so that its words are tried only where one may stand."""
    return f"(?=[{''.join(sorted({w[0] for w in words('visits.tsv')[kind]}))}])"


def _surname() -> str:
    known = [s for s, w in surname_weight().items() if w]
    single = "".join(s for s in known if len(s) == 1)
    return f"(?:[{single}]|{'|'.join(s for s in known if len(s) > 1)})"


@cache
def _patterns() -> tuple[tuple[str, Rare], ...]:
    """(cue, pattern with the group ``name``): a left cue, a name, a right cue."""
    name, gap = rf"(?P<name>[{_CJ}〇]{{2,{_LONGEST}}}?)", r"\s?"
    moved = r"转(?<![好移复氨肝骨肺脑运旋翻倒逆扭腔处胞].)(?![移氨换化归氮铁录位动阴阳诊入出为成])"
    shared = rf"{_of('after_shared')}|{_surname()}(?:教授|主任|医生|老师|大夫|专家)|\d{{2,4}}[-./年]\d"
    speaker = rf"的(?:[小老][{_CJ}]|{_of('home_after')}|[{_CJ}]{{1,3}}(?:护士|医生|主任|医师))"
    return tuple(
        (cue, rare(pattern))
        for cue, pattern in (
            ("visit", rf"(?:{_of('before')}){gap}{name}(?={gap}(?:{_of('after_visit')}))"),
            ("moved", rf"(?:{_of('moved_before')}|{moved}){name}(?=[。，,；;）)\n\s]|$|{_of('moved_after')})"),
            ("ended", rf"(?:{_of('ended_before')}){gap}{name}(?=[。，,；;）)\n])"),
            ("lived", rf"(?:{_of('lived_before')}){name}(?=[。，,；;）)\n|]|$|{_of('lived_after')})"),
            ("drug", rf"[在于去到回]{name}(?=(?:{_of('drug_after')}))"),
            ("paren", rf"[（(]{name}(?=[,，]?\s?(?:19|20)\d\d[-./年])"),
            ("shared", rf"[与及和同较经请由邀]{gap}{name}(?={gap}(?:{shared}))"),
            (
                "dated",
                rf"\d[-./月年]\d{{1,2}}[日号]?\s?(?:在|于|至|到)?(?![天日号次周月年]){name}(?={gap}(?:{_of('exam')}))",
            ),
            ("listed", rf"(?:{_of('before')})[{_CJ}]{{2,12}}、{name}(?={_of('after_visit')})"),
            ("lists", rf"(?:{_of('before')}){name}、[{_CJ}]{{2,14}}?(?={_of('listed_after')})"),
            ("asked", rf"(?:请|联系人[:：]|接洽[:：]|对方[:：]|对接[:：])\s?{name}(?={_surname()}(?:教授|主任|专家))"),
            ("outside", rf"外院(?:资料|病历|片)?[（(:： ]?\s?{name}(?=[）)]|\d{{4}}|{_of('exam')})"),
            ("papers", rf"(?:翻阅|调阅|查阅|调取){name}(?=病历|病案|资料|报告)"),
            ("on day", rf"[，,](?:(?<=\d.)|(?<=\d[年月日].))\s?{name}(?=[，,）)])"),
            ("bracketed", rf"[（(]{name}(?=[）)]\s?(?:{_of('bracket_after')}))"),
            ("made", rf"[（(，,。；;]{name}(?={_of('made_after')})"),
            ("home", rf"(?:{_of('home_before')}){name}(?={speaker})"),
        )
    )


@cache
def _weak() -> tuple[tuple[str, Rare], ...]:
    """Cues that many ordinary words share; their names must be unexplained."""
    end = r"[，,。；;、)）\s\d\"“”/~|]|$"
    titled = rf"{_surname()}[{_CJ}]{{0,2}}(?:教授|主任|大夫|医生|医师|老师|护士)"
    came = r"来(?<=[午日晨晚月年曾又再于今昨天您就次家他我她前后,，。]来)"
    return (
        (
            "went",
            rare(rf"(?:{came}|{_of('went')})(?P<name>[{_CJ}]{{2,4}}?)(?={end}|{_of('went_after')}|{titled})"),
        ),
        ("held", rare(rf"(?:{_of('keeps')})\s?(?P<name>[{_CJ}]{{2,5}}?)(?={_of('held')}|{titled})")),
        ("sent", rare(rf"(?:收到|接到|收){_GAP_NAME}(?=的?(?:{_of('sent')}))")),
        (
            "said",
            rare(
                rf"[。，,；;：:（(、\s|年月日号.\d](?![年月日号])(?P<name>[{_CJ}]{{2,5}}?)(?=\s?{_first('says')}(?:{_of('says')}))"
            ),
        ),
        (
            "numbered",
            rare(rf"[（(](?P<name>[{_CJ}]{{2,8}}?)(?=[，,]\s?(?:[^（）()，,]{{0,4}}号|No|[A-Z]{{1,3}}\d|\d))"),
        ),
    )


@cache
def _titled() -> Rare:
    return rare(r"(?:教授|主任医师|主任)(?:会诊|意见|阅片|远程|指导)")


@cache
def _before(kind: str) -> re.Pattern[str]:
    """What must stand before a name that ends at a cue."""
    more = {"first": "|外院|当地", "front": f"|[【\\[]|{_of('front_before')}", "titled": "|[与及和同请邀]"}[kind]
    return re.compile(rf"(?:{_MARK}|^{more})$")


@cache
def _banned() -> re.Pattern[str]:
    return re.compile(f"[{words('visits.tsv')['never'][0]}]|{_of('never_word')}")


@cache
def _ending() -> re.Pattern[str]:
    return re.compile(f"(?:{_of('ending')})$")


def _plain(name: str, bold: bool = False) -> bool:
    """May these characters be a bare name? ``bold``: the cues are strong enough for one banned character in a rare name (铁炉桥)."""
    ending = _ending().search(name)
    core = name[: ending.start()] if ending else name
    known_word = name in words("keep.tsv")["generic"] or name in words("visits.tsv")["never_word"] or name in clinical()
    if known_word or len(name) > (_LONGEST if ending else 4):
        return False
    if ending and (core in place_names() or core in county_shorts()):
        return True
    if name in words("visits.tsv")["whole"]:
        return True
    if _named_house(name):
        return True
    indoors = name[-1] in "上下里边处家" and not (name[-1] == "里" and len(name) >= 3)
    if not core or indoors:
        return False
    if core[0] == "移":  # 转移性肿瘤
        return False
    banned = len(_banned().findall(core))
    if (
        banned == 1
        and ending
        and len(core) == len(ending.group()) == 2
        and not explained(core)
        and not body().search(core)
    ):
        return True
    uncommon = bold and banned == 1 and len(core) == _RARE_SIZE and core[0] not in _ACTS and not body().search(core)
    return not banned or (uncommon and best_reading(core) < _RARE * len(core))


def _named_house(name: str) -> bool:
    """湟水院, 三峡济民院: a name before 院 whose characters a ban alone does not unmake, unless a verb stands before 院 (再入院)."""
    core = name[:-1]
    return (
        name.endswith("院")
        and len(core) == 2
        and core[-1] not in "入出住来到返离转医我外本该贵他"
        and not _banned().search(core[0])
        and not explained(core)
    )


def _unexplained(name: str) -> bool:
    """Is a name plain, and is it more than a row of ordinary words?"""
    return not explained(name) and _plain(name)


def _bold(name: str) -> bool:
    """The same between strong cues."""
    return not explained(name) and _plain(name, bold=True)


def _accepts(cue: str) -> Callable[[str], bool]:
    """The check that fits how strong a cue is."""
    if cue in ("on day", "made"):
        return _unknown
    if cue in ("dated", "bracketed", "asked", "outside", "papers"):
        return _bold
    if cue == "visit":
        return lambda name: _plain(name) or _bold(name)
    return _unexplained if cue in ("ended", "moved", "paren", "shared", "listed", "lists") else _plain


def _unknown(name: str) -> bool:
    """Is a name plain, and does no ordinary word explain it?"""
    return (
        not explained(name) and not (len(name) > 2 and familiar(name) and not _ending().search(name)) and _plain(name)
    )


def find(text: str, blocked: set[int], hits: dict[str, list[Hit]]) -> list[Candidate]:
    """Candidates for bare institution names of a folded text; ``blocked`` are the offsets of protected terms, ``hits`` those of the index."""
    found = [(cue, m.span("name"), _accepts(cue)) for cue, p in _patterns() for m in p.finditer(text)]
    found += [(cue, m.span("name"), _unknown) for cue, p in _weak() for m in p.finditer(text)]
    acts = (h for h in hits["act"] if h.kind in ("first", "front"))
    found += [
        (h.kind, span, _bold if h.kind == "first" else _unexplained)
        for h in acts
        if (span := _up_to(text, h.start, h.kind))
    ]
    found += [("titled", span, _plain) for m in _titled().finditer(text) if (span := _surname_less(text, m.start()))]
    out = [
        Candidate(start, end, "HOSPITAL", "institution.visit", cue, 44)
        for cue, (first, end), accepts in found
        if (start := _behind_preposition(text, first, end)) not in blocked
        and end - 1 not in blocked
        and accepts(text[start:end])
        and not _inside_word(text, start, cue)
        and not _cuts(text, start, end)
    ]
    return (
        out
        + unnamed(text, hits["place"])
        + shorts(text, [(h.start, h.end) for h in hits["place"] if h.kind in ("place", "county")])
    )


def _behind_preposition(text: str, start: int, end: int) -> int:
    """A name does not begin with a preposition: 既往在赤峰瑞康 begins at 赤."""
    while end - start > 2 and text[start] in "在于从到由往至":
        start += 1
    return start


def _inside_word(text: str, start: int, cue: str) -> bool:
    """Is the preposition before a name the end of a word, or the name's first character its second half (依从, 回声)?"""
    if cue == "held":
        return False
    if cue != "went":
        return text[start - 2 : start] in words("visits.tsv")["not_opener"]
    before, across = text[start - 2 : start], text[start - 1 : start + 1]
    cut = before in ordinary() and before not in words("visits.tsv")["went"]
    return cut or (across in ordinary() and across[0] not in "在从到去于")


def _cuts(text: str, start: int, end: int) -> bool:
    """Does a name end inside an ordinary word (系统提|示, 退款至银|行卡) or begin inside one that a Chinese character opens (同|意书)?"""
    if text[end - 1 : end + 1] in ordinary() and not _ending().search(text[start:end]):
        return True
    return text[start - 1 : start + 2] in ordinary() and text[start - 1] not in "在于从到去至由与及和同经请"


def _stretch(text: str, end: int, longest: int) -> int:
    """Start of the Chinese characters that end at an offset."""
    start = end
    while start > max(0, end - longest) and "\u3400" <= text[start - 1] <= "\u9fff":
        start -= 1
    return start


def _up_to(text: str, end: int, kind: str) -> tuple[int, int] | None:
    """The name between a mark (or a word that opens one) and a cue that begins at ``end``."""
    low = _stretch(text, end, _LONGEST + 2)
    for start in range(max(low, end - _LONGEST), end - 1):
        if _before(kind).search(text, max(0, start - 2), start):
            return start, end
    return None


def _surname_less(text: str, end: int) -> tuple[int, int] | None:
    """请三江王教授会诊: the name before a surname of one or two characters that ends at ``end``."""
    span = _up_to(text, end - 2, "titled") or _up_to(text, end - 1, "titled")
    return span if span and span[1] - span[0] >= 2 else None
