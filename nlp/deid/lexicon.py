"""Word lists of the de-identifier, loaded once per process from ``nlp/lexicons/deid`` and the divisions of python-stdnum."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "lexicons" / "deid"

_PROVINCE_TAIL = re.compile(r"(?:壮族|回族|维吾尔)?自治区$|特别行政区$|省$|市$")
_ETHNIC = (
    "满族|回族|蒙古族|蒙古|苗族|侗族|土家族|彝族|藏族|壮族|瑶族|布依族|朝鲜族|傣族|哈尼族|白族|傈僳族|景颇族|羌族|黎族|畲族|土族|撒拉族|"
    "哈萨克|柯尔克孜|维吾尔|塔吉克|锡伯|仡佬族|水族|仫佬族|毛南族|拉祜族|佤族|纳西族|布朗族|独龙族|怒族|普米族|达斡尔族|鄂伦春|鄂温克族|"
    "裕固族|保安族|东乡族|各族|珞巴民族|门巴民族"
)
_DIVISION_TAIL = re.compile(rf"(?:{_ETHNIC})*(?:自治州|自治县|自治旗|地区|盟|市|县|区|旗|林区|特区|矿区|新区)$")


def rows(name: str) -> list[list[str]]:
    """Cells of a lexicon file, without comments and header."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")][1:]


@cache
def words(name: str) -> dict[str, tuple[str, ...]]:
    """kind → words of a two-column lexicon whose cells are separated by blanks."""
    return {kind: tuple(dict.fromkeys(cell.split())) for kind, cell in rows(name)}


@cache
def surname_weight() -> dict[str, int]:
    """surname → 3 common, 2 ambiguous, 1 rare, 0 mostly a word; compound surnames 3."""
    weight: dict[str, int] = {}
    for kind, cell in rows("surnames.tsv"):
        if kind == "compound":
            weight.update(dict.fromkeys(cell.split(), 3))
            continue
        value = {"common": 3, "ambiguous": 2, "rare": 1, "word": 0}[kind]
        for char in cell:
            weight.setdefault(char, value)
    return weight


@cache
def given_weight() -> dict[str, int]:
    """character of a given name → 2 strong, 1 ok."""
    weight: dict[str, int] = {}
    for tier, cell in rows("given_chars.tsv"):
        for char in cell if tier in ("strong", "ok") else ():
            weight.setdefault(char, 2 if tier == "strong" else 1)
    return weight


@cache
def given_names() -> frozenset[str]:
    """Whole given names whose characters are everyday ones (解放, 石头)."""
    return frozenset(name for tier, cell in rows("given_chars.tsv") if tier == "name" for name in cell.split())


@cache
def divisions() -> tuple[tuple[str, str], ...]:
    """(six-digit code, full name) of every province, prefecture and county that GB/T 2260 ever listed."""
    text = resources.files("stdnum.cn").joinpath("loc.dat").read_text(encoding="utf-8")
    found: list[tuple[str, str]] = []
    province = ""
    for line in text.splitlines():
        if line.startswith("#") or '"' not in line:
            continue
        code, names = line.split()[0], line.split('"')[1]
        if not line.startswith(" "):
            province = code
            found.append((f"{code}0000", names))
        else:
            found += [(province + code, re.sub(r"\[.*?\]", "", n)) for n in names.split(",")]
    return tuple((c, n) for c, n in found if len(n) > 1)


def short_division(name: str) -> str:
    """A division's name without its type: 杭州市 → 杭州, 延边朝鲜族自治州 → 延边; names of two characters stay."""
    short = _DIVISION_TAIL.sub("", name)
    return short if len(short) >= 2 else name


def short_province(name: str) -> str:
    """浙江省 → 浙江, 广西壮族自治区 → 广西."""
    return _PROVINCE_TAIL.sub("", name)


@cache
def place_names() -> dict[str, str]:
    """place (full, and short where unmistakable) → province code. Generic entries such as 市辖区 are left out."""
    generic = {
        "市辖区",
        "县",
        "郊区",
        "城区",
        "矿区",
        "新区",
        "市区",
        "省直辖县级行政区划",
        "自治区直辖县级行政区划",
        "地区",
        "郊县",
        "东区",
        "西区",
    }
    places: dict[str, str] = {}
    for code, name in divisions():
        if name in generic:
            continue
        places.setdefault(name, code[:2])
        if code.endswith("0000"):
            places.setdefault(short_province(name), code[:2])
    for code, name in divisions():
        short = short_division(name)
        if code.endswith("00") and not code.endswith("0000") and name not in generic:
            places.setdefault(short, code[:2])
    places.update(dict.fromkeys(words("places.tsv")["region"], ""))
    return places


@cache
def county_shorts() -> dict[str, str]:
    """Short names of counties and county-level cities (桐乡, 莱芜) → province code; only used where an address is expected."""
    generic = place_names()
    shorts: dict[str, str] = {}
    for code, name in divisions():
        short = short_division(name)
        if short != name and len(short) >= 2 and short not in generic:
            shorts.setdefault(short, code[:2])
    return shorts
