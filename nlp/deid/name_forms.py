"""Patterns of names, compiled from ``name_patterns.toml`` with the character lists filled in."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from typing import Any, NamedTuple

from nlp.deid.alternation import either
from nlp.deid.lexicon import FOLDER, given_weight, surname_weight, words
from nlp.deid.rare import Rare

CJK = "〇\u3400-\u9fff\U00020000-\U0002ffff"


class Form(NamedTuple):
    """One written form."""

    name: str
    pattern: Rare


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "name_patterns.toml").read_text(encoding="utf-8"))


@cache
def chars(name: str) -> frozenset[str]:
    """A set of characters of the file's ``chars`` table."""
    return frozenset(_file()["chars"][name])


def listed(name: str) -> list[str]:
    """Words of one entry of the ``chars`` table."""
    return list(_file()["chars"][name].split())


@cache
def no_persons() -> frozenset[str]:
    """Words that begin like a name and are none."""
    return frozenset(listed("not_person"))


def part_words() -> list[str]:
    """Parts of names without family name."""
    return list(_file()["chars"]["parts"].split())


@cache
def _fillers() -> dict[str, str]:
    weight = surname_weight()
    single = [s for s in weight if len(s) == 1]
    bare = chars("function") | chars("not_titled")
    lists = {
        "cjk": f"[{CJK}]",
        "CJK": CJK,
        "compound": either(s for s in weight if len(s) > 1),
        "sure": "".join(s for s in single if weight[s] >= 2),
        "common": "".join(s for s in single if weight[s] == 3),
        "anyone": "".join(s for s in single if s not in chars("function")),
        "titled": "".join(s for s in single if (weight[s] >= 2 or s in chars("titled_too")) and s not in bare),
        "named": "".join(s for s in single if weight[s] >= 1 and s not in bare),
        "function": "".join(chars("function")),
        "kin": either({*words("cues.tsv")["relation"], *listed("company")}),
        "dept": either(listed("dept")),
        "strong": "".join(c for c, w in given_weight().items() if w == 2),
    }
    begins = "".join({s[0] for s in weight if len(s) > 1})
    surname = f"(?=[{begins}])(?:{lists['compound']})|[{lists['anyone']}{lists['function']}]"
    lists["person"] = f"(?P<name>(?:{surname})[{CJK}]{{1,2}})"
    return lists | _file()["tails"]


def _filled(source: str) -> str:
    """Braces that hold a word are lists, braces that hold digits are repeats."""
    return re.sub(r"\{([a-zA-Z]+)\}", lambda m: _fillers()[m[1]], source)


def _compile(source: str) -> re.Pattern[str]:
    return re.compile(_filled(source))


@cache
def pattern(table: str, name: str) -> re.Pattern[str]:
    """A pattern of the ``around`` or ``value`` table."""
    return _compile(_file()[table][name])


@cache
def rare_pattern(table: str, name: str) -> Rare:
    """A pattern of the ``around`` or ``cued`` table that is looked for anywhere in a note."""
    return Rare(pattern(table, name))


class Frame(NamedTuple):
    """A place where only a person stands: ``left`` matches what ends right before the name, ``right`` is the source of what follows it. ``least``:
    evidence from which the characters are taken; ``words``: also ordinary words."""

    name: str
    left: re.Pattern[str]
    right: str
    least: float
    words: bool


@cache
def frames() -> tuple[Frame, ...]:
    """The frames of the file, in its order."""
    return tuple(
        Frame(f["name"], _compile(f"(?:{f['left']})"), _filled(f["right"]), f["least"], f["words"])
        for f in _file()["frame"]
    )


@cache
def followed(rights: tuple[str, ...]) -> re.Pattern[str]:
    """A name (group ``name``) before one of some sources."""
    return _compile(f"{{person}}(?={'|'.join(rights)})")


@cache
def forms() -> tuple[Form, ...]:
    """The forms that carry their evidence in themselves, in the file's order."""
    return tuple(Form(f["name"], Rare(_compile(f["pattern"]))) for f in _file()["form"])


@cache
def _surnames() -> dict[str, tuple[str, ...]]:
    """first character → family names that begin with it, the longest first."""
    found: dict[str, list[str]] = {}
    for surname in sorted(surname_weight(), key=len, reverse=True):
        found.setdefault(surname[0], []).append(surname)
    return {first: tuple(listed) for first, listed in found.items()}


def surname_at(text: str, at: int) -> str:
    """The surname that opens at an offset (compound ones first), or ""."""
    for surname in _surnames().get(text[at : at + 1], ()):
        if text.startswith(surname, at):
            return surname
    return ""
