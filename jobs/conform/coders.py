"""Names of structured tables → codes. Pure functions of one distinct name, run on the driver: a hospital has few names."""

from __future__ import annotations

import re
from functools import cache

from jobs.conform.rules import rules, word
from nlp.linking import Linker
from warehouse import codes

_FORMS = re.compile(
    r"注射用|盐酸|硫酸|甲磺酸|枸橼酸|醋酸|重组人?|注射液|注射剂|粉针剂?|冻干粉|缓释片|肠溶片|分散片|肠溶胶囊|软胶囊|胶囊|片剂?$|颗粒|口服液|口服溶液|乳剂|植入剂|微球|针$"
    r"|\d+(?:\.\d+)?\s*(?:mg|g|ml|万?iu|万?u|ug|毫克|克|毫升)(?:[*×/x:]\d*[^\s()（）]*)?",
    re.IGNORECASE,
)
_BRACKET = re.compile(r"[(（\[【]([^)）\]】]*)[)）\]】]")
_MALIGNANT = re.compile("癌|恶性|肉瘤|Ca(?![a-z])|CA(?![A-Z])|MT")
_ASSAY = re.compile("(?:测定|定量|定性|检测|检查|含量|浓度|水平)+$")
_ICD10 = re.compile(r"[A-Z]\d{2}(?:\.?\d{1,2})?")


@cache
def drug(name: str) -> codes.Drug | None:
    """The drug of an order's text: the whole name, then what stands in brackets, then without salt, form and strength, then the longest known name inside."""
    inside = _BRACKET.findall(name)
    outside = _BRACKET.sub(" ", name)
    for text in (
        name,
        outside,
        *inside,
        _FORMS.sub("", name),
        _FORMS.sub("", outside),
        *(_FORMS.sub("", part) for part in inside),
    ):
        if found := codes.lookup("drugs", text.strip()):
            return found  # type: ignore[no-any-return]
    folded = codes.fold(name)
    return next((row for key, row in _drug_names() if key in folded), None)


@cache
def _drug_names() -> tuple[tuple[str, codes.Drug], ...]:
    pairs = [(codes.fold(name), row) for row in codes.drugs() for name in codes.names(row) if name != row.atc]
    safe = [(key, row) for key, row in pairs if len(key) >= (5 if key.isascii() else 3)]
    return tuple(sorted(safe, key=lambda pair: (-len(pair[0]), pair[0])))


def unit(raw: str | None) -> str | None:
    """UCUM form of a written unit; the text itself when the table does not know it."""
    if not raw or not raw.strip():
        return None
    found = codes.lookup("units", raw)
    return found.ucum if found else raw.strip()


def lab(name: str, raw_unit: str | None) -> tuple[str | None, str | None, float | None]:
    """(test code, canonical unit, factor) of a test name and its unit.

    A name that several items share (TG) goes to the item that knows the unit. Without a unit the canonical one is assumed;
    with a unit that cannot be converted the factor is None and the number stays out of ``value_num``.
    """
    tries = (name, _BRACKET.sub("", name), _ASSAY.sub("", _BRACKET.sub("", name)))
    found: tuple[codes.LabItem, ...] = next(
        (rows for text in tries if (rows := codes.candidates("lab_items", text))), ()
    )
    if not found:
        return None, unit(raw_unit), 1.0
    factors = [(item, _factor(item, raw_unit)) for item in found]
    item, factor = next(((i, f) for i, f in factors if f is not None), factors[0])
    return item.code, item.unit or None, factor


def _factor(item: codes.LabItem, raw: str | None) -> float | None:
    written = unit(raw)
    if written is None or written == item.unit or not item.unit:
        return 1.0
    return next((f for u, f in item.conversions if u in (written, raw) or unit(u) == written), None)


def diagnosis(name: str | None, icd10: str | None) -> tuple[str | None, str, bool | None]:
    """(ICD-10 code of four characters, certainty, is malignant) of a diagnosis; the recorded code wins over the name's."""
    code = _icd10(icd10) or _icd10_of_name(name or "")
    text = name or ""
    certainty = "SUSPECTED" if re.search(rules()["patterns"]["doubt"], text) else "CONFIRMED"
    if (code or "").startswith("Z85") or re.search(rules()["patterns"]["past"], text):
        certainty = "HISTORY"
    return code, certainty, code.startswith("C") if code else None


def _icd10(raw: str | None) -> str | None:
    match = _ICD10.match((raw or "").strip().upper())
    if not match:
        return None
    digits = match.group().replace(".", "")
    return digits if len(digits) == 3 else f"{digits[:3]}.{digits[3]}"


def _icd10_of_name(name: str) -> str | None:
    clean = re.split("伴|并|合并|[,，;；]", _BRACKET.sub("", name).strip(" ?？"))[0]
    if found := codes.lookup("icd10", clean):
        # Imported editions extend the code (C34.101); the warehouse keeps four characters, of recorded codes too.
        return _icd10(found.code)
    if condition := codes.lookup("comorbidities", clean):
        return condition.condition_code  # type: ignore[no-any-return]
    if tumour := codes.lookup("tumour_types", clean):
        return _icd10(tumour.icd10[0]) if tumour.icd10 else None
    named = next((code for key, code in _disease_names() if key in clean), None)
    return _icd10(named) or (_site_category(clean) if _MALIGNANT.search(clean) and "转移" not in clean else None)


@cache
def _disease_names() -> tuple[tuple[str, str], ...]:
    """Names of ICD-10 rows and comorbid conditions, longest first; two characters (肺癌) do, one does not."""
    pairs = [(name, row.code) for row in codes.icd10() for name in (row.name_zh, *row.synonyms)]
    pairs += [(name, row.condition_code) for row in codes.comorbidities() for name in (row.name_zh, *row.synonyms)]
    usable = [(name, code) for name, code in pairs if len(name) >= (4 if name.isascii() else 2)]
    return tuple(sorted(usable, key=lambda pair: (-len(pair[0]), pair[0])))


def _site_category(name: str) -> str | None:
    """右肺上叶腺癌 → C34.1: the longest known site in a name that says cancer."""
    code = next((code for key, code in _sites() if key in name), None)
    if code is None:
        return None
    return code if codes.lookup("icd10", code) else code[:3]


@cache
def _sites() -> tuple[tuple[str, str], ...]:
    pairs = [
        (name, row.code) for row in codes.topography() if row.code < "C77" for name in (row.name_zh, *row.synonyms)
    ]
    return tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair[0])))


def comorbidity(icd10: str | None) -> tuple[str, str | None] | None:
    """(condition, Charlson group) of an ICD-10 code: four characters first, then three; None when no condition has it."""
    if not icd10 or icd10[0] in "CZ":
        return None
    row = codes.lookup("comorbidities", icd10[:5]) or codes.lookup("comorbidities", icd10[:3])
    return (row.condition_code, row.cci_group or None) if row else None


def operation(name: str) -> tuple[str, str | None, str | None, str | None, str | None]:
    """(kind, approach, node dissection, side, ICD-9-CM-3 code) that the words of a procedure's name give."""
    folded = codes.fold(name)
    hits = [row for row in codes.op_kinds() if codes.fold(row.word) in folded]

    def best(column: str) -> str | None:
        rows = sorted((r for r in hits if getattr(r, column)), key=lambda r: (r.priority, -len(r.word), r.word))
        return getattr(rows[0], column) if rows else None

    side = "B" if re.search("双侧|双乳|双肺", name) else "L" if "左" in name else "R" if "右" in name else None
    return best("procedure_kind") or "OTHER", best("approach"), best("ln_dissection"), side, operation_code(name)


@cache
def operation_code(name: str) -> str | None:
    """ICD-9-CM-3 code of an operation as written: the name as it stands, else the linker's best where it is sure of one.

    Of two operations in one name (an endoscopy and its biopsy) the better match counts, of equals the higher code.
    """
    if found := codes.lookup("icd9cm3", name):
        return found.code  # type: ignore[no-any-return]
    linked = [(choice.score, choice.code) for choice in _operations().link(name).codes]
    score, code = max(linked, default=(0.0, ""))
    return code if score >= _SURE_OPERATION else None


_SURE_OPERATION = 0.7
"""Least score of a linked operation, set by looking at the 20 names of the synthetic hospitals that no row spells out: 13 reach it, of which one gets the code of
the endoscopy and not of its biopsy; of the 7 below, one was right. No measure of accuracy: those names set it."""


@cache
def _operations() -> Linker:
    return Linker([(row.code, name) for row in codes.icd9cm3() for name in (row.name_zh, *row.synonyms)])


def note_type(name: str) -> str:
    """Canonical document code; OTHER for a name that no table row has."""
    found = codes.lookup("note_types", name)
    return found.doc_type if found else "OTHER"


def gene(name: str) -> tuple[str, str]:
    """(marker, class): the table's row, else the symbol as written, taken for a gene."""
    row = codes.lookup("markers", name)
    return (row.marker, row.marker_class) if row else (name.strip().upper(), "GENE_VARIANT")


def result(raw: str | None) -> tuple[str, str]:
    """(status, result) of a molecular report's words: not tested, negative and unknown are three different things."""
    value = word("result", raw)
    if value in ("NOT_TESTED", "QNS", "FAILED"):
        return value, "UNK"
    return "TESTED", value or "UNK"


def radiotherapy_site(site: str | None) -> tuple[str | None, str | None]:
    """(topography, target) of an irradiated site as written."""
    found = codes.lookup("topography", site)
    return found.code if found else None, word("target", site) or ("PRIMARY" if found else None)
