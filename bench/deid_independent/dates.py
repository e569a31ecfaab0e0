"""Dates in every form in which they stand in Chinese notes."""

from __future__ import annotations

import datetime as dt
import random

CHINESE_DIGITS = "〇一二三四五六七八九"
#: form → (kind, strftime-like pattern); {y} year, {yy} two digits, {m} {d} plain, {mm} {dd} padded, {t} {ts} times
FORMS = {
    "cn": ("date_full", "{y}年{m}月{d}日"),
    "cn0": ("date_full", "{y}年{mm}月{dd}日"),
    "cnhao": ("date_full", "{y}年{m}月{d}号"),
    "iso": ("date_full", "{y}-{mm}-{dd}"),
    "dash": ("date_full", "{y}-{m}-{d}"),
    "slash": ("date_full", "{y}/{m}/{d}"),
    "dot": ("date_full", "{y}.{m}.{d}"),
    "dot0": ("date_full", "{y}.{mm}.{dd}"),
    "sp": ("date_full", "{y} 年 {m} 月 {d} 日"),
    "wide": ("date_fullwidth", "{y}－{mm}－{dd}"),
    "ym": ("date_month", "{y}.{m}"),
    "ymdash": ("date_month", "{y}-{mm}"),
    "ymcn": ("date_month", "{y}年{m}月"),
    "short": ("date_short", "{yy}/{m}/{d}"),
    "shortdot": ("date_short", "{yy}.{m}.{d}"),
    "shortcn": ("date_short", "{yy}年{m}月{d}日"),
    "md": ("date_month_day", "{m}月{d}日"),
    "mdhao": ("date_month_day", "{m}月{d}号"),
    "run": ("date_run", "{m}-{d}"),
    "rundot": ("date_run", "{m}.{d}"),
    "runslash": ("date_run", "{m}/{d}"),
    "compact": ("date_compact", "{y}{mm}{dd}"),
    "compact14": ("date_compact", "{y}{mm}{dd}{t6}"),
    "isot": ("date_time", "{y}-{mm}-{dd} {t}"),
    "isots": ("date_time", "{y}-{mm}-{dd} {t}:{ss}"),
    "isoT": ("date_time", "{y}-{mm}-{dd}T{t}:{ss}"),
    "slasht": ("date_time", "{y}/{m}/{d} {t}"),
    "cnt": ("date_time", "{y}年{m}月{d}日{H}时{M}分"),
    "cntc": ("date_time", "{y}年{mm}月{dd}日 {t}"),
    "mdt": ("date_time", "{m}月{d}日{t}"),
    "run0": ("date_run", "{mm}-{dd}"),
    "runslash0": ("date_run", "{mm}/{dd}"),
    "md0": ("date_month_day", "{mm}月{dd}日"),
    "ymslash": ("date_month", "{y}/{mm}"),
    "yymcn": ("date_month", "{yy}年{m}月"),
    "yymmdd": ("date_compact", "{yy}{mm}{dd}"),
    "slash0": ("date_full", "{y}/{mm}/{dd}"),
    "us": ("date_full", "{mm}/{dd}/{y}"),
    "cnsp": ("date_full", "{y}年 {mm}月 {dd}日"),
    "cnri": ("date_full", "{y}年{m}月{d}"),
    "runt": ("date_time", "{m}-{d} {t}"),
    "dott": ("date_time", "{y}.{m}.{d} {t}"),
}


def write_date(day: dt.date, form: str, rng: random.Random) -> tuple[str, str]:
    """(text, kind) of `day` in one of FORMS, `zh` (二〇一九年三月五日) or `zhmd` (三月五日)."""
    if form == "zhmd":
        return f"{chinese_number(day.month)}月{chinese_number(day.day)}日", "date_chinese_part"
    if form == "zh":
        return _chinese(day, rng), "date_chinese"
    kind, pattern = FORMS[form]
    hour, minute, second = rng.randint(7, 21), rng.randint(0, 59), rng.randint(0, 59)
    values = {
        "y": day.year, "yy": f"{day.year % 100:02d}", "m": day.month, "d": day.day, "mm": f"{day.month:02d}",
        "dd": f"{day.day:02d}", "t": f"{hour:02d}:{minute:02d}", "ss": f"{second:02d}", "H": hour, "M": minute,
        "t6": f"{hour:02d}{minute:02d}{second:02d}",
    }  # fmt: skip
    text = pattern.format(**values)
    return (widen(text) if form == "wide" else text), kind


def widen(text: str) -> str:
    """ASCII printing characters in full width (a space stays)."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def chinese_number(value: int) -> str:
    """1–99 in Chinese numerals."""
    tens, ones = divmod(value, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else CHINESE_DIGITS[tens] + "十")
    return head + (CHINESE_DIGITS[ones] if ones else "")


def _chinese(day: dt.date, rng: random.Random) -> str:
    zero = rng.choice("〇〇○零")
    year = "".join(CHINESE_DIGITS[int(digit)] for digit in str(day.year)).replace("〇", zero)
    return f"{year}年{chinese_number(day.month)}月{chinese_number(day.day)}日"
