"""Drug names with dose, unit and route, read from the drug table."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from nlp.entities.regimen import patterns
from nlp.entities.regimen.model import DrugSpan
from nlp.text import Dictionary, Match
from warehouse import codes

_TO_MG = {"mg": 1.0, "毫克": 1.0, "g": 1000.0, "克": 1000.0, "ug": 0.001, "μg": 0.001}
_SHORT_OK = {
    "ctx",
    "ddp",
    "cbp",
    "oxa",
    "gem",
    "ptx",
    "vcr",
    "adm",
    "epi",
    "mtx",
    "5-fu",
    "5fu",
    "cf",
    "s-1",
    "s1",
    "dtx",
    "nvb",
    "vp16",
    "vp-16",
    "cpt-11",
    "cpt11",
    "l-ohp",
    "mmc",
    "act-d",
    "ifo",
    "dtic",
    "tmz",
    "thp",
    "blm",
    "vds",
    "vlb",
    "ara-c",
    "bev",
    "txt",
    "tspa",
    "lohp",
    "ndp",
    "uft",
}
_JOINED_ONLY = {
    "lv",
    "llv",
    "dxm",
    "dex",
    "pdd",
    "asp",
    "tam",
    "pem",
    "iri",
    "dnr",
    "ida",
    "mit",
    "mel",
    "cap",
    "doc",
    "tax",
    "hht",
}
"""Letters that also mean something else (LV: the left ventricle): a drug beside a plus or before a dose."""


@cache
def dictionary() -> Dictionary[codes.Drug]:
    """Names of drugs; short Latin ones only from a list of usual abbreviations."""
    pairs = [(name, row) for row in codes.drugs() for name in codes.names(row)
             if (len(name) > 3 or not name.isascii() or name.lower() in _SHORT_OK or name.lower() in _JOINED_ONLY) and len(name) > 1 and name != row.atc]  # fmt: skip
    return Dictionary(pairs, shared=True)


@lru_cache(maxsize=4)
def drug_spans(text: str) -> tuple[DrugSpan, ...]:
    """Drugs of a surface text, a brand in brackets after the name taken as the same."""
    spans: list[DrugSpan] = []
    hits = dictionary().find(text)
    for at, hit in enumerate(hits):
        if (
            text[hit.end : hit.end + 2] in _NOT_DRUG
            or _is_segment(text, hit.start, hit.end)
            or text[hit.start : hit.end].isdigit()
        ):
            continue
        if patterns.STAIN.match(text, hit.end):
            continue
        if text[hit.start : hit.end] in _JOINED_ONLY and not _is_joined(text, hits, at):
            continue
        if spans and spans[-1].inn == hit.payload.inn and hit.end <= spans[-1].tail:
            continue
        if spans and _is_brand(text, spans[-1], hit.start, hit.end, hit.payload.inn):
            continue
        spans.append(_read(text, hit.start, hit.end, hit.payload))
    return tuple(spans)


def _is_joined(text: str, hits: list[Match[codes.Drug]], at: int) -> bool:
    """Stands a dose behind, or a plus with a drug on its other side? ``LV+RV`` are parts of the heart."""
    start, end = hits[at].start, hits[at].end
    plus = patterns.PLUS_AFTER.match(text, end)
    if patterns.SMALL_DOSE.match(text, end) or (plus and plus.end() in [one.start for one in hits[at + 1 : at + 2]]):
        return True
    return at > 0 and _is_added(text[hits[at - 1].end : start])


def _is_added(gap: str) -> bool:
    """Between two names: one plus beside the dose, route and days of the first."""
    if len(gap) > 44 or gap.count("+") != 1 or not gap.rstrip().endswith("+"):
        return False
    rest = patterns.BETWEEN.sub("", gap.strip()[:-1])
    return len(rest) <= 3 and not re.search(r"[a-z]{2}", rest)


_NOT_DRUG = ("过敏", "耐药", "皮试", "扫描", "显像")


def _is_segment(text: str, start: int, end: int) -> bool:
    """``L5/S1椎间盘``, ``肝S1病灶``: the first sacral vertebra or a segment of the liver, not the drug of that name."""
    return text[start:end] == "s1" and bool(
        text[start - 3 : start - 1] == "l5"
        or patterns.SEGMENT_BEFORE.search(text[max(0, start - 12) : start])
        or patterns.SEGMENT_AFTER.match(text, end)
    )


def _is_brand(text: str, last: DrugSpan, start: int, end: int, inn: str) -> bool:
    return (
        inn == last.inn
        and text[last.end : start].strip(" ,片胶囊注射液") in ("(", "")
        and text[end : end + 4].find(")") >= 0
    )


def _read(text: str, start: int, end: int, row: codes.Drug) -> DrugSpan:
    after = text[end : end + 60]
    lead = patterns.AFTER_NAME.match(after)
    offset = lead.end() if lead else 0
    dose = patterns.DOSE.match(after, offset)
    amount, unit, tail = None, None, end
    if dose and dose["unit"]:
        amount, unit = _amount(dose["n"], dose["unit"])
        tail = end + dose.end()
    return DrugSpan(
        start, end, _tail(text, tail), row.inn, amount, unit, _route(text, start, tail), row.is_antineoplastic
    )


def _amount(number: str, unit: str) -> tuple[float, str]:
    factor = _TO_MG.get(unit)
    if factor is not None:
        return round(float(number) * factor, 4), "mg"
    return float(number), {"mg/㎡": "mg/m2", "mg/m²": "mg/m2"}.get(unit, unit)


def _tail(text: str, at: int) -> int:
    """Past doses, days, routes and blanks, up to the next word."""
    while match := patterns.BETWEEN.match(text, at):
        if match.end() == at or text[at] in ",;。" or at > len(text):
            break
        at = match.end()
    return at


def _route(text: str, start: int, tail: int) -> str | None:
    window = text[tail : tail + 24]
    window = window[
        : min(
            (i for i in (window.find("+"), window.find("。"), window.find(";"), window.find("、")) if i >= 0),
            default=24,
        )
    ]
    return next((code for code, pattern in patterns.ROUTES if pattern.search(window)), None)
