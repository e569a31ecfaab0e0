"""How often facts of each kind of evidence are right in synthetic notes: the figures of ``nlp/facts/confidence.tsv``.

    python -m bench.confidence [--patients 300] [--seed 41]

The hospitals' truth names a fact in the note that tells it first; later notes repeat it. A fact read from a note is therefore right if the
truth of any note of the person holds it. Only what the truth lists is judged: operations with a name of the truth, markers that it names,
smoking, metastases other than regional nodes. Synthetic notes are written more regularly than real ones, so the builder's own belief weighs
as much as ``PRIOR`` facts and no more than ``MOST`` facts of evidence count against it. Prints the table, tab separated.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from jobs.synth.generate import Made, open_hospitals, people
from nlp.evaluation.facts import Variable, _agree, _keyed
from nlp.facts.levels import is_suspected
from nlp.model import Fact
from nlp.pipeline import read_note

PRIOR, MOST, LEAST = 50, 100, 10
UNJUDGED = frozenset({("surgery", "no date"), ("response_assessment", "change")})
"""An operation without a date cannot contradict the truth's date; one lesion's change is no assessment, however often both agree."""
Row = dict[str, Any]
Facts = dict[str, list[Row]]

VARIABLES = (
    Variable("staging", "staging", ("t_category", "n_category", "m_category", "stage_group_recorded")),
    Variable("history", "history", ("kind", "value_code")),
    Variable("marker", "biomarker", ("marker", "result")),
    Variable("histology", "pathology", ("morphology_icdo3",), needs=("morphology_icdo3",)),
    Variable("nodes", "pathology", ("ln_positive", "ln_examined"), needs=("ln_examined",)),
    Variable("surgery", "surgery", ("op_name_raw", "op_date"), overlap=("op_name_raw",)),
    Variable("regimen", "regimen", ("drug_names",)),
    Variable("toxicity", "adverse_event", ("ae_term", "grade")),
    Variable("response", "response_assessment", ("response",)),
    Variable("metastasis", "metastasis", ("site_code",)),
    Variable("comorbidity", "comorbidity", ("condition_code",), overlap=("condition_code",)),
    Variable("radiotherapy", "radiotherapy", ("total_dose_gy", "fractions")),
)
_ASIDE = {"leucovorin", "dexamethasone", "prednisone"}
"""Drugs given with a regimen that the truth does not count into it."""


def notes_of(made: Made) -> Iterator[tuple[str, Facts]]:
    """Text and true facts of each note of a person."""
    truths = {truth["note_id"]: truth["facts"] for truth in made.notes}
    for _, (_, table, row) in made.delivered:
        if table == "notes" and row["note_id"] in truths:
            yield row["text"], truths[row["note_id"]]


def _without_aside(row: Row) -> Row:
    drugs = row.get("drug_names")
    return {**row, "drug_names": [drug for drug in drugs if drug not in _ASIDE]} if drugs else row


def _judges(variable: Variable, row: Row, gold: list[Row]) -> bool:
    """Does the truth list facts of this sort, so that one it lacks is wrong?"""
    if variable.name == "history":
        return bool(row["kind"] == "SMOKING")
    if variable.name == "metastasis":
        return bool(row["site_code"] != "LN_REGIONAL")
    if variable.name == "marker":
        return any(row["marker"] == one["marker"] for one in gold)
    if variable.name == "surgery":
        name = row["op_name_raw"]
        return any(name in one["op_name_raw"] or one["op_name_raw"] in name for one in gold)
    return True


def judged(made: Made) -> Iterator[tuple[Fact, bool]]:
    """The facts read from a person's notes that can be judged, each with the verdict."""
    notes = list(notes_of(made))
    told: Facts = defaultdict(list)
    for _, facts in notes:
        for table, rows in facts.items():
            told[table] += [_without_aside(row) for row in rows]
    for text, _ in notes:
        for fact in read_note(text).facts:
            row = _without_aside(fact.values)
            for variable in VARIABLES:
                found = _keyed(variable, {fact.table: [row]})
                if variable.table == fact.table and found and _judges(variable, row, told[fact.table]):
                    gold = [key for key, _ in _keyed(variable, {fact.table: told[fact.table]})]
                    yield fact, any(_agree(variable, key, found[0][0]) for key in gold)


def level(prior: float, right: int, n: int) -> float:
    """The builder's belief, moved towards the share that was right."""
    weight = min(n, MOST)
    return (PRIOR * prior + weight * right / n) / (PRIOR + weight)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=300)
    parser.add_argument("--seed", type=int, default=41)
    asked = parser.parse_args()
    counts: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for made in people(asked.patients, asked.seed, open_hospitals(3)):
        for fact, right in judged(made):
            if not is_suspected(fact) and (fact.table, fact.kind) not in UNJUDGED:
                seen = counts[fact.table, fact.kind]
                counts[fact.table, fact.kind] = [seen[0] + 1, seen[1] + right, seen[2] + fact.believed]
    print("table\tkind\tlevel\tright\tn\tsource")
    for (table, kind), (n, agreed, believed) in sorted(counts.items()):
        if n >= LEAST:
            value = level(believed / n, int(agreed), int(n))
            print(
                f"{table}\t{kind}\t{value:.2f}\t{agreed:.0f}\t{n:.0f}\tsynthetic hospitals, {asked.patients} persons, seed {asked.seed}"
            )


if __name__ == "__main__":
    main()
