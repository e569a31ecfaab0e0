"""Names of structured tables and what they are coded to; ids as derivation makes them."""

from __future__ import annotations

import pytest

from jobs.conform import coders
from jobs.conform.rules import word


@pytest.mark.parametrize(
    ("name", "inn"),
    [
        ("注射用紫杉醇(白蛋白结合型) 100mg", "nab-paclitaxel"), ("紫杉醇注射液 30mg", "paclitaxel"), ("盐酸厄洛替尼片(特罗凯)", "erlotinib"), ("吉非替尼片(易瑞沙)0.25g", "gefitinib"),
        ("甲磺酸奥希替尼片 80mg", "osimertinib"), ("替吉奥胶囊(维康达)", "tegafur-gimeracil-oteracil"), ("0.9%氯化钠注射液", None), ("维生素C片", None),
    ],
)  # fmt: skip
def test_drug(name: str, inn: str | None) -> None:
    row = coders.drug(name)
    assert (row.inn if row else None) == inn


@pytest.mark.parametrize(
    ("name", "unit", "expected"),
    [
        ("TG", "mmol/L", ("14927-8", "mmol/L", 1.0)), ("Tg", "ng/mL", ("3013-0", "ng/mL", 1.0)), ("血红蛋白", "g/dL", ("718-7", "g/L", 10.0)),
        ("总胆红素测定", "μmol/L", ("14631-6", "umol/L", 1.0)), ("肌酐", "mg/dl", ("14682-9", "umol/L", 88.4)), ("白蛋白", "磅", ("1751-7", "g/L", None)),
        ("本院自建项目", "x", (None, "x", 1.0)), ("癌胚抗原", None, ("2039-6", "ng/mL", 1.0)),
    ],
)  # fmt: skip
def test_lab(name: str, unit: str | None, expected: tuple[str | None, str | None, float | None]) -> None:
    assert coders.lab(name, unit) == expected


@pytest.mark.parametrize(
    ("name", "icd10", "expected"),
    [
        ("右肺上叶腺癌", None, ("C34.1", "CONFIRMED", True)), ("肺癌？", "c34.900", ("C34.9", "SUSPECTED", True)), ("高血压病3级", "I10.x00", ("I10", "CONFIRMED", False)),
        ("右肺癌伴骨转移", None, ("C34", "CONFIRMED", True)), ("肺癌个人史", "Z85.1", ("Z85.1", "HISTORY", False)), ("不明名称", None, (None, "CONFIRMED", None)),
    ],
)  # fmt: skip
def test_diagnosis(name: str, icd10: str | None, expected: tuple[str | None, str, bool | None]) -> None:
    assert coders.diagnosis(name, icd10) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("腹腔镜下远端胃癌根治术(D2)", ("RESECTION", "LAPAROSCOPIC", "D2", None)), ("左侧乳腺癌改良根治术", ("RESECTION", None, "ALND", "L")),
        ("CT引导下经皮肺穿刺活检术", ("BIOPSY", "PERCUTANEOUS", None, None)), ("经导管动脉化疗栓塞术(TACE)", ("TACE", "PERCUTANEOUS", None, None)), ("自体造血干细胞移植", ("HSCT", None, None, None)),
        ("PICC置管术", ("OTHER", "PERCUTANEOUS", None, None)),
    ],
)  # fmt: skip
def test_operation(name: str, expected: tuple[str | None, ...]) -> None:
    assert coders.operation(name)[:4] == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("未检出突变", ("TESTED", "NEG")),
        ("未检测", ("NOT_TESTED", "UNK")),
        ("阳性", ("TESTED", "POS")),
        ("标本不足", ("QNS", "UNK")),
        ("不详", ("TESTED", "UNK")),
        ("结果待回报", ("TESTED", "UNK")),
        ("结果未出", ("TESTED", "UNK")),
        ("未行检测", ("NOT_TESTED", "UNK")),
        (None, ("TESTED", "UNK")),
        ("意义未明变异", ("TESTED", "VUS")),
    ],
)
def test_molecular_results_keep_three_kinds_of_silence_apart(raw: str | None, expected: tuple[str, str]) -> None:
    assert coders.result(raw) == expected


def test_comorbidity_takes_the_narrower_block_and_no_cancer() -> None:
    assert coders.comorbidity("E11.9") == ("E11", "DM")
    assert coders.comorbidity("E11.2") == ("E11.2", "DM_COMPL")
    assert coders.comorbidity("I10") == ("I10", None)
    assert coders.comorbidity("C34.1") is None


def test_words_know_their_own_values() -> None:
    assert word("route", "静脉滴注") == "IV"
    assert word("route", "PO") == "PO"
    assert word("technique", "IMRT") == "IMRT"
    assert word("flag", None) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("根治性全胃切除术", "43.99"),
        ("CT引导下肺穿刺活检术", "33.26"),
        ("电子胃镜检查+活检术", "44.14"),
        ("超声引导下经会阴前列腺穿刺活检术", "60.11"),
        ("下细针穿刺", None),
        ("颈部吻合术", None),
        ("换药", None),
    ],
)
def test_operations_are_coded_when_the_linker_is_sure(name: str, code: str | None) -> None:
    assert coders.operation_code(name) == code
