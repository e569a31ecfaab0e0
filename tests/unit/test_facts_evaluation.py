"""The scores of facts and events: exact counts on small hand-made records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlp.evaluation import assertion, calibration, events, facts


def _annotated(note_id: str, **tables: list[dict[str, object]]) -> dict[str, object]:
    return {"note_id": note_id, "facts": tables}


def test_events_count_strings() -> None:
    """Blanks don't matter, a string counts once, a missing note predicts nothing."""
    gold = [
        {"note_id": "1", "primary_site": "右肺", "lesion_size": "12mm× 9mm", "metastasis_site": "肝,脑"},
        {"note_id": "2", "primary_site": "胃", "lesion_size": "", "metastasis_site": ""},
    ]
    found = [
        _annotated(
            "1",
            tumour=[{"primary_site_text": "右肺", "size_text": "12mm×9mm"}],
            metastasis=[{"site_text": "肝"}, {"site_text": "骨"}],
        )
    ]
    scores = {score.kind: score for score in events.evaluate(gold, found, draws=2)}
    assert (scores["primary_site"].hit, scores["primary_site"].predicted, scores["primary_site"].gold) == (1, 1, 2)
    assert (scores["lesion_size"].hit, scores["metastasis_site"].hit) == (1, 1)
    assert scores["micro"].f1 == 2 * 3 / (4 + 5)


def test_facts_compare_as_multisets() -> None:
    """Two equal rows need two; numbers agree within one per cent; a column the gold leaves out is not asked."""
    nodes = {"ln_positive": 0, "ln_examined": 5}
    gold = [_annotated("1", pathology=[nodes, nodes], drug_administration=[{"drug_name_std": "cisplatin", "dose": 40}])]
    found = [
        _annotated(
            "1",
            pathology=[nodes],
            drug_administration=[{"drug_name_std": "Cisplatin", "dose": 40.1}, {"drug_name_std": "oxaliplatin"}],
        )
    ]
    results = {result.variable.name: result for result in facts.evaluate(gold, found, draws=2)}
    assert (results["nodes"].score.hit, results["nodes"].score.gold) == (1, 2)
    assert [error.kind for error in results["nodes"].errors] == ["missed"]
    assert (results["drug with dose"].score.hit, results["drug with dose"].score.predicted) == (1, 1)
    assert results["drug"].score.precision == 0.5


def test_staging_is_strict() -> None:
    """A group that only the gold has does not agree."""
    gold = [_annotated("1", staging=[{"t_category": "T3", "stage_group_recorded": "III"}])]
    found = [_annotated("1", staging=[{"t_category": "T3"}])]
    assert next(r for r in facts.evaluate(gold, found, draws=2) if r.variable.name == "staging").score.hit == 0


def test_every_variable_names_columns_of_its_table() -> None:
    """The variables speak of columns that the release tables have."""
    from pathlib import Path

    for variable in facts.variables():
        table = (Path(__file__).parents[2] / f"warehouse/tables/release/{variable.table}.toml").read_text("utf-8")
        for column in (*variable.columns, *variable.needs, *variable.overlap):
            assert f'name = "{column}"' in table, (variable.name, column)


def test_distinct_values_count_once() -> None:
    """A drug named three times is one value of the note."""
    drugs = [{"drug_name_std": "cisplatin", "confidence": 0.5}, {"drug_name_std": "cisplatin", "confidence": 0.9}]
    result = facts.evaluate(
        [_annotated("1", drug_administration=drugs[:1])], [_annotated("1", drug_administration=drugs)]
    )
    assert (result[0].score.hit, result[0].score.predicted) == (1, 1)
    assert [fact.confidence for fact in result[0].judged] == [0.9]


def test_files_are_read_and_the_report_is_a_table(tmp_path: Path) -> None:
    """What the command does: two files in, a table with intervals and the reliability of confidence out."""
    record = _annotated("1", staging=[{"t_category": "T2", "confidence": 0.9}])
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(record), encoding="utf-8")
    shown = str(facts.evaluate(path, str(path)))
    assert "staging" in shown and "expected calibration error 0.100" in shown
    assert "micro" in str(events.evaluate(path, path))


def test_reliability() -> None:
    """Bins, calibration error and ordering of a hand-made list."""
    judged = [(0.9, True)] * 9 + [(0.9, False)] + [(0.4, True), (0.4, False)]
    low, high = calibration.reliability(judged)
    assert (low.n, low.precision, high.n, high.precision) == (2, 0.5, 10, 0.9)
    assert calibration.expected_error([low, high]) == pytest.approx(2 / 12 * 0.1)
    assert calibration.ordering([(0.9, True), (0.4, False)]) == 1.0
    assert calibration.ordering([(0.9, True)]) is None


def test_assertion_of_matched_mentions() -> None:
    """A partner shares label and characters; a gold mention without one is counted as not found."""
    gold = [
        {
            "note_id": "1",
            "mentions": [
                {"start": 0, "end": 2, "label": "finding", "polarity": "negated", "experiencer": "family"},
                {"start": 9, "end": 11, "label": "finding", "polarity": "affirmed"},
            ],
        }
    ]
    said = {"polarity": "negated", "temporality": "current", "experiencer": "patient"}
    found = [{"note_id": "1", "mentions": [{"start": 0, "end": 3, "label": "finding", **said}]}]
    report = assertion.evaluate(gold, found)
    assert (report.found, report.missing) == (1, 1)
    assert report.dimensions["polarity"].accuracy == 1.0
    assert report.dimensions["experiencer"].accuracy == 0.0
    assert "temporality" not in report.dimensions and "1 not found" in str(report)
