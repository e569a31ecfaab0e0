"""Cancers of relatives: 父亲患肺癌, 母亲因胃癌去世, 否认家族肿瘤史."""

from __future__ import annotations

import re

from nlp.component import entity_component
from nlp.entities.family_history import patterns
from nlp.entities.family_history.model import FamilyValue
from nlp.facts.surface import mention, surface
from nlp.facts.tumour_types import tumour_code_of
from nlp.model import Experiencer, Label, Mention, Note
from nlp.tags import before_tag

ENGINE = "rule:family_history@1"
_DISEASE = re.compile(r"[\u4e00-\u9fffa-z]{0,8}?(?:癌|恶性肿瘤|白血病|淋巴瘤|肉瘤|骨髓瘤|黑色素瘤|肿瘤)")


def find(note: Note) -> list[Mention]:
    """One mention a relative with cancer, or one for a family without."""
    text = surface(note)
    found: list[Mention] = []
    for match in patterns.RELATIVE.finditer(text) if patterns.RELATIVE_CUE.search(text) else ():
        after = before_tag(re.split(r"[。;\n]", text[match.end() : match.end() + 30])[0])
        cut = patterns.RELATIVE.search(after)
        own = after[: cut.start()] if cut and cut.start() > 1 else after
        disease = _DISEASE.search(own)
        if (
            disease is None
            or re.search(r"(?:无|否认|未)[^,]{0,6}$", own[: disease.end() - 1])
            or re.search(r"(?:陪同|代诉|签字|诉|要求)", own[: disease.end()])
        ):
            continue
        name = re.sub(r"^.*(?:患有?|因|死于|有|为|是|诊断|确诊|系|曾患|于|得)", "", disease.group())
        degree = "FIRST_DEGREE" if match["first"] else "SECOND_DEGREE"
        value = FamilyValue("YES", degree, tumour_code_of(name), name)
        found.append(_mention(note, match.start(), match.end() + disease.end(), value))
    if not found and ("家族" in text or "遗传" in text):
        none = patterns.NO_CANCER.search(text)
        if none:
            found.append(_mention(note, none.start(), none.end(), FamilyValue("NO")))
    return found


def _mention(note: Note, start: int, end: int, value: FamilyValue) -> Mention:
    made = mention(note, start, end, Label.FAMILY_HISTORY, value, ENGINE)
    made.experiencer = Experiencer.FAMILY
    return made


component = entity_component("oncorwe_family_history", find)
