"""Values behind field labels (住院号：…, 电话 …, QQ…): read by the kind of label, ended by the next label."""

from __future__ import annotations

import re

from nlp.deid.date_forms import UNIT_AFTER
from nlp.deid.lexicon import words
from nlp.deid.model import Candidate
from nlp.deid.scan import Hit

_GAP = re.compile(r"(?:\s{0,3}[\])）]?\s{0,2}[:：=|#\[（(\"^_>．]{0,3}\s{0,3}(?:是|为|即)?\s{0,2}[:：]?\s{0,2})")
_CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9*]|[\-_/.](?=[A-Za-z0-9])|[# ](?=\d{3})){1,40}")
_CHINESE_CODE = re.compile(
    r"[\u4e00-\u9fff]{0,3}[第字]?[\-(（]?[A-Za-z0-9](?:[A-Za-z0-9*]|[\-_/.](?=[A-Za-z0-9])){2,30}号?"
)
_PHONE = re.compile(r"[(（+]?\d(?:[\d*]|[ \-()（）+转,](?=[\d(*])|[/、;，](?=\d{7})){5,40}")
_BED = re.compile(
    r"(?:[A-Za-z]-(?=\d)|[A-Za-z+]|加|[\u4e00-\u9fff]{0,4}区)?\s?\d{1,4}(?:[-+]\d{1,4})?\s?(?:号)?床?|[加]\s?[一二三四五六七八九十\d]{1,3}床?"
)
_HANDLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-.@]{4,40}")
_DIGITS = re.compile(r"\d(?:[ \-]?\d){4,24}")
_PLATE = re.compile(r"[\u4e00-\u9fff]?\s?[A-Z][·. \-]{0,2}[A-Z0-9]{4,7}[学警挂]?")
_EMAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+\-]{0,60}\s?@\s?[A-Za-z0-9.\-]{1,60}")
_ICD = re.compile(r"[A-TV-Z]\d{2}(?:\.[\dxX]{1,4}\d{0,3})?(?![\dA-Za-z])|M?\d{4}/\d")
_READERS = {
    "idcard": ("ID_CARD", re.compile(r"\d(?:[ \-]?[\dXx*]){5,19}")),
    "phone": ("PHONE", _PHONE),
    "record": ("RECORD_NO", _CODE),
    "bed": ("BED_NO", _BED),
    "bank": ("BANK_CARD", re.compile(r"[\d*](?:[ \-]?[\d*]){7,30}")),
    "passport": ("PASSPORT", re.compile(r"[\u4e00-\u9fff]{0,4}[第字]?[A-Za-z0-9][A-Za-z0-9()（）\-]{5,20}号?")),
    "wechat": ("WECHAT", _HANDLE),
    "qq": ("QQ", _DIGITS),
    "email": ("EMAIL", _EMAIL),
    "plate": ("PLATE", _PLATE),
    "staff": ("RECORD_NO", re.compile(r"(?!(?:19|20)\d\d(?!\d))[A-Z]{0,2}\d{4,6}(?![\dA-Za-z./%岁:：年月-])")),
}
_EXPLICIT = frozenset(":=|：#^")
_CELL_EDGES = frozenset(("", "|", "~"))
_WEAK = frozenset(words("cues.tsv")["weak_number_label"])
_CLINICAL_BEFORE = re.compile(
    r"(?:ICD|疾病|诊断|手术|操作|药品|药物|形态学|分组|DRG|项目|费用|产品|批|物资|耗材|器械|基因|位点|引物|探针)[\-\d]{0,3}$"
)


def find(text: str, labels: list[Hit]) -> list[Candidate]:
    """Candidates behind labels; the value may not reach into the next label."""
    out = []
    for i, hit in enumerate(labels):
        if hit.kind in _READERS:
            limit = labels[i + 1].start if i + 1 < len(labels) else len(text)
            out += _value(text, hit, min(limit, hit.end + 64))
    return out + _tables(text, labels)


_TABLE_LABEL = {
    "name": "NAME",
    "staff": "NAME",
    "address": "ADDRESS",
    "hospital": "HOSPITAL",
    "employer": "ORG",
    "birth": "",
}


def _tables(text: str, labels: list[Hit]) -> list[Candidate]:
    """Cells under a header line of field labels (tab, bar or column separated), by position in the line."""
    heads_may_be = [h for h in labels if _stands_apart(text, h)] if "\n" in text else []
    by_start = {h.start: h for h in heads_may_be}
    out: list[Candidate] = []
    columns: list[str] = []
    at = 0
    for line in text.split("\n") if len(heads_may_be) > 2 else ():
        cells = [(at + m.start(), at + m.end()) for m in re.finditer(r"[^\t|~]+", line)] if len(line) < 2000 else []
        cells = (
            cells
            if len(cells) >= 3
            else [(at + m.start(), at + m.end()) for m in re.finditer(r"\S+(?: \S+)*?(?=\s{2,}|$)", line[:2000])]
        )
        heads = [by_start[s].kind if s in by_start and by_start[s].end == e else "" for s, e in cells]
        if sum(bool(h) for h in heads) >= 3:
            columns = heads
        elif columns and len(cells) == len(columns):
            out += [c for kind, (s, e) in zip(columns, cells, strict=True) for c in _cell(text, kind, s, e)]
        else:
            columns = []
        at += len(line) + 1
    return out


def _stands_apart(text: str, hit: Hit) -> bool:
    """May a label fill a cell: with the mark of a column, a blank or the end of the text on both sides?"""
    before, behind = text[hit.start - 1 : hit.start], text[hit.end : hit.end + 1]
    return (before in _CELL_EDGES or before.isspace()) and (behind in _CELL_EDGES or behind.isspace())


def _cell(text: str, kind: str, start: int, end: int) -> list[Candidate]:
    value = text[start:end].strip()
    start = text.index(value, start) if value else start
    label = _READERS[kind][0] if kind in _READERS else _TABLE_LABEL.get(kind, "")
    if not label or not value or value in ("-", "/", "无", "不详") or len(value) > 60:
        return []
    if kind in _READERS and not any(c.isdecimal() for c in value):
        return []
    return [Candidate(start, start + len(value), label, "label.table", kind, 69)]


def _letter(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _value(text: str, hit: Hit, limit: int) -> list[Candidate]:
    label, pattern = _READERS[hit.kind]
    gap = _GAP.match(text, hit.end)
    at = gap.end() if gap else hit.end
    explicit = not _EXPLICIT.isdisjoint(text[hit.end : at])
    if hit.word.isascii() and (
        _letter(text[hit.start - 1 : hit.start]) or (hit.kind == "record" and text[hit.end : hit.end + 1].islower())
    ):
        return []  # a part of a word: the No of NovaSeq 6000
    match = pattern.match(text, at)
    if match is None and hit.kind == "record" and explicit:
        match = _CHINESE_CODE.match(text, at)
    if match is None or match.start() >= limit:
        return []
    end = match.start() + len(match.group().rstrip(" -_/.(（" + ("号床" if hit.kind == "bed" else "")))
    if end > limit and text[limit - 1 : limit] != "":
        end = min(end, max(limit, match.start()))
    if not _accept(text, hit, at, end, explicit):
        return []
    return [Candidate(at, end, label, f"label.{hit.kind}", hit.word, 90 if explicit else 76)]


def _accept(text: str, hit: Hit, at: int, end: int, explicit: bool) -> bool:
    value = text[at:end]
    digits = sum(c.isdecimal() for c in value)
    if hit.kind in ("record", "passport") and (
        _CLINICAL_BEFORE.search(text, max(0, hit.start - 8), hit.start) or _ICD.fullmatch(value)
    ):
        return False
    if hit.kind == "record":
        least = 2 if explicit and hit.word not in _WEAK else 4
        return digits >= least
    if hit.kind == "staff":
        return explicit and not UNIT_AFTER.match(text, end)
    if hit.kind == "bed":
        return (digits > 0 and (explicit or hit.word in ("床号", "床位号", "病床号", "床位", "BedNo", "BED_NO"))) or (
            "床" in text[at : end + 2] and digits > 0
        )
    if hit.kind in ("wechat", "qq"):
        return explicit or digits > 0 or (hit.word in ("微信", "微信号") and value.isascii())
    return digits > 0 or hit.kind == "email"
