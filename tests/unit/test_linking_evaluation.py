"""Scores of linking and of mentions, as the command line prints them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nlp.evaluation import linking, ner


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def test_linking_counts_sets_and_names(tmp_path: Path) -> None:
    gold = write(tmp_path / "gold", [
        {"id": 1, "raw": "x", "standard": "甲"}, {"id": 2, "text": "y", "normalized_result": "甲##乙"}, {"note_id": 3, "raw": "z", "standard": "丙"},
    ])  # fmt: skip
    pred = write(
        tmp_path / "pred",
        [{"id": 1, "codes": [{"code": "1", "name": "甲"}]}, {"id": 2, "codes": [{"code": "1", "name": "甲"}]}],
    )
    score = linking.evaluate(gold, pred)
    assert (score.strings, score.right) == (3, 1)
    assert (score.names.correct, score.names.predicted, score.names.gold) == (2, 2, 4)
    assert {name: values[:2] for name, values in score.by_number.items()} == {"1": (2, 1), "2": (1, 0)}
    printed = str(score)
    assert "0.333" in printed and "1.000" in printed and "0.667" in printed
    assert "2\tgold 甲##乙\tfound 甲" in printed


def test_linking_of_nothing_divides_by_nothing() -> None:
    assert linking.compare([], []).names.f1 == 0.0
    assert "0.000" in str(linking.compare([], []))
    assert linking.accuracy([["a"], ["b"]], [["a"], []]) == 0.5


def test_ner_report_is_strict_and_maps_the_six_labels(tmp_path: Path) -> None:
    gold = write(tmp_path / "gold", [{"note_id": "1", "text": "胃癌，胃", "note_type": "a", "entities": [
        {"start": 0, "end": 2, "label": "疾病和诊断"}, {"start": 3, "end": 4, "label": "解剖部位"}]}])  # fmt: skip
    pred = write(tmp_path / "pred", [
        {"note_id": "1", "mentions": [{"start": 0, "end": 2, "label": "disease"}, {"start": 0, "end": 1, "label": "anatomy"},
                                      {"start": 0, "end": 1, "label": "finding"}]},
        {"note_id": "9", "mentions": [{"start": 0, "end": 1, "label": "anatomy"}]}, {"note_id": None, "status": "error"},
    ])  # fmt: skip
    report = ner.evaluate(gold, pred)
    assert report.labels["disease"].f1 == 1.0
    assert report.labels["all"].f1 == pytest.approx(0.5)
    assert [item["error"] for item in report.errors] == ["false", "missed"]
    assert "disease" in str(report) and "0.500" in str(report)
