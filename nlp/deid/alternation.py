"""Word lists as one alternation of a pattern, by their shared beginnings: what begins alike is compared once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

_Trie: TypeAlias = dict[str, Any]
"""character → the words that go on with it; "" marks the end of a word."""


def either(listed: Iterable[str]) -> str:
    """Source of a pattern that finds one of some words, at each place the longest first; without words it finds the empty one. It is open: put it
    into a group."""
    trie: _Trie = {}
    for word in sorted(listed, key=len, reverse=True):
        node = trie
        for char in word:
            node = node.setdefault(char, {})
        node[""] = {}
    return _source(trie)


def _source(trie: _Trie) -> str:
    ways = [re.escape(char) + _rest(inner) for char, inner in trie.items() if char]
    return "|".join(ways)


def _rest(trie: _Trie) -> str:
    """What follows a character; a word that ends here is tried after those that go on."""
    ways = _source(trie)
    if not ways:
        return ""
    if "" in trie:
        return f"(?:{ways})?"
    return ways if len(trie) == 1 else f"(?:{ways})"
