"""Rows of ``surgery``: one per operation done. Definition: docs/variables-facts.md, "Surgery"."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from nlp.facts.context import When, asserted, confidence, date_of, dated, dates_of, fact, last_before, of_label
from nlp.facts.sites import laterality, locate, scanner, site_pattern, topography
from nlp.facts.surface import sentence_span, surface
from nlp.model import Fact, Label, Mention, Note
from nlp.text import Dictionary
from warehouse import codes

_INTENTS = (
    (re.compile(r"姑息|减瘤|减状|造瘘|造口|改道"), "PALLIATIVE"),
    (re.compile(r"根治"), "CURATIVE"),
    (re.compile(r"探查|活检|穿刺"), "DIAGNOSTIC"),
    (re.compile(r"重建|成形|还纳|回纳"), "RECON"),
)
_RESIDUAL = re.compile(r"(?<![a-z])r([012])(?!\d)\s?(?:切除)?")
_NOT_DONE = re.compile(
    r"(?:拟|建议|择期|拒绝|要求|未行|不宜|无法|难以|不能|考虑|可行|待|计划|为行|禁忌(?![症证]?后)|放弃|失去)[^,;。]{0,10}$|为(?:求|了)?(?:进一步|继续|再次)行?$"
)
_D_LEVEL = re.compile(r"(?<![a-z])d([12])(?![\d-])(?:\+|根治|清扫|淋巴|,|\)|\s|$)")
_GENERIC = re.compile(
    r"^(?:手术|术|切除术?|根治术?|探查术?|急诊手术|外科手术|二次手术|清扫术?|毕[ⅠⅡi1-2]{1,2}式|麻醉|气管插管(?:术|全麻)?|全身麻醉|插管术?|导管插管(?:术)?|化疗术|[上下]切除术?)$"
)
_DATE_HEADING = re.compile(r"手术(?:日期|时间)\s?[:为]?\s?")


@cache
def _site() -> re.Pattern[str]:
    return scanner(site_pattern())


@cache
def _kinds() -> Dictionary[codes.OpKind]:
    return Dictionary([(row.word, row) for row in codes.op_kinds()])


def build(note: Note) -> list[Fact]:
    """Operations named in words of their own; 手术 alone says too little."""
    text = surface(note)
    named = [
        row
        for one in of_label(note, Label.SURGERY)
        if asserted(one)
        and not _GENERIC.match(text[one.start : one.end])
        and not _NOT_DONE.search(text[max(0, one.start - 12) : one.start])
        and not _is_specimen(text, one)
        and not _WAY_IN.search(text[one.start : one.end + 6])
        and not _is_seen(text, one)
        and not _IN_FINDINGS.search(text[max(0, one.start - 16) : one.start])
        for row in _repeated(note, text, one)
    ]
    return _without_states(text, named + _unnamed(note, text) + _of_unknown_kind(note, text) + _of_disease(note, text))


_RESECTED = re.compile(r"切除术?(?=后)")


def _of_disease(note: Note, text: str) -> list[Fact]:
    """``诊断：胃癌切除术后``: a diagnosis that ends in the operation."""
    found = []
    for one in of_label(note, Label.DISEASE):
        match = _RESECTED.search(text, one.start, one.end + 1)
        if match is None or not asserted(one) or locate(text[one.start : match.start()]) is None:
            continue
        name = replace(one, end=match.end(), text=note.text[one.start : match.end()], code=None)
        if not _is_seen(text, name):
            found.append(replace(_row(note, text, name), mentions=[one]))
    return found


_SEEN = re.compile(r"\s?(?:手术)?(?:标本|科)|(?<=吻合)(?:处|部|端|旁|区)|\s?(?:术)?后(?:改变|状态|表现|缺如|残)")
"""``胃大部切除术后改变``: what an examination shows of an operation done before."""
_BEHIND = re.compile(r"\s?(?:术)?后(?!予|给|行|恢复|病理|化疗|放疗|于|第)")
_EXAM_BEFORE = re.compile(r"(?:镜|ct|mri?|超声|造影|片|pet|胃肠)[^。;]{0,14}?(?:提示|示|见|[:：])[^。;]{0,16}$")
_EXAM_OF = re.compile(r"(?<![a-z])(?:ct|mri?|pet|b超|超声|彩超|造影|镜)(?:检查|平扫|增强|[+、])*\s?[,:]?$")
"""Right before a name: the examination that shows its state (``CT右肾切除术后``)."""
_IN_FINDINGS = re.compile(r"术中(?:所?见|探查)?[:,]?$")
"""``术中见：腹腔镜探查…``: the report on an operation, not another one."""


_UNNAMED = re.compile(r"(?:癌|肿瘤|肿物|转移[灶瘤]|病灶)手?术(?![前中式者区野]|治疗|指征|禁忌|史|后|科|方案|[适并])")
_DONE = re.compile(r"(?:[行因院日月\d]|当地)\s?$")
_OF_UNKNOWN_KIND = re.compile(
    r"手术(?:治疗)?(?=\s?[,(](?:具体)?(?:手术)?(?:术式|方式|名称|情况)?[^,;。()]{0,4}(?:不详|不明|不清|未知|未述))"
)
"""``外院行手术(术式不详)``: the note says itself that the operation has no words of its own."""


_STATE = re.compile(r"\s?(?:术)?后")


def _without_states(text: str, rows: list[Fact]) -> list[Fact]:
    """``胃癌根治术后复查`` beside the operation with its date: the same one named again."""
    told = {_organ(one) for one in rows if _has_date(one)}
    return [one for one in rows if _has_date(one) or _organ(one) not in told or not _STATE.match(text, one.end)]


def _has_date(one: Fact) -> bool:
    return bool(one.values.get("op_date")) and "date_basis" not in one.values


def _organ(one: Fact) -> str:
    return str(one.values.get("site") or "")[:3]


def _is_seen(text: str, one: Mention) -> bool:
    """Is the name a state that an examination found (``胃镜:近端胃切除术后,吻合口炎``)?"""
    if _SEEN.match(text, one.end):
        return True
    before = text[max(0, one.start - 40) : one.start]
    return bool(_BEHIND.match(text, one.end) and (_EXAM_BEFORE.search(before) or _EXAM_OF.search(before)))


def _unnamed(note: Note, text: str) -> list[Fact]:
    """``行乙状结肠癌手术``: done on a named organ, in no words of its own."""
    found = []
    for match in _UNNAMED.finditer(text) if "术" in text else ():
        sites = list(_site().finditer(text, max(0, match.start() - 12), match.start()))
        if not sites or sites[-1].end() != match.start() or locate(sites[-1].group()) is None:
            continue
        start, end, site = sites[-1].start(), match.end(), sites[-1].group()
        before = text[max(0, start - 12) : start]
        if _NOT_DONE.search(before) or not _DONE.search(before):
            continue
        values = {
            "op_name_raw": note.text[start:end],
            "procedure_kind": "OTHER",
            "site": topography(site),
            "laterality": laterality(site),
            **dated("op_date", date_of(note, start, end)),
        }
        found.append(fact("surgery", values, [], 0.7, (start, end), kind="unnamed"))
    return found


def _of_unknown_kind(note: Note, text: str) -> list[Fact]:
    """An operation that the note dates and of which it says that the kind is not known."""
    found = []
    for match in _OF_UNKNOWN_KIND.finditer(text) if "术" in text else ():
        before, when = text[max(0, match.start() - 12) : match.start()], date_of(note, *match.span())
        if when.basis == "text" and _DONE.search(before) and not _NOT_DONE.search(before):
            words = note.text[match.start() : match.end()]
            values = {"op_name_raw": words, "procedure_kind": "OTHER", **dated("op_date", when)}
            found.append(fact("surgery", values, [], 0.7, match.span(), kind="unnamed"))
    return found


_WAY_IN = re.compile(r"穿刺术?(?:腹腔|胸腔)?(?:灌注|内)?(?:化疗|给药|注药)")
"""``腹腔穿刺化疗``: how the drug was given."""
_SOURCE = re.compile(r"(?:刮宫|诊刮|活检|穿刺|细胞学|刮片)(?:术)?$")
_RESULT_AFTER = re.compile(
    r"\s?(?:病理|\d+块|结果)*[,:]?(?:结果|病理|回报|标本|组织|涂片|点|孔|提?示|为|诊断|考虑|确诊|证实|符合|见|\()"
)
_RESULT_SAID = re.compile(r"\s?(?:病理)?[,:]?(?:提?示|证实|确诊|诊断|考虑|符合)(?!.{0,4}(?:不清|失败))")
"""``行直肠活检示腺癌``: what was done is told for its result; one that ends in 术 or has a report of its own was done."""
_DONE_BEFORE = re.compile(r"(?:行|施|予|麻[上下]|引导[上下]?)[^,;。]{0,6}$")
_SPECIMEN_BEFORE = re.compile(r"(?:病理|镜检|镜下|活检|冰冻|会诊)[^。;]{0,16}[(<][^()<>]{0,14}$")


def _is_specimen(text: str, one: Mention) -> bool:
    """``病理示：(纵隔肿物穿刺活检)`` names what was examined, ``肝脏穿刺活检示腺癌`` the source of a result: neither an operation done."""
    after = text[one.end : one.end + 12]
    if _SOURCE.search(text[one.start : one.end]) and _RESULT_AFTER.match(after):
        return _RESULT_SAID.match(after) is not None or not _DONE_BEFORE.search(
            text[max(0, one.start - 12) : one.start]
        )
    closed = after[:1] in (")", ">")
    return closed and bool(_SPECIMEN_BEFORE.search(text[max(0, one.start - 24) : one.start]))


_REPEATED = re.compile(r"[^,;。]{0,14}$")
"""Between the last of several dates and an operation: the operation was done on each of them."""


def _repeated(note: Note, text: str, one: Mention) -> list[Fact]:
    """The row of an operation, or one per date of a list (``2015-03-04和2015-04-15行支气管动脉栓塞术``)."""
    row = _row(note, text, one)
    dates = dates_of(note, one.start, one.end)
    last = [date for date in note.dates if date.end <= one.start and date.iso == dates[-1]] if len(dates) > 1 else []
    if not last or not _REPEATED.fullmatch(text, last[-1].end, one.start) or not _LISTED.search(text[: last[-1].start]):
        return [row]
    return [replace(row, values={**row.values, "op_date": date}) for date in dates]


_LISTED = re.compile(r"[和及、]\s?$")
_FAR = re.compile(r"[(（]距[^()（）]*[)）]?$")
"""A distance in brackets behind a name is none of its words."""


def _row(note: Note, text: str, one: Mention) -> Fact:
    words = text[one.start : one.end]
    kind, approach, dissection = _columns(words + _bracket(text, one.end))
    reach = text[one.start : min(sentence_span(text, one.start)[1], one.end + 30)]
    residual = _RESIDUAL.search(reach)
    level = _D_LEVEL.search(reach)
    site = locate(words)
    side = laterality(words)
    far = _FAR.search(one.text)
    values = {
        "op_name_raw": one.text[: far.start()] if far else one.text,
        "op_code": one.code,
        "procedure_kind": kind or "OTHER",
        "intent": next((code for pattern, code in _INTENTS if pattern.search(words)), None),
        "approach": approach,
        "site": topography(words) if site else None,
        "laterality": side if site or side in ("L", "R", "B") else None,
        "residual": f"R{residual.group(1)}" if residual else None,
        "ln_dissection": f"D{level.group(1)}" if level else dissection,
        **dated("op_date", _operation_date(note, text, one)),
    }
    return fact(
        "surgery",
        values,
        [one],
        confidence(one),
        kind="no date" if "date_basis" in values or not values.get("op_date") else "date",
    )


def _operation_date(note: Note, text: str, one: Mention) -> When:
    """The date the text ties to the operation, else (in an operation note) the one behind 手术日期."""
    when = date_of(note, one.start, one.end)
    heading = None if when.basis == "text" else _DATE_HEADING.search(text)
    named = [date for date in note.dates if heading and date.iso and heading.end() <= date.start <= heading.end() + 2]
    if named:
        return When(named[0].iso, "text")
    if when.basis != "text" and _THEREUPON.search(text[max(0, one.start - 10) : one.start]):
        earlier = last_before(note, Label.SURGERY, one.start - 1)
        before = date_of(note, earlier.start, earlier.end) if earlier else when
        return before if before.basis == "text" else when
    return when


_THEREUPON = re.compile(r"遂(?:决定|改)?(?:行|予|施)?[^,。]{0,4}$")
"""An operation that followed on the spot from what was found in another."""


def _bracket(text: str, end: int) -> str:
    match = re.match(r"\s?\([^)]{1,20}\)", text[end : end + 24])
    return match.group() if match else ""


def _columns(words: str) -> tuple[str | None, str | None, str | None]:
    """Kind, approach, dissection: for each the word of smallest priority decides."""
    hits = sorted((hit.payload for hit in _kinds().all(words)), key=lambda row: row.priority)
    first = {
        name: next((getattr(row, name) for row in hits if getattr(row, name)), None)
        for name in ("procedure_kind", "approach", "ln_dissection")
    }
    return first["procedure_kind"], first["approach"], first["ln_dissection"]
