"""Rows of ``imaging_finding``: one per measured lesion. Definition: docs/variables-facts.md, "Imaging finding"."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from nlp.facts.context import between, date_of, dated, fact, of_label
from nlp.facts.sites import scanner, site_pattern, topography
from nlp.facts.surface import sentence_span, surface
from nlp.model import Fact, Label, Mention, Note

_MODALITY = (
    ("PET_CT", re.compile(r"pet|fdg|显像")), ("BONE_SCAN", re.compile(r"骨扫描|ect|骨显像")), ("MG", re.compile(r"钼靶|乳腺x线|mg(?=检查)")),
    ("MR", re.compile(r"mri?(?![a-z0-9])|核磁|磁共振|t[12]wi|信号")), ("US", re.compile(r"超声|b超|彩超|回声")), ("CT", re.compile(r"ct|平扫|密度|强化|扫描")),
    ("ENDOSCOPY", re.compile(r"胃镜|肠镜|支气管镜|纤支镜|内镜|宫腔镜|喉镜|阴道镜|膀胱镜|食管镜")), ("XR", re.compile(r"胸片|x线|x光|dr(?![a-z])|造影|钡餐|钡灌肠|(?<![a-z])dsa(?![a-z])|(?<![a-z])tace.{0,4}示")),
)  # fmt: skip
_KIND = (
    ("NODE", re.compile(r"淋巴结")), ("METASTASIS", re.compile(r"转移")), ("THROMBUS", re.compile(r"癌栓|血栓|充盈缺损")), ("EFFUSION", re.compile(r"积液|液性")),
    ("BENIGN", re.compile(r"囊肿|血管瘤|结石|钙化|囊性|脂肪瘤|肌瘤|息肉")), ("PRIMARY", re.compile(r"癌|肿块|肿物|占位|团块|恶性")),
)  # fmt: skip
_CHANGE = (
    ("NEW", re.compile(r"新(?:发|见|增|出现)")), ("INCREASED", re.compile(r"较前[^,;。]{0,6}(?:增大|增多|进展|增加)")),
    ("DECREASED", re.compile(r"较前[^,;。]{0,8}(?:缩小|减小|减少|好转|吸收)")), ("STABLE", re.compile(r"相仿|变化不大|(?:无|未见)(?:明显)?变化|同前|变化不著|变化不明显|稳定")),
    ("GONE", re.compile(r"消失|未见显示|显示不清")),
)  # fmt: skip
_SUV = re.compile(r"suv(?:max)?(?:值)?[^\d,;。]{0,6}(\d{1,2}(?:\.\d+)?)")
_CATEGORY = re.compile(r"(?P<s>bi|ti|pi|li|lung)-?\s?rads\s?(?:分级|分类)?[:为]?\s?(?P<v>[0-6][a-cx]?|m)\s?(?:级|类)?")
_PATHOLOGY = re.compile(r"病理|切除|标本|镜下|体积|术中|手术")
_IN_OPERATION = re.compile(r"术中(?:所?见|探查)[^。;]*$")
_UNSURE = re.compile(r"考虑|可能|疑|待排|不除外|\?")


@cache
def _site() -> re.Pattern[str]:
    return scanner(site_pattern())


def build(note: Note) -> list[Fact]:
    """Lesions measured in a sentence of an examination, and RADS categories."""
    text = surface(note)
    facts = [
        row for one in of_label(note, Label.SIZE) if not one.value.is_distance and (row := _lesion(note, text, one))
    ]
    return facts + [_category(note, text, match) for match in _CATEGORY.finditer(text)]


def _modality(note: Note, text: str, at: int) -> str | None:
    """Of the nearest examination named before, else of the words of the sentence; none where the surgeon has taken the word since."""
    exams = between(note, Label.IMAGING_EXAM, at - 300, at + 1)
    if text.rfind("术中", max(0, at - 200), at) > (exams[-1].start if exams else -1):
        return None
    windows = [text[exams[-1].start : exams[-1].end]] if exams else []
    low, high = sentence_span(text, at)
    windows.append(text[max(0, low - 20) : high])
    return next((code for window in windows for code, pattern in _MODALITY if pattern.search(window)), None)


def _lesion(note: Note, text: str, one: Mention) -> Fact | None:
    low, high = sentence_span(text, one.start)
    before, after = text[max(low, one.start - 90) : one.start], text[one.end : min(high, one.end + 70)]
    modality = _modality(note, text, one.start)
    if modality is None or _PATHOLOGY.search(before[-50:]) or _IN_OPERATION.search(before):
        return None
    sites = list(_site().finditer(before))
    site = sites[-1].group() if sites else None
    near = before[-36:]
    ordered = sorted(one.value.diameters_mm, reverse=True)
    values: dict[str, Any] = {
        "modality": modality,
        "lesion_site": topography(site) if site else None,
        "body_region": None,
        "lesion_kind": next((code for code, pattern in _KIND if pattern.search(near)), "UNK"),
        "longest_mm": ordered[0] if not one.value.short_axis else None,
        "shortest_mm": ordered[0] if one.value.short_axis else ordered[1] if len(ordered) > 1 else None,
        "third_mm": ordered[2] if len(ordered) > 2 else None,
        "change_vs_prior": next((code for code, pattern in _CHANGE if pattern.search(near[-16:] + after)), None),
        "suv_max": float(match.group(1)) if (match := _SUV.search(before[-50:] + after)) else None,
        "certainty": "SUSPECTED" if _UNSURE.search(after) else "CONFIRMED",
        **dated("exam_date", date_of(note, one.start, one.end)),
    }
    return fact("imaging_finding", values, [one], 0.8)


_SYSTEMS = {"bi": "BI-RADS", "ti": "TI-RADS", "pi": "PI-RADS", "li": "LI-RADS", "lung": "LUNG-RADS"}


def _category(note: Note, text: str, match: re.Match[str]) -> Fact:
    values = {
        "modality": _modality(note, text, match.start()) or "US",
        "category_system": _SYSTEMS[match["s"]],
        "category_value": match["v"].upper(),
        **dated("exam_date", date_of(note, match.start(), match.end())),
    }
    return fact("imaging_finding", values, [], 0.9, match.span())
