"""Vital signs and body measures. Folded surface."""

from __future__ import annotations

import re

_SEP = r"\s?[:=为约]?\s?"
RULES = (
    ("HEIGHT", "cm", re.compile(rf"身高{_SEP}(?P<n>\d{{2,3}}(?:\.\d+)?)\s?(?P<u>cm|厘米|公分|m(?!m)|米)"), 50, 230),
    ("WEIGHT", "kg", re.compile(rf"体重{_SEP}(?P<n>\d{{2,3}}(?:\.\d+)?)\s?(?P<u>kg|公斤|千克|斤)"), 15, 250),
    (
        "BMI",
        "kg/m2",
        re.compile(rf"(?:(?<![a-z])bmi|体重指数|体质指数|体质量指数){_SEP}(?P<n>\d{{2}}(?:\.\d+)?)"),
        10,
        60,
    ),
    ("BSA", "m2", re.compile(rf"(?:(?<![a-z])bsa|体表面积){_SEP}(?P<n>[0-3]\.\d+)\s?(?:m2|m²|㎡|平方米)?"), 0.5, 3),
    (
        "TEMP",
        "Cel",
        re.compile(rf"(?:体温|(?<![a-z])t){_SEP}(?P<n>3[4-9](?:\.\d)?|4[0-2](?:\.\d)?)\s?(?:℃|°c|度|摄氏度)"),
        34,
        43,
    ),
    (
        "HR",
        "/min",
        re.compile(rf"(?:脉搏|心率|(?<![a-z])(?:p|hr)){_SEP}(?P<n>\d{{2,3}})\s?(?:次|bpm)(?:/?分|/min)?"),
        30,
        220,
    ),
    ("SPO2", "%", re.compile(rf"(?:(?<![a-z])spo2|血氧饱和度|指氧){_SEP}(?P<n>\d{{2,3}})\s?%"), 40, 100),
)
"""Measure, UCUM unit, pattern, plausible range. A change of weight (体重下降5kg) is none: the number must follow the name."""
CUES = {
    "HEIGHT": ("身高",),
    "WEIGHT": ("体重",),
    "BMI": ("bmi", "体重指数", "体质"),
    "BSA": ("bsa", "体表面积"),
    "TEMP": ("体温", "t"),
    "HR": ("脉搏", "心率", "p", "hr"),
    "SPO2": ("spo2", "血氧饱和度", "指氧"),
    "PRESSURE": ("血压", "bp"),
}
"""One of these is in every match of the measure: a text without them is not searched for it."""
PRESSURE = re.compile(rf"(?:血压|(?<![a-z])bp){_SEP}(?P<s>\d{{2,3}})\s?/\s?(?P<d>\d{{2,3}})\s?(?:mmhg)?")
