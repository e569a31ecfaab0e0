"""Numbers and addresses that identify: ID cards, phones, record numbers, bank cards, plates, e-mail and their forms."""

from __future__ import annotations

import datetime as dt
import random
import re

from bench.deid_independent.dates import widen

STANDARD_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
CHECK_CHARACTERS = "10X98765432"
MOBILE_HEADS = (
    130,
    131,
    133,
    135,
    136,
    137,
    138,
    139,
    150,
    151,
    152,
    158,
    159,
    166,
    173,
    177,
    180,
    185,
    186,
    187,
    189,
    198,
)


def id_number(rng: random.Random, region: str, born: dt.date) -> str:
    """An 18-digit number with a right check character (GB 11643)."""
    body = f"{region}{born:%Y%m%d}{rng.randint(1, 999):03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, STANDARD_WEIGHTS, strict=True))
    return body + CHECK_CHARACTERS[total % 11]


def write_id(number: str, form: str, rng: random.Random) -> tuple[str, str]:
    """(text, kind): plain, low (x), spaced, full, wrong (one digit changed), old (15 digits)."""
    if form == "spaced":
        return f"{number[:6]} {number[6:14]} {number[14:]}", "id_18_spaced"
    if form == "full":
        return widen(number), "id_18_fullwidth"
    if form == "wrong":
        place = rng.randint(14, 16)
        return number[:place] + str((int(number[place]) + 3) % 10) + number[place + 1 :], "id_18_wrong"
    if form == "old":
        return number[:6] + number[8:17], "id_15"
    return (number.lower() if form == "low" else number), "id_18"


def mobile(rng: random.Random) -> str:
    head = rng.choice(MOBILE_HEADS)
    return f"{head}{fill('########', rng)}"


def write_mobile(number: str, form: str) -> tuple[str, str]:
    parts = (number[:3], number[3:7], number[7:])
    match form:
        case "86":
            return "+86" + number, "mobile_prefixed"
        case "86s":
            return "+86 " + " ".join(parts), "mobile_prefixed"
        case "0":
            return "0" + number, "mobile_prefixed"
        case "sp":
            return " ".join(parts), "mobile_spaced"
        case "hy":
            return "-".join(parts), "mobile_spaced"
        case "full":
            return widen(number), "mobile_fullwidth"
    return number, "mobile"


def landline(rng: random.Random, area: str, form: str) -> str:
    local = rng.choice("2345678") + fill("#######" if len(area) == 3 else "######", rng)
    match form:
        case "paren":
            return f"（{area}）{local}"
        case "join":
            return area + local
        case "local":
            return local
        case "ext":
            return f"{area}-{local}转{rng.randint(100, 8999)}"
    return f"{area}-{local}"


def fill(pattern: str, rng: random.Random, day: dt.date | None = None) -> str:
    """`#` a digit, `^` a capital letter, `%Y`, `%y`, `%m`, `%d` of the day."""
    text = day.strftime(pattern) if day and "%" in pattern else pattern
    text = re.sub("#", lambda _: str(rng.randint(0, 9)), text)
    return re.sub(r"\^", lambda _: rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ"), text)


def bank_card(rng: random.Random, form: str) -> str:
    """19 digits with a right Luhn digit; `sp` in groups of four."""
    body = "62" + fill("################", rng)
    number = body + _luhn(body)
    return " ".join(re.findall(".{1,4}", number)) if form == "sp" else number


def _luhn(body: str) -> str:
    doubled = [int(digit) * (2 if index % 2 == 0 else 1) for index, digit in enumerate(reversed(body))]
    return str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


def plate(rng: random.Random, provinces: list[str]) -> str:
    new_energy = rng.random() < 0.25
    tail = fill("D#####" if new_energy else rng.choice(["#####", "^####", "##^##", "^#^##"]), rng)
    return rng.choice(provinces) + rng.choice("ABCDEFGH") + rng.choice(["", "·"]) + tail
