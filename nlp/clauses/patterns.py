"""Where a clause and a sentence end, over folded text.

A comma between three-digit groups (``1,000``) and a point between digits (``3.5``) end nothing. The enumeration comma
``、`` does not end a clause: a list is one clause.
"""

from __future__ import annotations

import re

CLAUSE_END = re.compile(
    r"[;。!?\n\r,.](?:(?<=[;。!?\n\r])|(?<=,)(?!\d{3}(?!\d))|(?<=,)(?<!\d,)|(?<=[^\x00-\x7f)\]\"]\.)(?!\d)|(?<=[)\"\]]\.)(?=[^\x00-\x7f]))"
)
"""One character that ends a clause."""

SENTENCE_END = frozenset("。!?\n\r.")
"""Those of them that end a sentence as well."""
