"""Numbers as Chinese records write them: read, and print again in the same style."""

from __future__ import annotations

_DIGITS = "〇一二三四五六七八九"
_VALUE = (
    {c: i for i, c in enumerate(_DIGITS)}
    | {"零": 0, "两": 2, "元": 1, "正": 1, "O": 0, "o": 0, "Ｏ": 0, "0": 0}
    | {str(i): i for i in range(10)}
)


def parse_year(text: str) -> int | None:
    """二〇一九, 二零一九, 一九, 2019, 19 → year; two digits: 00-49 are 20xx, 50-99 19xx."""
    if not text or any(c not in _VALUE for c in text):
        return None
    number = int("".join(str(_VALUE[c]) for c in text))
    if len(text) == 2:
        return number + (2000 if number < 50 else 1900)
    return number if len(text) == 4 else None


def parse_small(text: str) -> int | None:
    """1-99 in Arabic or Chinese numerals (十二, 二十五, 廿五, 卅一, 初五)."""
    if text.isascii() and text.isdecimal():
        return int(text)
    value = text.removeprefix("初").replace("廿", "二十").replace("卅", "三十")
    if any(c not in _VALUE and c != "十" for c in value) or not value:
        return None
    if "十" not in value:
        return int("".join(str(_VALUE[c]) for c in value))
    tens, _, ones = value.partition("十")
    if len(tens) > 1 or len(ones) > 1:
        return None
    return (_VALUE[tens] if tens else 1) * 10 + (_VALUE[ones] if ones else 0)


def parse_age(text: str) -> int | None:
    """Ages up to 199, Arabic or Chinese (九十二, 一百零三)."""
    if "百" not in text:
        return parse_small(text)
    head, _, rest = text.partition("百")
    tail = parse_small(rest.lstrip("零〇")) if rest.strip("零〇") else 0
    return None if tail is None else 100 * (_VALUE.get(head, 1) if head else 1) + tail


def is_chinese(text: str) -> bool:
    """Does the numeral hold a Chinese digit?"""
    return not text.isascii()


def print_year(value: int, like: str) -> str:
    """The year in the digits, length and kind of zero of ``like``."""
    digits = f"{value:04d}"[-len(like) :]
    if not is_chinese(like):
        return digits
    zero = next((c for c in like if _VALUE.get(c) == 0), "〇")
    return "".join(zero if d == "0" else _DIGITS[int(d)] for d in digits)


def print_small(value: int, like: str, *, pad: bool) -> str:
    """A month or day as ``like`` writes it."""
    if not is_chinese(like):
        return f"{value:02d}" if pad else str(value)
    tens, ones = divmod(value, 10)
    tail = _DIGITS[ones] if ones else ""
    if tens == 0:
        return tail
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + tail
