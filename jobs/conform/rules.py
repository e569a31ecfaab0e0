"""The conform rules (``rules.toml``) as Python values, read once."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def rules() -> dict[str, Any]:
    """The whole rule file."""
    return tomllib.loads((Path(__file__).parent / "rules.toml").read_text(encoding="utf-8"))


def word(list_name: str, text: str | None) -> str | None:
    """The value of the first word of a list that occurs in ``text`` (case ignored), or None. Values themselves count as words."""
    if not text:
        return None
    found: dict[str, str] = rules()["words"][list_name]
    folded = text.strip().casefold()
    exact = next((value for value in found.values() if folded == value.casefold()), None)
    return exact or next((value for key, value in found.items() if key.casefold() in folded), None)
