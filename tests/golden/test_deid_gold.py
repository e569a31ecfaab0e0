"""The measured figures of the development and check families may not fall (floors, see docs/deidentification.md)."""

from __future__ import annotations

import pytest

from nlp.deid import Deidentifier, Known
from nlp.evaluation import deid as evaluation
from nlp.evaluation import deid_gold

DEID = Deidentifier()


def score(family: str, count: int, seed: int, *, with_known: bool) -> dict:
    pairs = []
    for note in deid_gold.notes(family, count, seed):
        known = (
            Known(**{k: tuple(v) if isinstance(v, list) else v for k, v in note["known"].items()})
            if with_known
            else Known()
        )
        result = DEID.deid(
            note["text"], known=known, offset_days=13, surrogate_key=b"k" * 32, note_date=note["note_date"]
        )
        pairs.append((note, {"status": result.status, "spans": [s._asdict() for s in result.spans]}))
    return evaluation.report(pairs)


@pytest.mark.parametrize(("family", "count"), [("dev", 140), ("check", 160)])
@pytest.mark.parametrize(("with_known", "clean"), [(True, 0.98), (False, 0.96)])
def test_figures_of_tuned_families(family: str, count: int, with_known: bool, clean: float) -> None:
    report = score(family, count, 42, with_known=with_known)
    assert report["notes_fully_clean"]["value"] >= clean
    assert report["entity_recall"]["value"] >= 0.995
    assert report["traps_damaged"]["value"] <= 0.01
    assert report["terms_damaged"]["value"] <= 0.002
    assert report["character_precision"]["value"] >= 0.97
    assert report["notes_quarantined"]["value"] <= 0.01
