"""Rows of ``tumour_attribute``, ``comorbidity`` and ``diagnosis``. Definitions: docs/variables-facts.md."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from nlp.facts.context import asserted, certainty, confidence, date_of, dated, fact, of_label, overlapping
from nlp.facts.sites import topography
from nlp.facts.surface import clause_span, fold_words, surface
from nlp.model import Fact, Label, Mention, Note, Temporality
from nlp.text import Dictionary, fold
from warehouse import codes

_NEGATED = re.compile(r"(?:无|否认|未见|排除|没有)[^,;。但]{0,24}$|(?:否认|无)[^;。但]{0,40}$")
_RELATIVE = re.compile(r"[父母兄弟姐妹祖]|家族")
_STATEMENT = re.compile(r"(?:诊断|诊为|确诊|拟|以|考虑|初步诊断|出院诊断|入院诊断|诊断明确|收入|示|为|因)[^。;]{0,14}$")
_NO_CONDITION = re.compile(
    r"\s?(?:两对半|五项|六项|病毒|表面|抗[体原]|筛查|检查|试验|[^,;。]{0,6}(?:阴性|\(-\)|待排|不能?完全?除外|不除外|鉴别|可能))|等?(?:[、及和][^,;。]{1,10}){0,3}(?:等)?(?:相)?鉴别"
)
"""Behind a name: it is a test, or no more than a possibility."""
_DIFFERENTIAL = re.compile(r"(?:鉴别诊断|需与|应与|排除|与)[^。;\n]{0,40}\Z")
_MALIGNANT = re.compile(r"癌|恶性|肉瘤|白血病|淋巴瘤|骨髓瘤|mt|ca(?![a-z])|母细胞瘤|黑色素瘤")


@cache
def _attributes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    path = Path(__file__).with_name("attributes.toml")
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["attribute"]
    return tuple((row["code"], re.compile(row["pattern"])) for row in rows)


def build_attributes(note: Note) -> list[Fact]:
    """Disease-specific variables."""
    text = surface(note)
    found = []
    for code, pattern in _attributes():
        for match in pattern.finditer(text):
            words = note.text[match.start("v") : match.end("v")].replace(" ", "").upper()
            values = {
                "variable_code": code,
                "value_text": words,
                **dated("assessed_date", date_of(note, *match.span())),
            }
            found.append(fact("tumour_attribute", values, [], 0.9, match.span(), kind=code))
    return found


@cache
def _comorbidities() -> Dictionary[codes.Comorbidity]:
    """Names but malignancies, which the tumour table holds."""
    pairs = [(name, row) for row in codes.comorbidities() for name in codes.names(row)
             if len(name) > 1 and row.condition_code[:1] != "C" and not re.fullmatch(r"[A-Z]\d\d.*", name)]  # fmt: skip
    return Dictionary(pairs, shared=True)


def build_comorbidities(note: Note) -> list[Fact]:
    """One row per condition, the first statement that affirms it."""
    text = surface(note)
    rows: dict[str, Fact] = {}
    for hit in _comorbidities().find(text):
        code = hit.payload.condition_code
        cover = overlapping(note, Label.DISEASE, hit.start, hit.end)
        if code in rows or not _affirmed(text, hit.start, cover) or _NO_CONDITION.match(text[hit.end : hit.end + 16]):
            continue
        if overlapping(note, Label.ADVERSE_EVENT, hit.start, hit.end) or _DIFFERENTIAL.search(text, 0, hit.start):
            continue
        values = {
            "condition_code": code,
            "cci_group": hit.payload.cci_group or None,
            "active": True,
            **dated("first_date", date_of(note, hit.start, hit.end)),
        }
        rows[code] = fact("comorbidity", values, [cover] if cover else [], 0.85, (hit.start, hit.end))
    return list(rows.values())


def _affirmed(text: str, start: int, cover: Mention | None) -> bool:
    if cover is not None:
        return asserted(cover) and certainty(cover) == "CONFIRMED"
    before = text[max(clause_span(text, start)[0], start - 40) : start]
    return not _NEGATED.search(before) and not _RELATIVE.search(before[-8:])


def build_diagnoses(note: Note) -> list[Fact]:
    """Diseases under a diagnosis heading or after words that state a diagnosis."""
    text = surface(note)
    found = []
    for one in of_label(note, Label.DISEASE):
        stated = "diagnos" in one.section or _STATEMENT.search(
            text[max(0, one.start - 16) : one.start].replace('"', "")
        )
        if stated and asserted(one):
            found.append(_diagnosis(note, text, one))
    return found


_STAGE = re.compile(r"(?<![a-z])[ycpr]{0,2}t\s?(?:[0-4x]|is)[a-d]?[\s,]?n\s?[0-3ox+][a-c]?(?:[\s,]?m\s?[01ox][a-d]?)?")
"""Its T1 to T4 are no thoracic vertebrae."""


_MIXED_LIVER = re.compile(r"(?=.*混合)(?=.*肝细胞).*胆管")
"""A carcinoma of both kinds of cells is one of the liver."""


def _icd10(words: str) -> str | None:
    """Category of a carcinoma by its organ; other names by the table of conditions, or of types where it gives one code."""
    folded = _STAGE.sub("", fold_words(words))
    if re.search(r"癌|(?<![a-z])(?:ca|mt)(?![a-z])|恶性肿瘤", folded) and not re.search(r"原位|转移|血", folded):
        site = "C22" if _MIXED_LIVER.match(folded) else topography(folded)
        return site[:3] if site else None
    if condition := codes.lookup("comorbidities", words) or codes.lookup("comorbidities", fold(words)):
        return str(condition.condition_code)
    known = codes.lookup("tumour_types", words) or codes.lookup("tumour_types", fold(words))
    return known.icd10[0] if known and len(known.icd10) == 1 and "-" not in known.icd10[0] else None


def _diagnosis(note: Note, text: str, one: Mention) -> Fact:
    history = one.temporality is Temporality.HISTORY and (
        one.section == "past_history" or text[one.end : one.end + 3].endswith("史")
    )
    values = {
        "name_raw": one.text,
        "icd10_code": one.code if (one.code_system or "").startswith("ICD") else _icd10(one.text),
        "certainty": "HISTORY" if history else certainty(one),
        "is_malignant": bool(_MALIGNANT.search(text[one.start : one.end])),
        **dated("diagnosis_date", date_of(note, one.start, one.end)),
    }
    return fact("diagnosis", values, [one], confidence(one, 0.85))
