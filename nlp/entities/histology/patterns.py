"""Differentiation and what may stand around a histological type. Folded surface; the types are in terms.tsv."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

LEAD = re.compile(
    r"(?:(?:高|中|低|未)(?:[-~—至到、或]*(?:高|中|低|未)){0,2}度?分化(?:型)?|(?:浸润|溃疡|隆起|弥漫|外生|(?<![结直大小盲回])肠(?:溃疡|外生|浸润)|髓质|胶样|缩窄)型|浸润性|(?:高|低|中)级别|早期|原发性|周围型|中央型|中心型|(?<![结直大小盲回])肠型|弥漫型|混合型|恶性)+$"
)
GLAND = re.compile(r"(?:乳|胰|前列|甲状|甲状旁|胸|肾上|腮|唾液|涎|汗|皮脂|泪|颌下|舌下|前庭大)$")
"""Before 腺癌: the gland's name ends there (乳腺癌 is a carcinoma of the breast, no histology)."""
GRADE = re.compile(r"(?P<words>(?:高|中|低|未)(?:\s?[-~—至到、或]*\s?(?:高|中|低|未)){0,2})度?\s?分化")
GRADE_AFTER = re.compile(
    r"^[,\s]?\(?(?:who\s?)?(?:组织学|分化)?(?:分级|程度)?[:为\s]?\s?\(?(?:(?P<words>(?:高|中|低|未)(?:\s?[-~至到、]*\s?(?:高|中|低|未)){0,2})度?分化|(?P<roman>ⅠⅡ|i{1,3}|[ⅠⅡⅢⅣ]|iv|[1-4](?=\s?[-~至级]))(?:\s?级?[-~至]\s?(?P<roman2>i{1,3}|iv|[ⅠⅡⅢⅣ]|[1-4]))?\s?级|g(?P<g>[1-4])(?:-(?P<g2>[1-4]))?(?!\d))\)?"
)
WORD_GRADE = {"高": 1, "中": 2, "低": 3, "未": 4}
ICD_O = re.compile(r"^\d{4}/\d$")


@cache
def terms() -> dict[str, str]:
    """Term to morphology."""
    path = Path(__file__).with_name("terms.tsv")
    rows = csv.reader((line for line in path.open(encoding="utf-8") if not line.startswith("#")), delimiter="\t")
    return {row[0]: row[1] for row in rows if len(row) == 2}
