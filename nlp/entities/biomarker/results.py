"""Reading what stands in the brackets of a marker: signs, per cents, scores."""

from __future__ import annotations

from dataclasses import dataclass

from nlp.entities.biomarker import patterns


@dataclass(frozen=True, slots=True)
class Reading:
    """Result code, number with unit, and the 0 to 3+ score where one is written."""

    result: str
    value_num: float | None = None
    value_unit: str | None = None
    ihc_score: str | None = None


_SCORED = ("HER2",)


def read(content: str, marker: str) -> Reading | None:
    """The reading of a bracket's content or of plain words; None when it says nothing of a result."""
    words = content.strip()
    score = _score(words)
    number = _percent(words)
    if words.startswith(("扩增", "有扩增", "高表达", "低表达")):
        return Reading("POS")
    if words in ("缺失", "未扩增", "无扩增"):
        return Reading("NEG")
    if marker in _SCORED and words == "+":
        return _her2("1+", number)
    if patterns.EQUIVOCAL.search(words):
        return Reading("EQUIVOCAL", number, "%" if number is not None else None)
    if marker in _SCORED and (score or words == "0"):
        return _her2(score or "0", number)
    if patterns.NEGATIVE.search(words) or words in ("0", "0%"):
        return Reading("NEG", 0.0 if words == "0%" else number, "%" if words == "0%" or number is not None else None)
    positive = (
        "+" in words or "阳" in words or (number is not None and number >= 1 and not words.startswith(("<1%", "<1 %")))
    )
    if positive:
        return Reading("POS", number, "%" if number is not None else None, score if score != "0" else None)
    if number is not None:
        return Reading("NEG", number, "%")
    return Reading("NEG") if words.endswith("-") else None


def _score(words: str) -> str | None:
    match = patterns.PLUS.search(words)
    if match is None:
        return None
    signs = match.group().replace(" ", "")
    if signs == "+":
        return None
    level = int(signs[0]) if signs[0].isdigit() else len(signs)
    return f"{min(level, 3)}+" if level else "0"


def _percent(words: str) -> float | None:
    """The number before %, the lower one of a range."""
    match = patterns.PERCENT.search(words)
    return float(match["low"]) if match and float(match["low"]) <= 100 else None


def _her2(score: str, number: float | None) -> Reading:
    """ASCO/CAP: 0 and 1+ negative, 2+ equivocal, 3+ positive."""
    result = {"0": "NEG", "1+": "NEG", "2+": "EQUIVOCAL", "3+": "POS"}[score]
    return Reading(result, number, "%" if number is not None else None, score)
