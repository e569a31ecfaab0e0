"""A cohort as a file: what it may say, what it says, and its id.

The kinds of criteria are declared in criteria.toml; a cohort file lists criteria in order. The id covers the release and what
the criteria mean (kinds, parameters, defaults), not their labels: two files that ask the same have the same id.
"""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from warehouse import codes
from warehouse.errors import WarehouseError
from warehouse.schema import release

Value = Any
"""Text, number, list of text, list of two numbers, date as ISO text, or None."""


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a kind: its type (text, texts, number, date, days) and default; required when neither default nor optional.

    ``of`` is the release column (``table.column``) whose closed values alone it may name, or empty; ``codes`` the code table that
    names the values of an open one, ``held`` the SQL of the values that a release holds of it.
    """

    name: str
    type: str
    default: Value
    required: bool
    of: str = ""
    codes: str = ""
    held: str = ""

    @property
    def known(self) -> tuple[str, ...]:
        """The values that it may name; empty when it is open."""
        if not self.of:
            return ()
        table, _, column = self.of.partition(".")
        if column == "tumour_code":
            return tuple(row.tumour_code for row in codes.tumour_types())
        return release(table).column(column).values


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of criterion: what it means, its words, and the SQL that decides."""

    name: str
    en: str
    words: str
    met: str
    index: str
    line: str
    params: tuple[Param, ...]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of a cohort, with every parameter filled. ``exclude`` turns it round."""

    kind: Kind
    values: dict[str, Value]
    exclude: bool
    label: str

    def meaning(self) -> dict[str, Value]:
        """What decides, without the label: this is what the id covers."""
        return {"kind": self.kind.name, "exclude": self.exclude} | self.values


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort file."""

    name: str
    title: str
    criteria: tuple[Criterion, ...]

    def id(self, release_id: str) -> str:
        """The frozen id: 12 hexadecimal digits over release, criteria and the version of the kinds."""
        body = [release_id, version(), [criterion.meaning() for criterion in self.criteria]]
        return sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]


@cache
def _declared() -> dict[str, Any]:
    return tomllib.loads((files("warehouse.cohort") / "criteria.toml").read_text(encoding="utf-8"))


def version() -> str:
    """Version of the kinds of criteria."""
    return str(_declared()["version"])


@cache
def kinds() -> dict[str, Kind]:
    """All kinds of criteria by name."""
    return {name: _kind(name, entry) for name, entry in _declared()["kind"].items()}


def _kind(name: str, entry: dict[str, Any]) -> Kind:
    params = tuple(
        Param(
            key,
            item["type"],
            item.get("default"),
            not item.get("optional") and "default" not in item,
            item.get("of", ""),
            item.get("codes", ""),
            item.get("held", ""),
        )
        for key, item in entry.get("param", {}).items()
    )
    texts = {key: entry.get(key, "") for key in ("en", "words", "met", "index", "line")}
    return Kind(name=name, params=params, **texts)


def read_cohort(path: Path) -> Cohort:
    """Read a cohort file. Raises WarehouseError that names the criterion and what it may say."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise WarehouseError(
            "The cohort file does not exist.", where=str(path), do="write one; docs/cohorts.md has an example"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WarehouseError(
            "The cohort file is no TOML.", where=path.name, why=str(error), do="correct that line"
        ) from None
    head = raw.get("cohort", {})
    listed = raw.get("criterion")
    criteria_given = isinstance(listed, list) and bool(listed) and all(isinstance(entry, dict) for entry in listed)
    if not isinstance(head, dict) or not isinstance(head.get("name"), str) or not criteria_given:
        raise WarehouseError(
            "The cohort file is not complete.",
            where=path.name,
            why="it needs [cohort] with a name, and at least one [[criterion]]",
            do="see `oncorwe cohort kinds` and docs/cohorts.md",
        )
    if odd := sorted((set(raw) - {"cohort", "criterion"}) | (set(head) - {"name", "title"})):
        raise WarehouseError(f"The cohort file has a key that is not known: {odd[0]}.", where=path.name, do="remove it")
    criteria = tuple(_criterion(entry, number) for number, entry in enumerate(raw["criterion"], 1))
    return Cohort(head["name"], str(head.get("title", head["name"])), criteria)


def _criterion(entry: dict[str, Any], number: int) -> Criterion:
    rest = dict(entry)
    kind = kinds().get(str(rest.pop("kind", "")))
    if kind is None:
        raise _wrong(number, f"there is no kind '{entry.get('kind', '')}'", "use one of " + ", ".join(kinds()))
    exclude, label = rest.pop("exclude", False), rest.pop("label", "")
    if not isinstance(exclude, bool) or not isinstance(label, str):
        raise _wrong(number, "exclude is true or false, label is text", "correct it")
    if odd := sorted(set(rest) - {param.name for param in kind.params}):
        known = ", ".join(param.name for param in kind.params) or "none"
        raise _wrong(number, f"kind '{kind.name}' has no parameter '{odd[0]}'", f"its parameters: {known}")
    values = {param.name: _value(param, rest.get(param.name), kind, number) for param in kind.params}
    for low, high in (("from", "to"), ("min", "max")):
        if values.get(low) is not None and values.get(high) is not None and values[low] > values[high]:
            why = f"'{low}' ({values[low]}) lies after '{high}' ({values[high]}), so nobody can meet it"
            raise _wrong(number, why, "exchange the two")
    return Criterion(kind, values, exclude, label or _words(kind, values, exclude))


def _value(param: Param, given: Value, kind: Kind, number: int) -> Value:
    if given is None:
        if param.required:
            raise _wrong(number, f"kind '{kind.name}' needs '{param.name}'", f"give it as {_shape(param.type)}")
        return param.default
    if (found := _typed(param.type, given)) is None:
        raise _wrong(number, f"'{param.name}' is not {_shape(param.type)}", "correct it")
    named = found if isinstance(found, list) else [found]
    if param.known and (odd := [item for item in named if item not in param.known]):
        raise _wrong(number, f"'{param.name}' knows no '{odd[0]}'", "use one of " + ", ".join(param.known))
    return found


def _typed(type_: str, given: Value) -> Value:
    """The value in canonical form (lists without repeats, sorted; dates as ISO text), None when it does not fit."""
    match type_:
        case "text":
            return given if isinstance(given, str) and given else None
        case "texts":
            listed = [given] if isinstance(given, str) else given
            fits = isinstance(listed, list) and listed and all(isinstance(item, str) for item in listed)
            return sorted(set(listed)) if fits else None
        case "number":
            return given if isinstance(given, int | float) and not isinstance(given, bool) else None
        case "days":
            fits = isinstance(given, list) and len(given) == 2 and all(type(item) is int for item in given)
            return given if fits and given[0] <= given[1] else None
    return _iso(given)


def _iso(given: Value) -> str | None:
    try:
        return (given if isinstance(given, dt.date) else dt.date.fromisoformat(given)).isoformat()
    except (TypeError, ValueError):
        return None


def _shape(type_: str) -> str:
    return {
        "text": "text",
        "texts": "a list of texts",
        "number": "a number",
        "date": "a date such as 2020-01-31",
        "days": "two whole numbers [from, to], days from the index date",
    }[type_]


def _words(kind: Kind, values: dict[str, Value], exclude: bool) -> str:
    """What the criterion asks in words; parameters that were not given are left out."""
    text = kind.words
    for name, value in values.items():
        text = text.replace("{" + name + "}", _shown(name, value))
    text = " ".join(text.split())
    for tail in (" … to …", "… to …"):
        text = text.replace(tail, "")
    return ("not: " if exclude else "") + text.replace("… to", "up to").replace(" to …", " or more").strip()


def _shown(name: str, value: Value) -> str:
    if value is None:
        return "…" if name in ("min", "max", "from", "to") else ""
    if name == "days":
        return f"(days {value[0]} to {value[1]} from index)"
    return " / ".join(value) if isinstance(value, list) else str(value)


def _wrong(number: int, why: str, do: str) -> WarehouseError:
    return WarehouseError("The cohort file cannot be used.", where=f"criterion {number}", why=why, do=do)
