"""The headings (``nlp/lexicons/headings.tsv``) and the rule that tells a heading from a word in the text."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from nlp import lexicons
from nlp.text import Dictionary


class Heading(NamedTuple):
    """What a heading opens; ``strong`` ones need no colon after a line start or a full stop."""

    code: str
    strong: bool


BEFORE = re.compile(
    r"(?:^|[\n\r。;!?\])】,]|\s{2,}|\s(?=\(?[\d一二三四五六七八九十]{1,3}[.、)])|[:>])[ \t]*[\[(<\"*#]{0,2}[ ]?(?:\(?[\d一二三四五六七八九十]{1,3}[.、)])?[ ]?[\[(]?$"
)
"""What may stand between the last boundary and a heading: brackets and numbering. Matched on the 12 characters before."""

ORNAMENT = ' \t\n\r[]()<>*#".、:1一'
"""What may stand before the first heading without being text of its own."""

AFTER_COLON = re.compile(r"[\])】>\"*]{0,2}\s{0,3}(?::|\n|\r|-{2,})|[\])】]")
"""A colon, a line's end or a closing bracket after a heading."""

AFTER_STRONG = re.compile(r"\s|[^a-z0-9的及与和、,。;()中无示为]|无特殊|无殊|为")
"""What may follow a strong heading that has no colon (``既往史无特殊``)."""


@cache
def headings() -> Dictionary[Heading]:
    """All headings as a search dictionary."""
    return Dictionary(_terms(), shared=True)


def _terms() -> list[tuple[str, Heading]]:
    return [
        (term.strip(), Heading(row["code"], row["strength"] == "strong"))
        for row in lexicons.rows("headings")
        for term in row["term"].split(";")
    ]
