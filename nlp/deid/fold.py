"""One-to-one folding: the folded text has the same length as the raw one, so offsets are shared."""

from __future__ import annotations

import re

_EXTRA = {
    "〇": "〇",
    "○": "〇",
    "◯": "〇",
    "零": "零",
    "　": " ",
    "\u00a0": " ",
    "\u2002": " ",
    "\u2003": " ",
    "\u2009": " ",
    "\u202f": " ",
    "\u200b": " ",
    "\ufeff": " ",
    "•": "·",
    "・": "·",
    "‧": "·",
    "∙": "·",
    "－": "-",
    "‐": "-",
    "‑": "-",
    "–": "-",
    "−": "-",
    "﹣": "-",
    "。": "。",
    "﹕": ":",
    "∶": ":",
    "︰": ":",
    "【": "[",
    "】": "]",
    "〔": "[",
    "〕": "]",
    "～": "~",
    "〜": "~",
    "∼": "~",
    "＊": "*",
    "﹡": "*",
    "﹒": ".",
    "㎎": "㎎",
    "號": "号",
    "醫": "医",
    "電": "电",
    "話": "话",
    "診": "诊",
    "歲": "岁",
    "│": "|",
    "┃": "|",
    "║": "|",
    "¦": "|",
    "┆": "|",
    "┊": "|",
    "─": "-",
    "━": "-",
    "═": "-",
    "＿": "_",
}
_TABLE = {c: chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)} | {ord(k): v for k, v in _EXTRA.items()}
_TABLE.update(
    {d + base: str(d) for base in (0x660, 0x6F0) for d in range(10)}
)  # Arabic-Indic digits, seen in pasted text
_FULLWIDTH_COMMAND = {0xFF0C: "，", 0xFF1B: "；"}
_TABLE.update(_FULLWIDTH_COMMAND)
_FOLDED = re.compile(f"[{re.escape(''.join(chr(c) for c, new in _TABLE.items() if chr(c) != new))}]")


def fold(text: str) -> str:
    """Full-width forms, odd spaces, dots and dashes to their plain forms; the length never changes."""
    for char in set(_FOLDED.findall(text)):
        text = text.replace(char, _TABLE[ord(char)])
    return text


def squeeze(text: str) -> str:
    """Folded text without spaces and hyphens, upper case: the form in which numbers are compared."""
    return "".join(ch for ch in fold(text).upper() if not ch.isspace() and ch != "-")
