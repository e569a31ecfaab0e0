"""Addresses behind labels, and divisions of GB/T 2260 with what follows them."""

from __future__ import annotations

import re
from functools import cache

from nlp.deid import address_forms as forms
from nlp.deid import institutions, streets
from nlp.deid.lexicon import county_shorts, place_names, words
from nlp.deid.model import Candidate
from nlp.deid.ordinary import familiar
from nlp.deid.scan import Hit

_ADDRESS_WORD = re.compile(r"[省市区县镇乡村路街巷弄号栋幢室屯组里庄园苑州旗盟]|社区|街道")
_PLACE_BEFORE = re.compile(r"(?:在|于|到|至|自|系|去|赴|回|由|从|返|住|往|为|原籍|籍贯|[:：，,。;；（(、\s^|]|^)$")
_PLACE_AFTER = re.compile(
    r"\s?(?:人|市|籍|省|医院|当地|务工|打工|工作|居住|出生|生活|出差|旅|就|某|[，,。;；）)、\s^|]|$)"
)
_GAP = re.compile(r"\s{0,3}[:：=|^>）)]{0,2}\s{0,3}(?:是|为|在|于)?\s{0,2}")
_NUMBERED = re.compile(r"\d{1,5}\s?(?:号|栋|幢|室|弄|组|队|连|团)")
_BODY_VALUE = re.compile(
    r"(?:院|中心|所|室|公司|站|部|院区)$|^(?!门诊|住院|外科|内科|肿瘤科|放射|病理|检验|急诊|普外|不详|无)[\u3400-\u9fff]{2,8}$"
)
_BODY_END = re.compile(r"(?:[院所室站部医]|中心|公司|肿瘤|妇幼)$")
_EXPLICIT = frozenset(":：=|^")
_LABELS = ("address", "employer", "hospital")
_LONGEST = 12
"""Characters of the longest division looked for."""
_VALUE = 60
"""Characters behind a label that may belong to its value."""


def find(text: str, labels: list[Hit], blocked: set[int], hits: dict[str, list[Hit]]) -> list[Candidate]:
    """Candidates for addresses, places, hospitals and other institutions; ``hits`` are those of the index."""
    places = _clearest(hits["place"])
    out = _labelled(text, labels, places)
    out += _anchored(text, [h for h in places if h.kind == "place"], blocked)
    out += streets.find(text, blocked, hits["act"])
    return out + institutions.find(text, hits["place"], places)


def _clearest(hits: list[Hit]) -> list[Hit]:
    """Longest among overlapping place hits, a division before a county's short name (宁德市 before 中宁)."""
    out: list[Hit] = []
    taken: set[int] = set()
    found = [h for h in hits if h.kind in ("place", "county")]
    for hit in sorted(found, key=lambda h: (h.kind == "county", h.start - h.end, h.start)):
        if taken.isdisjoint(range(hit.start, hit.end)):
            taken.update(range(hit.start, hit.end))
            out.append(hit)
    return sorted(out)


# -- behind labels -----------------------------------------------------------------------------------------
def _labelled(text: str, labels: list[Hit], places: list[Hit]) -> list[Candidate]:
    out = []
    starts = {p.start for p in places}
    for i, hit in enumerate(labels):
        inside = len(hit.word) == 1 and "\u3400" <= text[hit.start - 1 : hit.start] <= "\u9fff"
        if hit.kind not in _LABELS or inside:
            continue
        gap = _GAP.match(text, hit.end)
        at = gap.end() if gap else hit.end
        explicit = not _EXPLICIT.isdisjoint(text[hit.end : at])
        later = (h.start for h in labels[i + 1 : i + 6] if h.start > at and h.kind not in (*_LABELS, "bed", "name"))
        limit = min(next(later, len(text)), at + _VALUE, len(text))
        stop = forms.stop().search(text, at, limit)
        found = _label_value(text, hit, at, stop.start() if stop else limit, explicit, starts)
        if found:
            out.append(found)
    return out


def _label_value(text: str, hit: Hit, at: int, end: int, explicit: bool, starts: set[int]) -> Candidate | None:
    value = text[at:end].rstrip(" ，,、")
    generic = words("keep.tsv")["generic"]
    if (
        len(value) < 2
        or value in generic
        or (value.startswith(generic) and not _ADDRESS_WORD.search(value))
        or value.startswith(("不", "无", "未", "同", "-", "/"))
        or (value[0].isdecimal() and not _NUMBERED.match(value))
    ):
        return None
    if hit.kind == "address":
        return _address_value(text, hit, (at, end), value, explicit, starts)
    if not explicit:
        return None
    label = "ORG" if hit.kind == "employer" else "HOSPITAL"
    cut = re.split(r"[，,（( ]", value)[0]
    if len(cut) < 2 or cut in generic or len(cut) > 30 or (hit.kind == "hospital" and not _BODY_VALUE.search(cut)):
        return None
    if hit.kind == "hospital" and len(cut) >= 4 and familiar(cut[:4]) and not _BODY_END.search(cut):
        return None
    return Candidate(at, at + len(cut), label, f"label.{hit.kind}", hit.word, 61)


def _address_value(
    text: str, hit: Hit, span: tuple[int, int], value: str, explicit: bool, starts: set[int]
) -> Candidate | None:
    """The value of an address label; without a colon only a division or a part of an address counts."""
    at, end = span
    if not explicit and at in starts:
        return _extend_place(text, at, end, f"label {hit.word}")
    soft = hit.word in words("places.tsv")["soft"]
    if not explicit and not (soft and forms.tail().match(text, at)):
        return None
    if not explicit or len(value) > 40:
        tail = forms.tail().match(text, at, end)
        short_place = at in starts and len(value) <= 12
        value = value if short_place else value[: max(tail.end() - at if tail else 0, 0)]
    return Candidate(at, at + len(value), "ADDRESS", "label.address", hit.word, 64) if value else None


# -- divisions ---------------------------------------------------------------------------------------------
@cache
def _divisions() -> dict[str, list[str]]:
    """first two characters → divisions and short names of counties that begin so, longest first."""
    found: dict[str, list[str]] = {}
    for name in sorted({*place_names(), *county_shorts()}, key=len, reverse=True):
        if len(name) <= _LONGEST:
            found.setdefault(name[:2], []).append(name)
    return found


def _extend_place(text: str, at: int, limit: int, cue: str) -> Candidate | None:
    """A division, the divisions inside it and the parts of the address behind them."""
    end = at
    for _ in range(4):
        fitting = (name for name in _divisions().get(text[end : end + 2], ()) if text.startswith(name, end, limit))
        name = next(fitting, "")
        if not name:
            break
        end += len(name)
    tail = forms.tail().match(text, end, limit)
    if tail and not forms.false_tail().match(text[end : tail.end()]):
        end = tail.end()
    return Candidate(at, end, "ADDRESS", "place.label", cue, 63) if end > at else None


def _anchored(text: str, places: list[Hit], blocked: set[int]) -> list[Candidate]:
    out: list[Candidate] = []
    covered = -1
    for hit in places:
        if hit.start < covered or (hit.start in blocked and len(hit.word) < 3):
            continue
        found = _extend_place(text, hit.start, min(len(text), hit.start + 80), hit.word)
        if found is None:
            continue
        short = len(hit.word) <= 3 and not (len(hit.word) == 3 and hit.word[-1] in "县市旗州盟区")
        if found.end == hit.end and short and not _stands_alone(text, hit):
            continue
        covered = found.end
        out.append(found._replace(rule="place.division", priority=45))
    return out


def _stands_alone(text: str, hit: Hit) -> bool:
    left, right = text[max(0, hit.start - 3) : hit.start], text[hit.end : hit.end + 3]
    if hit.word in words("places.tsv")["ambiguous"]:
        return bool(re.match(r"\s?(?:人|市|籍)", right)) or bool(
            _PLACE_BEFORE.search(left) and left and _PLACE_AFTER.match(right)
        )
    if re.match(r"\s?(?:人|市|籍|省|医院|务工|打工|工作|居住|出差)", right):
        return True
    return bool(_PLACE_AFTER.match(right) and (_PLACE_BEFORE.search(left) or not left) and len(hit.word) >= 2)
