"""Scores of linking: the right set of codes, and F1 over codes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlp.evaluation.ner import Score, wilson

SHOWN = 20
"""Errors that the report lists."""


def accuracy(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> float:
    """Share of strings whose set of names is exactly right."""
    pairs = list(zip(gold, predicted, strict=True))
    return sum(set(one) == set(other) for one, other in pairs) / len(pairs) if pairs else 0.0


def micro(gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]]) -> Score:
    """Micro-averaged counts of names over all strings."""
    correct = n_predicted = n_gold = 0
    for one, other in zip(gold, predicted, strict=True):
        correct += len(set(one) & set(other))
        n_predicted += len(set(other))
        n_gold += len(set(one))
    return Score(correct, n_predicted, n_gold)


@dataclass(frozen=True, slots=True)
class LinkingScore:
    """How many strings have exactly the right set, and the counts of names, in all and by number of gold names."""

    strings: int
    right: int
    names: Score
    by_number: Mapping[str, tuple[int, int, Score]] = field(default_factory=dict)
    """``1``, ``2``, ``3+`` gold names: strings, right ones, counts of names."""
    errors: Sequence[str] = ()

    def counts(self) -> dict[str, Any]:
        """The counts, for a card."""
        names = [self.names.correct, self.names.predicted, self.names.gold]
        return {"strings": self.strings, "right": self.right, "names": names}

    def __str__(self) -> str:
        lines = [f"{'names':<7}{'n':>6}{'accuracy':>10}  {'(95 %)':<15}{'P':>7}{'R':>7}{'F1':>7}  (95 %)"]
        lines.append(_line("all", self.strings, self.right, self.names))
        lines += [_line(name, *values) for name, values in self.by_number.items()]
        return "\n".join([*lines, *([f"Errors (first {SHOWN}):", *self.errors] if self.errors else [])])


def _line(name: str, strings: int, right: int, names: Score) -> str:
    share = right / strings if strings else 0.0
    low, high = wilson(share, strings)
    f1_low, f1_high = names.interval()
    return (
        f"{name:<7}{strings:>6}{share:>10.3f}  ({low:.3f}-{high:.3f})  {names.precision:>6.3f} {names.recall:>6.3f} {names.f1:>6.3f}"
        f"  ({f1_low:.3f}-{f1_high:.3f})"
    )


def compare(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> LinkingScore:
    """Scores of predicted names or codes against the gold ones, string by string."""
    groups: dict[str, list[tuple[Sequence[str], Sequence[str]]]] = {}
    for one, other in zip(gold, predicted, strict=True):
        groups.setdefault(str(len(set(one))) if len(set(one)) < 3 else "3+", []).append((one, other))
    by_number = {name: _counts(groups[name]) for name in sorted(groups)}
    strings, right, names = _counts([pair for group in groups.values() for pair in group])
    return LinkingScore(strings, right, names, by_number)


def _counts(pairs: Sequence[tuple[Sequence[str], Sequence[str]]]) -> tuple[int, int, Score]:
    right = sum(set(one) == set(other) for one, other in pairs)
    return len(pairs), right, micro((one for one, _ in pairs), (other for _, other in pairs))


def _read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8-sig") as file:
        return [json.loads(line) for line in file if line.strip()]


def _name(record: Mapping[str, Any]) -> str:
    return str(record.get("id", record.get("note_id", "")))


def _gold(record: Mapping[str, Any]) -> list[str]:
    """Titles of a training line (``standard`` or ``normalized_result``), or those of ``codes``."""
    from nlp.linking.rewrite import plain

    joined = record.get("standard", record.get("normalized_result"))
    titles = joined.split("##") if isinstance(joined, str) else [item["name"] for item in record.get("codes") or ()]
    return [plain(title) for title in titles if title.strip()]


def evaluate(gold: Path | str, pred: Path | str) -> LinkingScore:
    """Compare the output of ``oncorwe code`` with a gold file, by title.

    Lines are matched by ``id`` (``note_id`` in the gold file); a string without an answer counts as answered by nothing.
    """
    answers = {_name(record): record for record in _read(Path(pred))}
    records = _read(Path(gold))
    wanted = [_gold(record) for record in records]
    found = [_gold({"codes": answers.get(_name(record), {}).get("codes")}) for record in records]
    score = compare(wanted, found)
    wrong = [
        f"{_name(record)}\tgold {'##'.join(one)}\tfound {'##'.join(other)}"
        for record, one, other in zip(records, wanted, found, strict=True)
        if set(one) != set(other)
    ]
    return LinkingScore(score.strings, score.right, score.names, score.by_number, wrong[:SHOWN])
