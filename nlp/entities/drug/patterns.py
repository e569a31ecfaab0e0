"""Drug names, salts and dosage forms; and what tells a drug from a look-alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from nlp import lexicons
from nlp.entities.drug.model import DrugName
from nlp.text import fold
from warehouse import codes

DOSE_AFTER = re.compile(r"[\s(:,约共]{0,2}(?:\d|d\d|注射|静滴|静点|口服|\)\s?\d)|\s?\+")
"""A dose, a day or a route right after a name."""

WITH_UNIT = re.compile(r"[\s:]?\d{1,4}(?:\.\d+)?\s?(?:ml|mg|g|支|瓶|u|iu)(?![/a-z])|注射液|盐水|针|片|静滴")
"""A dose with its unit: what tells a nutrient given from one measured."""

NOT_A_DRUG_AFTER = re.compile(
    r"\s?(?:抗体|受体|抵抗|测定|耐药|浓度|水平|[+\-±](?![\u4e00-\u9fffa-z\d])|\([+\-±]|原|酶|释放|时间|试验|敏感)|\s?(?:升高|降低|下降|减少)"
)
NOT_A_DRUG_BEFORE = re.compile(r"(?:抗|血清|血浆|血|尿|低|糖化)$")
"""What stands beside the look-alikes: laboratory items, markers, antibodies."""


CULTURED = re.compile(r"感染|培养|检出|阳性|药敏|菌血症|败血症")
GIVEN = re.compile(r"口服|服用|[予给用]|片|胶囊|散|颗粒")
CLAUSE = re.compile(r"[,，;；。\n]")
"""Around a micro-organism that is also a probiotic (``大肠埃希菌、屎肠球菌感染``): it was found, or it was given."""


def names() -> Iterator[tuple[str, DrugName]]:
    """Every written form of every drug."""
    for drug in codes.drugs():
        known = DrugName(drug.name_zh or drug.inn, drug.inn, drug.atc or None, bool(drug.is_antineoplastic))
        for form in (drug.name_zh, drug.inn, *drug.synonyms):
            if form and (len(form) > 1):
                yield form, known
    for form in lexicons.words("drugs_general", "", "term"):
        if form not in _affixes():
            yield form, DrugName(form)


@cache
def _affixes() -> frozenset[str]:
    return frozenset(
        word
        for row in lexicons.rows("drugs_general")
        if row["class"] in ("prefix", "form")
        for word in row["term"].split(";")
    )


@cache
def aside() -> frozenset[str]:
    """Names that are no drug given to the patient as such: carriers, contrast media, materials, local use, classes."""
    return frozenset(
        word for row in lexicons.rows("drugs_general") if row["class"] == "aside" for word in row["term"].split(";")
    )


@cache
def nutrients() -> frozenset[str]:
    """Words that are drugs only with a dose: substances that laboratories measure as well."""
    return frozenset(
        (
            "葡萄糖",
            "白蛋白",
            "叶酸",
            "维生素b12",
            "降钙素",
            "氯化钠",
            "免疫球蛋白",
            "维生素",
            "胰岛素样",
            "皮质醇",
            "甲状腺素",
            "atp",
        )
    )


def forms() -> list[str]:
    """Dosage forms that a name can end with."""
    return [word for row in lexicons.rows("drugs_general") if row["class"] == "form" for word in row["term"].split(";")]


def _prefixes() -> list[str]:
    words = [
        word for row in lexicons.rows("drugs_general") if row["class"] == "prefix" for word in row["term"].split(";")
    ]
    return sorted((re.escape(fold(word)) for word in words if len(word) > 1), key=len, reverse=True)


PREFIX = re.compile(rf"(?:{'|'.join(_prefixes())}){{1,2}}$")
"""Salts and origins before a name."""
