"""Toxicity grades and the words that say a symptom is one. Folded surface."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

_GRADE = r"(?:[0-4]|[ⅠⅡⅢⅣ]|iv|i{1,3}|l{1,3}|[一二三四])"
AFTER = re.compile(
    rf"^\s?(?:反应|毒性|不良反应)?\s?(?:,\s?为|[(:为])?\s?(?:约|ctcae|程度|分级|达)?\s?(?P<n>{_GRADE})(?:\s?(?:°|度)?\s?[-~、至]\s?(?P<m>{_GRADE}))?\s?(?:度|°|级|grade)|^\s?(?:反应)?\s?[(]?(?:grade|g)\s?(?P<g>[1-4])"
)
BEFORE = re.compile(
    rf"(?<![a-z0-9])(?P<n>{_GRADE})\s?(?:°|度|级)?(?:\s?[-~、至]\s?(?P<m>{_GRADE}))?\s?(?:°|度|级)\s?(?:的)?\s?$|grade\s?(?P<g>[1-4])\s?$"
)
CHANGED = re.compile(
    rf"(?P<what>胆红素|转氨酶|alt|ast|肌酐|白细胞|中性粒细胞|粒细胞|血小板|血红蛋白|(?<![a-z])(?:wbc|neut|anc|plt|hgb|hb))\s?(?P<n>{_GRADE})\s?(?:°|度|级)\s?(?P<change>升高|下降|降低|减[少低]|(?<=[度°])(?=[,;。、\s]|$))"
)
"""A measured thing, the grade, its change; a blood count with a grade alone (``白细胞II度``) is a low one."""
ABBREVIATED = {
    "wbc": "白细胞", "neut": "中性粒细胞", "anc": "中性粒细胞", "plt": "血小板", "hgb": "血红蛋白", "hb": "血红蛋白",
}  # fmt: skip
"""Abbreviations of the blood count, as the terms name what they measure."""
LOW = re.compile(r"白细胞|粒细胞|血小板|血红蛋白")
WORD_BEFORE = re.compile(r"(?P<w>轻微|轻度|中度|重度|严重)\s?(?:的)?$")
WORD_AFTER = re.compile(r"^(?:反应)?(?P<w>轻微|较轻|轻|较重|重)(?:度)?")
WORD_GRADES = {"轻微": 1, "轻度": 1, "较轻": 1, "轻": 1, "中度": 2, "重度": 3, "严重": 3, "较重": 3, "重": 3}
CONTEXT = re.compile(
    r"化疗(?:期间|过程|后|中|时)|放疗(?:期间|过程|后|中)|副反应|不良反应|毒副|毒性|治疗(?:期间|过程|后|中)|用药后|靶向|免疫治疗后|停药|服药|术后第?\d*次?化疗"
)
NEGATED = re.compile(r"(?:无|未见|未出现|未诉|否认|没有|无明显|未发生|防治?|预防|止)[^,;。]{0,16}$")
MILD_ONLY = {"发热", "高血压", "贫血", "过敏", "乏力", "皮疹", "便秘"}
"""Terms that need a grade to count as toxicity: alone they are more often another condition."""
OFTEN_NOT_TOXIC = {"高血压"}
"""Its grades are the disease's own: it counts only in a sentence about treatment."""
IRAE = re.compile(r"免疫(?:相关)?性?|irae|pd-?1|单抗")
ACTIONS = (
    (re.compile(r"减量"), "REDUCE"),
    (re.compile(r"延迟|推迟"), "DELAY"),
    (re.compile(r"停药|停用|终止"), "STOP"),
    (re.compile(r"升白|对症|治疗后|护肝|处理|予"), "TREAT"),
)
RECOVERED = re.compile(r"好转|恢复|缓解|正常")
RADIATION = re.compile(r"放射性|放疗")


@cache
def terms() -> dict[str, str]:
    """Term to CTCAE name."""
    path = Path(__file__).with_name("terms.tsv")
    rows = csv.reader((line for line in path.open(encoding="utf-8") if not line.startswith("#")), delimiter="\t")
    return {row[0]: row[1] for row in rows if len(row) == 2}
