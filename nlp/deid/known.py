"""Layer 1: what the tables know, searched exactly and normalised (width, blanks, hyphens), whole and in parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from nlp.deid.fold import squeeze
from nlp.deid.lexicon import short_division, surname_weight
from nlp.deid.model import NOTHING, Candidate, Known
from nlp.deid.normal import id15_to_18, normalise_name, normalise_phone
from nlp.deid.ordinary import ordinary
from nlp.deid.resolve import everyday_given, like_a_person
from nlp.deid.scan import occurrences

_CALLED = (
    "阿姨",
    "大姐",
    "大哥",
    "大爷",
    "大妈",
    "大娘",
    "奶奶",
    "爷爷",
    "老师",
    "师傅",
    "先生",
    "女士",
    "姐",
    "哥",
    "姨",
    "叔",
    "婶",
    "伯",
)
"""How a person is called behind the family name."""
_GAPS = re.compile(r"[\s\-^]+")
_ADDRESS_PART = re.compile(
    r"[\u3400-\u9fff]{1,12}?(?:自治区|自治州|自治县|街道|社区|小区|花园|公寓|大厦|新村|大道|胡同|省|市|区|县|镇|乡|村|路|街|巷|弄|苑|旗|州)|[^\u3400-\u9fff]{0,6}\d+(?:号楼|号|栋|幢|单元|室|组|弄|楼|层)|.{1,12}$"
)
_COUNTED = re.compile(r"\d{1,3}(?:组|号|室|层|楼|栋|幢|单元|队|社|排|户)")
"""Parts of addresses that count other things as often (清扫第10、11组)."""
_ORG_TAIL = re.compile(r"(?:股份)?有限(?:责任)?公司$|集团公司$|集团$|总公司$|公司$")
_ORG_HEAD = re.compile(r"^[\u3400-\u9fff]{2,4}(?:省|市|自治区|县)|^[\u3400-\u9fff]{2}(?=[\u3400-\u9fff]{4})")


class Target(NamedTuple):
    """A known value in squeezed form with the label of its replacement."""

    value: str
    label: str
    rule: str
    priority: int


def _name_targets(name: str, rule: str) -> Iterator[Target]:
    value = normalise_name(name)
    if len(value) < 2:
        return
    yield Target(value, "NAME", rule, 99)
    for other in ("", "•", "."):
        if "·" in value:
            yield Target(value.replace("·", other), "NAME", rule, 99)
    for part in value.split("·") if "·" in value else ():
        if len(part) >= 3:
            yield Target(part, "NAME", f"{rule}.part", 60)
    surname = value[:2] if value[:2] in surname_weight() and len(value) > 2 else value[:1]
    given = value[len(surname) :]
    called = (*(nick + surname for nick in ("老", "小")), *(surname + title for title in _CALLED))
    for target in called if "·" not in value else ():
        if target not in ordinary():
            yield Target(target, "NAME", f"{rule}.everyday" if target[0] == "小" else f"{rule}.nick", 46)
    if surname in surname_weight() and len(given) == 2:
        yield Target(given, "NAME", f"{rule}.everyday" if given in everyday_given() else f"{rule}.part", 47)


def _number_targets(known: Known) -> Iterator[Target]:
    for raw in known.id_numbers:
        value = squeeze(raw)
        forms = {value}
        if len(value) == 15:
            try:
                forms.add(id15_to_18(value))
            except ValueError:
                forms.discard("")
        if len(value) == 18:
            forms.add(value[:6] + value[8:17])
        yield from (Target(v, "ID_CARD", "known.id", 98) for v in forms if len(v) >= 6)
    for raw in known.phones:
        for piece in re.split(r"[/、;；,，]", raw):
            number = normalise_phone(piece)
            if number:
                yield Target(number, "PHONE", "known.phone", 97)
                if number.startswith("0") and len(number) >= 10:
                    yield Target(
                        number[-8 if (len(number) == 11 and number[1] in "12") or len(number) == 12 else -7 :],
                        "PHONE",
                        "known.phone",
                        90,
                    )
    for raw in known.record_numbers:
        value = squeeze(raw)
        if len(value) >= 4 and any(c.isdecimal() for c in value):
            yield Target(value, "RECORD_NO", "known.record", 96)
            if value.startswith("0") and len(value.lstrip("0")) >= 5:
                yield Target(value.lstrip("0"), "RECORD_NO", "known.record", 89)


def _address_targets(address: str) -> Iterator[Target]:
    value = squeeze(address)
    if len(value) < 3:
        return
    yield Target(value, "ADDRESS", "known.address", 94)
    parts = [m.group() for m in _ADDRESS_PART.finditer(value)]
    for i, part in enumerate(parts):
        rest = "".join(parts[i:])
        if i and len(rest) >= 4:
            yield Target(rest, "ADDRESS", "known.address.part", 88)
        if len(part) >= 3 and not part.isascii() and not _COUNTED.fullmatch(part):
            yield Target(part, "ADDRESS", "known.address.part", 66)
        short = short_division(part) if part[-1] in "省市县区镇乡村" else part
        if len(part) >= 4 and 3 <= len(short) < len(part):
            yield Target(short, "ADDRESS", "known.address.part", 48)


def _org_targets(names: tuple[str, ...], label: str, rule: str) -> Iterator[Target]:
    for raw in names:
        value = squeeze(raw)
        if len(value) < 2:
            continue
        yield Target(value, label, rule, 93)
        short = _ORG_TAIL.sub("", value)
        for form in (short, _ORG_HEAD.sub("", short), _ORG_HEAD.sub("", value)):
            if len(form) >= 4 and form not in ("人民医院", "中心医院", "第一医院", "肿瘤医院", "中医医院"):
                yield Target(form, label, f"{rule}.part", 67)


@lru_cache(maxsize=256)
def targets(known: Known) -> tuple[Target, ...]:
    """Every form under which the known values are searched; longest first."""
    found: dict[str, Target] = {}
    groups = [
        *(_name_targets(n, "known.name") for n in known.names),
        *(_name_targets(n, "known.staff") for n in known.staff),
        _number_targets(known),
        *(_address_targets(a) for a in known.addresses),
        _org_targets(known.employers, "ORG", "known.employer"),
        _org_targets(known.institutions, "HOSPITAL", "known.institution"),
    ]
    for group in groups:
        for target in group:
            if target.value not in found or found[target.value].priority < target.priority:
                found[target.value] = target
    if len(known.birth_date) >= 10:
        compact = known.birth_date[:10].replace("-", "")[2:]
        found.setdefault(compact, Target(compact, "DATE", "known.birth", 70))
    return tuple(sorted(found.values(), key=lambda t: -len(t.value)))


def find(text: str, known: Known, blocked: set[int]) -> list[Candidate]:
    """Candidates for every known value in a folded text; parts of names keep out of protected terms (``blocked``)."""
    if known is NOTHING or known == NOTHING:
        return []
    squeezed = _GAPS.sub("", text).upper()
    if len(squeezed) != len(text) - sum(len(m.group()) for m in _GAPS.finditer(text)):
        squeezed = _GAPS.sub("", text)  # a character whose capital is longer: compare as written
    index: list[int] | None = None
    out: list[Candidate] = []
    for target in targets(known):
        if target.value not in squeezed:
            continue
        for at in _occurrences(squeezed, target):
            index = index or _index(text)
            start, end = index[at], index[at + len(target.value) - 1] + 1
            if end - start > 3 * len(target.value) + 4 or (target.priority < 60 and start in blocked):
                continue
            if target.rule.endswith(".everyday") and not like_a_person(text, start, end):
                continue
            out.append(Candidate(start, end, target.label, target.rule, "known field", target.priority))
    return out


def _index(text: str) -> list[int]:
    gap = {i for m in _GAPS.finditer(text) for i in range(m.start(), m.end())}
    return [i for i in range(len(text)) if i not in gap]


def _occurrences(squeezed: str, target: Target) -> Iterator[int]:
    """Offsets of a value; a number must not continue on either side."""
    numeric = target.value[0].isdecimal() or target.value.isascii()
    for at in islice(occurrences(squeezed, target.value), 100_000):
        end = at + len(target.value)
        joined = (at > 0 and squeezed[at - 1].isdecimal()) or squeezed[end : end + 1].isdecimal()
        if not (numeric and joined and len(target.value) < 12 and target.label != "PHONE"):
            yield at
