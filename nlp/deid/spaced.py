"""Second reading of notes whose words a scanner tore apart (登 记 员 吕 秀英): the same text without single blanks between Chinese characters."""

from __future__ import annotations

import re
from collections.abc import Callable

from nlp.deid.model import Candidate

_TORN = re.compile(r" (?<=[\u3400-\u9fff] )(?=[\u3400-\u9fff])")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LEAST, _SHARE = 6, 0.035


def is_torn(text: str) -> bool:
    """Are at least 3.5 % of the Chinese characters followed by one blank and another Chinese character?"""
    torn = len(_TORN.findall(text)) if " " in text else 0
    return torn >= _LEAST and torn >= _SHARE * len(_CHINESE.findall(text))


def reread(text: str, finder: Callable[[str], list[Candidate]]) -> list[Candidate]:
    """Candidates of ``finder`` on the joined text, with offsets of the torn one; [] when the text is not torn."""
    if not is_torn(text):
        return []
    gaps = {m.start() for m in _TORN.finditer(text)}
    index = [i for i in range(len(text)) if i not in gaps]
    joined = "".join(text[i] for i in index)
    return [c._replace(start=index[c.start], end=index[c.end - 1] + 1, rule=c.rule + ".joined", priority=c.priority - 1)
            for c in finder(joined) if c.end > c.start]  # fmt: skip
