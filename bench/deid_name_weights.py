"""Fits `nlp/lexicons/deid/name_weights.tsv`: `python -m bench.deid_name_weights [--output FILE]`.

Text: the readable groups of `bench.deid_independent` with every name drawn anew from the national shares of characters (so that no
pool of names is learned) and the synthetic gold notes of `nlp.evaluation.deid_gold`. Every place where a name may begin is one
example; logistic regression with a ridge weighs the features of `nlp.deid.name_model`. The weight of the evidence of the characters is
set, not fitted: drawn names are stranger than people's. `--held A` leaves a group out and prints how well the others read it.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.deid_independent import generate
from bench.deid_independent.render import Renderer
from nlp.deid.fold import fold
from nlp.deid.lexicon import FOLDER, surname_weight, words
from nlp.deid.name_context import left_of, right_of
from nlp.deid.name_model import features, spots
from nlp.deid.name_words import given_odds, given_share, readings, run_bounds, word_share
from nlp.deid.scan import index
from nlp.evaluation import deid_gold

GROUPS, NOTES_PER_LAYOUT, GOLD_NOTES = "ABD", 5, 150
EVIDENCE, RIDGE, WRONG_END, DOUBT = 0.6, 3.0, 0.15, -14.0
"""Set weight; ridge; weight of an example with the right start and a wrong end; evidence below which a place is no example."""
PLAIN_NAMES = ("patient_name", "relative_name", "staff_name", "name")
HEADER = """# Weights of the features of a possible name (nlp/deid/name_model.py), natural logarithms of odds. Source: bench/deid_name_weights.py, logistic
# regression on the project's own synthetic notes with names drawn anew from the national shares of characters; version 1.
# evidence: how much better names explain the characters than words do.
feature\tweight
"""


@dataclass(frozen=True)
class Example:
    """Features of a reading, whether it is a name, and how much it counts."""

    values: dict[str, float]
    name: bool
    weight: float


def wide_names(pools: dict[str, list[str]], rng: random.Random) -> dict[str, list[str]]:
    """The pools of a group with surnames of all kinds, names that are words, and given names by flattened shares of characters."""
    chars, shares = zip(*given_share().items(), strict=True)
    flat = [math.exp(0.7 * share) for share in shares]
    single = [s for s in surname_weight() if len(s) == 1]
    tier = {n: [s for s in single if surname_weight()[s] == n] for n in range(4)}
    likely = sorted(w for w in word_share() if w[0] in tier[2] + tier[3] and given_odds().get(w[1:], -9.0) > 0.5)
    draw = iter(lambda: rng.choices(chars, flat)[0], None)
    return pools | {
        "given1": [next(draw) for _ in range(300)], "given2": [next(draw) + next(draw) for _ in range(1500)],
        "surname": tier[3] * 3 + tier[2] * 2, "rare": tier[1] * 2 + tier[0],
        "compound": [s for s in surname_weight() if len(s) == 2], "word_name": pools["word_name"] * 2 + likely[:400],
    }  # fmt: skip


def group_notes(group: str, seed: int) -> Iterator[dict[str, Any]]:
    """Notes of all layouts of a group with wide names."""
    layouts, pools, prose, filler = generate.read_group(group)
    wide = wide_names(pools, random.Random(seed))
    for number in range(len(layouts) * NOTES_PER_LAYOUT):
        rng = random.Random(f"{group}/{seed}/{number}")
        layout = layouts[number % len(layouts)]
        case = generate.Case(rng, wide, layout.hospital)
        pieces = Renderer(case, prose, filler).render(layout.body)
        yield generate.assemble([generate.transform(piece, layout.option, rng) for piece in pieces])


def gold_notes() -> Iterator[dict[str, Any]]:
    """The synthetic gold notes that rules may know."""
    for family in ("dev", "check"):
        for note in deid_gold.notes(family, GOLD_NOTES, 3):
            yield {"text": note["text"], "spans": note["entities"]}


def examples(note: dict[str, Any]) -> Iterator[Example]:
    """Every reading of every place of a note that is not inside another identifier."""
    text, titles = fold(note["text"]), frozenset(words("cues.tsv")["title_after"])
    names = {(s["start"], s["end"]) for s in note["spans"] if s["kind"] in PLAIN_NAMES}
    other = {i for s in note["spans"] if "name" not in s["kind"] for i in range(s["start"], s["end"])}
    for at, surname in spots(text, index().every(text)["compound"]):
        first, last = run_bounds(text, at)
        for size, evidence in readings(text[first:last], at - first, surname) if at not in other else ():
            end = at + len(surname) + size
            name, given = (at, end) in names, text[end - size : end]
            titled = given in titles or text[end - 1 : end + 1] in titles
            if not name and (evidence < DOUBT or titled or given[-1] == "某" or text[end : end + 1] in ("·", "*")):
                continue
            wrong_end = not name and not names.isdisjoint({(at, end - 1), (at, end + 1)})
            values = features(surname, len(given), evidence, left_of(text, at), right_of(text, end))
            yield Example(values, name, WRONG_END if wrong_end else 1.0)


def fit(known: list[Example], rounds: int = 30) -> dict[str, float]:
    """Weights by Newton's method; the bias carries no ridge, the weight of the evidence stays as set."""
    columns = {name: i for i, name in enumerate(["bias", *sorted({n for e in known for n in e.values})])}
    table = np.zeros((len(known), len(columns)))
    table[:, 0] = 1.0
    for row, example in enumerate(known):
        for name, value in example.values.items():
            table[row, columns[name]] = value
    target, count = np.array([e.name for e in known], float), np.array([e.weight for e in known])
    ridge = np.full(len(columns), RIDGE)
    ridge[0], ridge[columns["evidence.against"]] = 0.01, 20.0
    weight = np.zeros(len(columns))
    weight[columns["evidence"]] = EVIDENCE
    free = np.arange(len(columns)) != columns["evidence"]
    for turn in range(rounds):
        odds = 1 / (1 + np.exp(-np.clip(table @ weight, -30, 30)))
        slope = (table.T @ (count * (target - odds)) - ridge * weight)[free]
        curve = ((table * (count * odds * (1 - odds))[:, None]).T @ table + np.diag(ridge))[np.ix_(free, free)]
        weight[free] += (0.3 if turn < 8 else 1.0) * np.linalg.solve(curve, slope)
    return {name: float(weight[i]) for name, i in columns.items()}


def report(weight: dict[str, float], unseen: list[Example]) -> str:
    """Share of the names read and number of false readings at some thresholds."""
    scored = [(weight["bias"] + sum(weight.get(n, 0.0) * v for n, v in e.values.items()), e.name) for e in unseen]
    names = sum(name for _, name in scored)
    rows = [
        (t, sum(s > t and n for s, n in scored) / names, sum(s > t and not n for s, n in scored)) for t in (-1, 0, 1)
    ]
    return "\n".join(f"above {t:>2}: {share:.3f} of {names} names, {false} false" for t, share, false in rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=FOLDER / "name_weights.tsv")
    parser.add_argument("--held", choices=list(GROUPS))
    arguments = parser.parse_args()
    by_group = {g: [e for note in group_notes(g, 77) for e in examples(note)] for g in GROUPS}
    gold = [e for note in gold_notes() for e in examples(note)]
    weight = fit([e for g, found in by_group.items() if g != arguments.held for e in found] + gold)
    if arguments.held:
        print(report(weight, by_group[arguments.held]))
        return 0
    lines = (f"{name}\t{value:.2f}" for name, value in sorted(weight.items()))
    arguments.output.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
