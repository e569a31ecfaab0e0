"""The tags that de-identification prints in the place of an identifier (``[姓名]``, ``[编号]``), as the language stage meets them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from nlp import lexicons
from nlp.model import Mention


@cache
def pattern() -> re.Pattern[str]:
    """Any tag of ``lexicons/deid/tags.tsv``, as the note and as its lower-case surface write it."""
    tags = {row["tag"] for row in lexicons.rows("deid/tags")}
    return re.compile("|".join(sorted(re.escape(tag) for tag in tags)), re.IGNORECASE)


def before_tag(text: str) -> str:
    """The text up to its first tag."""
    return pattern().split(text, maxsplit=1)[0]


def untagged(mentions: Iterable[Mention]) -> Iterator[Mention]:
    """Mentions that do not run across a tag: what stands on both sides of an identifier is not one thing that was said."""
    return (one for one in mentions if "[" not in one.text or not pattern().search(one.text))
