"""The evaluation counts what it says it counts."""

from __future__ import annotations

import itertools
import json

import pytest

from nlp.evaluation import deid as evaluation
from nlp.evaluation import deid_gold

GOLD = {
    "note_id": "n1",
    "note_type": "x",
    "hospital": "h",
    "text": "姓名张 三，剂量5mg",
    "entities": [{"start": 2, "end": 5, "kind": "name"}],
    "keep": [{"start": 8, "end": 11, "kind": "trap"}],
}


def run(tmp_path, spans, status="ok"):
    gold, pred = tmp_path / "g.jsonl", tmp_path / "p.jsonl"
    gold.write_text(json.dumps(GOLD), encoding="utf-8")
    pred.write_text(
        json.dumps({"note_id": "n1", "status": status, "spans": [{"start": a, "end": b} for a, b in spans]}),
        encoding="utf-8",
    )
    return evaluation.evaluate(gold, pred)


def test_a_half_masked_name_is_a_leak(tmp_path) -> None:
    report = run(tmp_path, [(2, 3)])
    assert report["entity_recall"]["hits"] == 0
    assert report["notes_fully_clean"]["hits"] == 0


def test_blanks_identify_nobody_and_labels_do_not_matter(tmp_path) -> None:
    report = run(tmp_path, [(2, 3), (4, 5)])
    assert report["entity_recall"]["hits"] == report["notes_fully_clean"]["hits"] == 1
    assert report["by_hospital"]["h"]["entity_recall"]["total"] == 1
    assert "name" in evaluation.render(report)


def test_damage_and_precision(tmp_path) -> None:
    report = run(tmp_path, [(2, 5), (8, 9)])
    assert report["traps_damaged"]["hits"] == 1
    assert report["character_precision"]["value"] == pytest.approx(2 / 3)


def test_quarantine_is_counted_apart_and_missing_notes_are_an_error(tmp_path) -> None:
    report = run(tmp_path, [], status="quarantined")
    assert (report["notes_quarantined"]["hits"], report["entity_recall"]["total"]) == (1, 0)
    (tmp_path / "p.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="no prediction"):
        evaluation.evaluate(tmp_path / "g.jsonl", tmp_path / "p.jsonl")


def test_wilson_interval() -> None:
    low, high = evaluation.wilson(98, 100)
    assert (round(low, 4), round(high, 4)) == (0.93, 0.9945)
    assert evaluation.wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("family", ["dev", "check", "heldout"])
def test_gold_offsets_point_at_their_text(family) -> None:
    for note in deid_gold.notes(family, 40, 3):
        assert note == deid_gold.make_note(family, int(note["note_id"][-5:]), 3)
        assert not any(mark in note["text"] for mark in "⟦⟧⟨⟩{}")
        spans = sorted((e["start"], e["end"]) for e in [*note["entities"], *note["keep"]])
        assert all(a < b for a, b in spans)
        assert all(x[1] <= y[0] for x, y in itertools.pairwise(spans))


def test_families_share_no_template_and_no_given_name() -> None:
    dev, held = deid_gold._pools("dev"), deid_gold._pools("heldout")
    for pool in ("given", "street", "village", "hospital", "hospital_short", "employer", "region"):
        assert not set(dev[pool]) & set(held[pool])
    families = [set(deid_gold.templates(f)) for f in ("dev", "check", "heldout")]
    assert not families[0] & families[1] and not families[1] & families[2] and not families[0] & families[2]
