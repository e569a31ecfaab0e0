"""Canonical forms of identifying values, shared with the jobs that read columns."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from stdnum.cn import ric

from nlp.deid.fold import fold, squeeze
from nlp.deid.lexicon import county_shorts, divisions, place_names

_ID18 = re.compile(r"[1-9]\d{16}[\dX]")
_ID15 = re.compile(r"[1-9]\d{14}")
_PROVINCES = frozenset(code[:2] for code, _ in divisions() if code.endswith("0000"))
_PHONE_PREFIX = re.compile(r"^(?:\+|00)?86(?=1[3-9]\d{9}$)|^0(?=1[3-9]\d{9}$)")


def _real_date(digits: str) -> bool:
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return 1880 <= day.year <= 2100


def valid_id18(number: str) -> bool:
    """Is this an 18-digit resident number (GB 11643): province, birth date and check digit right? Spaces and width are ignored."""
    value = squeeze(number)
    if not _ID18.fullmatch(value) or value[:2] not in _PROVINCES or not _real_date(value[6:14]):
        return False
    return ric.calc_check_digit(value) == value[-1]


def id15_to_18(number: str) -> str:
    """The 18-digit form of a 15-digit resident number (issued until 1999, birth year of the 1900s). Raises ValueError if it is none."""
    value = squeeze(number)
    if not _ID15.fullmatch(value) or value[:2] not in _PROVINCES or not _real_date("19" + value[6:12]):
        msg = "not a 15-digit resident number"
        raise ValueError(msg)
    body = value[:6] + "19" + value[6:]
    return body + ric.calc_check_digit(body + "0")


def normalise_id(raw: str) -> str | None:
    """Canonical 18-digit resident number, or None when the value is not a valid one (15-digit numbers are converted)."""
    value = squeeze(raw or "")
    if len(value) == 15:
        try:
            return id15_to_18(value)
        except ValueError:
            return None
    return value if valid_id18(value) else None


def normalise_phone(raw: str) -> str | None:
    """Digits of a mobile or landline without country code and separators; None when there are fewer than 7 digits."""
    digits = re.sub(r"[^\d+]", "", fold(raw or ""))
    digits = _PHONE_PREFIX.sub("", digits).lstrip("+")
    return digits if 7 <= len(digits) <= 15 else None


def normalise_name(raw: str) -> str:
    """A name without blanks, full-width forms and title marks; Latin names in capitals; dots of minority names unified."""
    value = re.sub(r"[.．]", "·", fold(raw or "")) if re.search(r"[\u4e00-\u9fff]", raw or "") else fold(raw or "")
    return re.sub(r"\s+|[\^]", "", value).strip("·,，").upper()


@cache
def _place_pattern() -> re.Pattern[str]:
    every = {**county_shorts(), **place_names()}
    return re.compile("|".join(sorted(map(re.escape, every), key=len, reverse=True)))


def province_code(address: str) -> str | None:
    """GB/T 2260 province code (2 digits) of an address: the leftmost province, prefecture or county in it; None when none is named."""
    text = re.sub(r"\s+", "", fold(address or ""))
    hit = _place_pattern().search(text)
    if hit is None:
        return None
    return place_names().get(hit.group()) or county_shorts().get(hit.group())
