"""Rows of ``pathology``: the histology of a specimen with what its report says, and one row per node station.

Definition: docs/variables-facts.md, "Pathology" and "Lymph nodes".
"""

from __future__ import annotations

import re
from typing import Any

from nlp.entities.histology.model import HistologyValue
from nlp.entities.nodes.model import NodesValue
from nlp.facts.context import When, asserted, between, confidence, date_of, dated, fact, last_before, of_label
from nlp.facts.surface import sentence_span, surface
from nlp.model import Fact, Label, Mention, Note

_REPORT = re.compile(
    r"病理|病检|活检|镜下|切片|标本|细胞学|穿刺|冰冻|骨髓(?!抑制|毒性|移植)|免疫组化|组织学|[胃肠膀胱气管镜内腔]镜"
)
_SPECIMENS = (
    ("FROZEN", re.compile(r"冰冻|快速")), ("CYTOLOGY", re.compile(r"细胞学|涂片|脱落细胞|针吸|fna")), ("MARROW", re.compile(r"骨髓(?!抑制|毒性|移植)")),
    ("FLUID", re.compile(r"胸水|腹水|积液|脑脊液")), ("BIOPSY", re.compile(r"活检|穿刺|胃镜|肠镜|镜检|刮|钳")),
    ("RESECTION", re.compile(r"术后病理|切除|根治|标本|大体|术后")),
)  # fmt: skip
_PNI_NEG = re.compile(
    r"(?:未见|无|未侵犯|未查见)[^,;。]{0,12}神经(?:侵犯|侵及|束|受侵)?|神经[^,;。]{0,8}(?:未见|未侵|\(-\)|阴性)"
)
_PNI_POS = re.compile(
    r"侵犯(?:脉管(?:和|及|、))?神经|神经(?:束|组织)?(?:见癌?|受)?侵|侵及神经|累及神经|神经侵犯|神经周围侵犯|神经见癌侵"
)
_LVI_NEG = re.compile(
    r"(?:未见|无|未查见|未见肯定|未见明确)[^,;。]{0,10}(?:脉管|血管|癌栓)|(?:脉管|血管)[^,;。]{0,10}(?:未见|未查见|\(-\)|阴性|未侵)"
)
_LVI_POS = re.compile(
    r"(?:脉管|血管|淋巴管)[^,;。]{0,12}(?:癌栓|侵犯|受侵|见癌|瘤栓)|侵犯(?:神经(?:和|及|、))?脉管|可见癌栓|见癌栓"
)
_MARGIN_POS = re.compile(r"切[缘端线][^,;。未无]{0,10}(?:见|有)[^,;。未]{0,6}癌|切缘阳性|切缘\(\+\)")
_MARGIN_NEG = re.compile(
    r"切[缘端线面][^;。]{0,20}?(?:未见|未查见|阴性|净|\(-\)|均未|无癌)|断端[^,;。]{0,10}(?:未见|未查见|净)|r0切除"
)
_DEPTH = re.compile(
    r"(?:侵达|侵及|浸及|浸润至|侵至|侵犯|侵出|侵穿|突破|浸润|累及|达|穿透)(?:胃壁|肠壁|食管壁|直肠壁|子宫|宫颈)?(?P<d>(?:粘膜|黏膜)(?:固有)?(?:肌层|下层|上层|层)?|(?:浅|深|固有|全)?肌层|外膜(?:层)?|浆膜(?:下)?(?:层|外)?|全层|纤维膜|被膜|(?:肠周|胃周|周围)(?:脂肪|纤维)(?:组织)?|(?:肠壁|胃壁|食管壁)全层(?:至浆膜外)?)"
)
_TRG = re.compile(
    r"(?P<s>trg|mandard|miller-?payne|m-?p|rcb|becker)\s?(?:分级|评分)?[:=为]?\s?(?P<v>[0-5]|[ⅠⅡⅢⅣⅤ]|i{1,3}|iv|v)\s?(?:级|分)?"
)
_PCR = re.compile(r"病理(?:学)?完全缓解|(?<![a-z])pcr(?=[,。;)达])|未见(?:癌|肿瘤)残留|ypt0n0")
_SYSTEMS = {
    "trg": "AJCC",
    "mandard": "MANDARD",
    "miller-payne": "MILLER_PAYNE",
    "millerpayne": "MILLER_PAYNE",
    "mp": "MILLER_PAYNE",
    "m-p": "MILLER_PAYNE",
    "rcb": "RCB",
    "becker": "BECKER",
}
_GROSS = re.compile(r"切面|(?:肿物|肿块|肿瘤)[^,;。]{0,6},?(?:大小|体积|面积|直径)")
"""Words of a gross description before a size."""
_IN_OPERATION = re.compile(r"术中(?:(?!术后)[^。;]){0,120}[。;]?|术前[^。;]{0,80}[。;]?")
"""What the surgeon saw or an earlier examination measured: not the specimen's size."""
_GROSS_BEHIND = re.compile(r"[^,;。淋转囊]{0,8}(?:肿物|肿块|肿瘤)")
"""Behind a size in a report: the mass of the gross description."""
_OF_SPECIMEN = re.compile(
    r"[^。;]{0,40}?(?:侵[及犯达出透至]|浸润|浸及|淋巴结|脉管|切[缘端]|断端|癌栓|(?<![a-z])ln(?![a-z])|\d\s?/\s?\d)"
)
"""Behind a histology: what only a report on a specimen says."""
_IMAGED = re.compile(r"(?<![a-z])(?:ct|mri?|pet)(?![a-z])|超声|b超|彩超|造影")
"""Before a size: an examination measured it."""
_LATER_REPORT = re.compile(r"切除术[^。;]{0,40}[。;]?[^。;]{0,12}术后病理")
"""Behind a histology: the next operation and its own report."""
_LEADING = re.compile(r"[^。;]{0,24}")
_TAKEN = re.compile(r"活检|咬检|取材|病理")
"""Between a size seen at an endoscopy and a histology: the specimen is a small part of the mass."""
_OTHERS = re.compile(r"淋巴结|息肉|转移|囊肿|肌瘤|距")
_AFTER_OP = re.compile(r"术后病理|术后(?:石蜡|组织|常规)?病|病理[^,;。]{0,4}示|病检")


def build(note: Note) -> list[Fact]:
    """Histology rows of report passages, then node rows."""
    text = surface(note)
    facts = [row for one in of_label(note, Label.HISTOLOGY) if asserted(one) and (row := _histology(note, text, one))]
    return facts + [_nodes(note, one, one.value) for one in of_label(note, Label.NODES)]


def _passage(text: str, start: int) -> tuple[int, int]:
    """The report that a histology stands in: back to its opening word, on to the treatment that follows."""
    openings = [match.start() for match in _REPORT.finditer(text, max(0, start - 120), start)]
    low = openings[0] if openings else start
    end = re.search(
        r"(?:术后|后)(?:予|给予|行|恢复|于)|免疫组化|患者|化疗|今为|钡餐|造影|(?<![a-z])(?:ct|mri?)(?![a-z])|超声|b超|彩超",
        text[start : start + 500],
    )
    return low, min(len(text), start + (end.start() if end else 400), start + 500)


def _histology(note: Note, text: str, one: Mention) -> Fact | None:
    value: HistologyValue = one.value
    low, high = _passage(text, one.start)
    if low == one.start:
        low = _after_operation(note, text, one)
        if low == one.start and not _OF_SPECIMEN.match(text, one.end):
            return None
    passage = text[low:high]
    values: dict[str, Any] = {
        "specimen_type": next((code for code, pattern in _SPECIMENS if pattern.search(text[low : one.start])), None),
        "histology_raw": value.raw,
        "morphology_icdo3": value.morphology,
        "differentiation": f"G{value.grade}" if value.grade else None,
        **_features(passage),
        "tumour_size_mm": _size(note, one.start, high),
        **_dates(note, text, one, low),
    }
    return fact("pathology", values, [one], confidence(one), kind="histology")


def _after_operation(note: Note, text: str, one: Mention) -> int:
    """``行直肠前切除术，溃疡型腺癌``: the end of the operation right before in the sentence, whose specimen the type is of."""
    low = max(sentence_span(text, one.start)[0], one.start - 60)
    done = [item.end for item in between(note, Label.SURGERY, low, one.start) if item.end <= one.start]
    return done[-1] if done else one.start


def _features(passage: str) -> dict[str, Any]:
    depth = _DEPTH.search(passage)
    regression = _TRG.search(passage)
    return {
        "pni": "NEG" if _PNI_NEG.search(passage) else "POS" if _PNI_POS.search(passage) else None,
        "lvi": "NEG" if _LVI_NEG.search(passage) else "POS" if _LVI_POS.search(passage) else None,
        "margin_status": "R1" if _MARGIN_POS.search(passage) else "R0" if _MARGIN_NEG.search(passage) else None,
        "depth_of_invasion": depth["d"] if depth else None,
        "trg_system": _SYSTEMS.get(regression["s"]) if regression else None,
        "trg_value": regression["v"].upper() if regression else None,
        "pcr": True if _PCR.search(passage) else None,
    }


def _size(note: Note, start: int, end: int) -> float | None:
    """The first size after the type in its passage, else that of the gross description right before it."""
    text = surface(note)
    later = _LATER_REPORT.search(text, start, end)
    sizes = [
        one
        for one in between(note, Label.SIZE, start, later.start() if later else end)
        if not one.value.is_distance
        and not _OTHERS.search(text[max(start, one.start - 12) : one.start] + text[one.end : one.end + 4])
    ]
    if not sizes:
        low = max([start - 160, *(match.end() for match in _IN_OPERATION.finditer(text, max(0, start - 160), start))])
        before = [one for one in between(note, Label.SIZE, low, start) if not one.value.is_distance]
        sizes = [one for one in before if _is_gross(text, one, start, low)][-1:]
    return sizes[0].value.longest_mm if sizes else None


def _is_gross(text: str, one: Mention, start: int, low: int) -> bool:
    """Is a size before a histology that of the gross specimen: by its words, or right before it in one sentence?"""
    if _GROSS.search(text[max(0, one.start - 24) : one.start]) and not _IMAGED.search(
        text, max(0, one.start - 40), one.start
    ):
        return True
    lead = text[max(0, low, one.start - 40) : one.start]
    if _GROSS_BEHIND.match(text, one.end) and re.search("病理|标本|大体", lead) and "镜" not in lead:
        return not _IMAGED.search(lead)
    if "镜" in lead and "切除" not in lead.rpartition("镜")[2] and _TAKEN.search(text, one.end, start):
        return False
    return (
        bool(_LEADING.fullmatch(text, one.end, start))
        and bool(_REPORT.search(lead) or "切" in lead)
        and not _OTHERS.search(lead + text[one.end : start])
    )


def _dates(note: Note, text: str, one: Mention, low: int) -> dict[str, Any]:
    """The date in the sentence; of a postoperative report without one, the operation's."""
    when = date_of(note, one.start, one.end)
    if when.basis != "text" and _AFTER_OP.search(text[low : one.start]):
        operation = last_before(note, Label.SURGERY, one.start)
        of_operation = date_of(note, operation.start, operation.end) if operation else when
        if of_operation.basis == "text":
            return {"specimen_date": of_operation.iso, **dated("report_date", When(of_operation.iso, "surgery"))}
    return dated("report_date", when)


def _nodes(note: Note, one: Mention, value: NodesValue) -> Fact:
    values = {
        "ln_positive": value.positive,
        "ln_examined": value.examined,
        **_dates(note, surface(note), one, max(0, one.start - 200)),
    }
    return fact("pathology", values, [one], 0.92, kind="nodes")
