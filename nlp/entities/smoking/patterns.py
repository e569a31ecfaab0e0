"""Smoking and drinking. Folded surface."""

from __future__ import annotations

import re

TRIGGER = re.compile(
    r"[吸抽]烟[、及和或]?[饮喝]酒|吸烟|抽烟|烟龄|烟酒|烟史|嗜烟|嗜酒|饮酒|喝酒|酗酒|酒史|饮[白啤红黄米]酒|嗜好|戒烟|戒酒|烟、酒|抽香烟"
)
NEGATED = re.compile(r"(?:无|否认|不|未|没有)[^,;。]{0,10}$")
NEGATED_INSIDE = re.compile(r"^[^,;。]{0,6}?(?:史)?[:为]?(?:无|否认|\(-\)|-(?!\d)|不详)")
NOT_HABIT = re.compile(r"^(?:后|时|诱发|、劳累|、辛辣|、油腻)|^[^,;。]{0,2}后(?:出现|感|觉)")
ADVICE_BEFORE = re.compile(r"(?:忌|禁|避免|勿|戒除|建议|嘱|宜|应)[^,;。]{0,6}$")
YEARS = re.compile(r"(?P<n>\d{1,2}|[一二三四五六七八九十]{1,3})\s?[+余多]?\s?余?年(?!前)")
CIGARETTES = re.compile(r"(?P<n>\d{1,3})\s?(?:[-~]\s?(?P<m>\d{1,3}))?\s?(?:余|多)?支\s?(?:/|每)?\s?(?:日|天|d)?")
PACKS = re.compile(
    r"(?P<n>\d(?:\.\d)?|半|一|两|二|三)\s?(?:[-~]\s?(?P<m>\d(?:\.\d)?))?\s?包\s?(?:/|每)?\s?(?:日|天|d)?"
)
QUIT_YEARS = re.compile(
    r"(?:已?戒(?:烟|酒)?|戒断)\s?(?:已|约)?\s?(?P<n>\d{1,2}|[一二三四五六七八九十]{1,3}|半)\s?[+余多]?年|(?P<b>\d{1,2}|[一二三四五六七八九十]{1,3})\s?[+余多]?年前(?:已)?戒"
)
QUIT = re.compile(r"已戒|戒烟|戒酒|戒断")
ALCOHOL = re.compile(
    r"(?P<n>\d+(?:\.\d+)?|半|一|两|二|三|四|五)\s?(?:[-~]\s?(?P<m>\d+(?:\.\d+)?))?\s?(?P<unit>两|斤|ml|毫升|g(?![a-z])|克|瓶|杯)"
)
BEER, WINE, RICE = re.compile(r"啤酒"), re.compile(r"红酒|葡萄酒"), re.compile(r"黄酒|米酒")
MILLILITRES = {"两": 50.0, "斤": 500.0, "ml": 1.0, "毫升": 1.0, "瓶": 500.0, "杯": 150.0}
STRENGTH = {"spirit": 0.5, "beer": 0.04, "wine": 0.12, "rice": 0.15}
"""Share of alcohol by volume of 白酒, 啤酒, 红酒, 黄酒; grams = mL x strength x 0.8 (density of ethanol)."""
