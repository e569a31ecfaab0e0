"""Training corpora, model cards, the recogniser: trained, saved, loaded, used with the rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp import pipeline
from nlp.model import Label
from nlp.network import Network, Shape
from nlp.training import ner
from nlp.training.card import ModelError, read_card, write_card
from nlp.training.corpus import read_notes, read_pairs
from nlp.training.decode import best_tags, entities, tag_names, tags
from nlp.training.features import (
    COLUMNS,
    MAX_PIECE,
    MAX_SEGMENT,
    SeenNames,
    Vocabulary,
    mark,
    note_features,
    pieces,
    seen_names,
    segments,
)
from nlp.training.linker import train_linker_model
from nlp.training.ner import train_recogniser
from nlp.training.recogniser import Recogniser

SITES = ("胃", "肝", "肺", "肾", "脾")


def note(text: str, **spans: str) -> dict[str, Any]:
    found = [
        {"start": text.index(word), "end": text.index(word) + len(word), "label": label}
        for word, label in spans.items()
    ]
    return {"note_id": text[:3], "text": text, "entities": found}


def corpus(path: Path, reverse: bool = False) -> Path:
    """Invented notes in which 小怪兽 is a disease, which no rule knows."""
    rows = []
    for site in SITES:
        for day in range(1, 6):
            rows.append(note(f"患者{day}天前发现{site}小怪兽，无不适。", **{f"{site}小怪兽": "疾病和诊断"}))
            rows.append(note(f"{day}天前查体见{site}区正常。", **{site: "解剖部位"}))
    path.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in (rows[::-1] if reverse else rows)), "utf-8"
    )
    return path


@pytest.fixture(scope="module", autouse=True)
def two_members() -> Iterator[None]:
    """Two small networks are enough to see everything but accuracy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ner, "MEMBERS", ner.MEMBERS[:2])
        patch.setattr(ner, "WIDTH", 32)
        yield


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    report = train_recogniser(corpus(folder / "train.jsonl"), folder / "train.jsonl", folder / "ner")
    assert report.scores["all"].f1 > 0.9
    assert "disease" in report.summary() and str(folder / "ner") in report.summary()
    return folder / "ner"


def test_the_card_says_what_it_was_made_from(model: Path) -> None:
    card = read_card(model, "ner")
    assert card["labels"] == ["anatomy", "disease"]
    assert card["train"]["notes"] == 50
    assert card["train"]["entities"] == {"anatomy": 25, "disease": 25}
    assert card["dev"]["all"][2] == 50
    assert set(card["files"]) == {"network0.npz", "network1.npz", "field.crfsuite", "names.json", "vocabulary.json"}
    assert list(card["members"]) == ["network0.npz", "network1.npz"]
    assert [shape["tags"] for shape in card["members"].values()] == [9, 9]


def test_the_model_decides_its_labels_and_the_rules_the_others(model: Path) -> None:
    text = "患者3天前发现脾小怪兽，无发热。口服阿司匹林100mg。"
    loaded = Recogniser(model)
    read = pipeline.read_note(text)
    others = [(m.start, m.end, m.label) for m in read.mentions if m.label not in loaded.labels]
    loaded.apply(read)
    assert [m.text for m in read.mentions if m.label is Label.DISEASE] == ["脾小怪兽"]
    assert [(m.start, m.end, m.label) for m in read.mentions if m.label not in loaded.labels] == others
    assert {m.engine.partition("@")[0] for m in read.mentions if m.text == "脾小怪兽"} == {"oncorwe-ner"}


def test_new_mentions_get_their_assertion(model: Path) -> None:
    read = pipeline.read_note("患者3天前未发现胃小怪兽，无不适。")
    Recogniser(model).apply(read)
    assert [str(m.polarity) for m in read.mentions if m.label is Label.DISEASE] == ["negated"]


def test_use_model_adds_one_component(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = pipeline.build_nlp()
    monkeypatch.setattr(pipeline, "get_nlp", lambda: own)
    pipeline.use_model(model)
    pipeline.use_model(model)
    assert own.pipe_names.count("oncorwe_recogniser") == 1
    found = pipeline.annotate_note({"note_id": "1", "text": "患者2天前发现肝小怪兽，无不适。"})
    assert [m["text"] for m in found["mentions"] if m["label"] == "disease"] == ["肝小怪兽"]
    with pytest.raises(ModelError):
        pipeline.use_model(model / "none")
    assert own.pipe_names.count("oncorwe_recogniser") == 1


def test_order_of_the_training_file_does_not_matter_and_training_repeats(model: Path, tmp_path: Path) -> None:
    train_recogniser(corpus(tmp_path / "train.jsonl", reverse=True), None, tmp_path / "ner")
    for name in ("network0.npz", "network1.npz", "names.json", "vocabulary.json"):
        assert (tmp_path / "ner" / name).read_bytes() == (model / name).read_bytes()


@pytest.mark.parametrize("broken", ["network1.npz", "names.json"])
def test_a_damaged_model_is_refused(model: Path, tmp_path: Path, broken: str) -> None:
    for file in model.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / broken).write_bytes(b"damaged")
    with pytest.raises(ModelError, match=f"damaged: {broken}"):
        Recogniser(tmp_path)
    (tmp_path / "card.json").write_text("{", "utf-8")
    with pytest.raises(ModelError, match="not JSON"):
        Recogniser(tmp_path)
    with pytest.raises(ModelError, match="no model in"):
        Recogniser(tmp_path / "none")


def test_a_model_of_an_earlier_version_is_refused(tmp_path: Path) -> None:
    write_card(tmp_path, "ner", [], {"labels": ["drug"], "members": ["weights.crfsuite"]})
    with pytest.raises(ModelError, match="another version"):
        Recogniser(tmp_path)


def test_cards_of_another_kind_or_format_are_refused(tmp_path: Path) -> None:
    write_card(tmp_path, "linker", [], {})
    with pytest.raises(ModelError, match="kind 'linker'"):
        read_card(tmp_path, "ner")
    (tmp_path / "card.json").write_text('{"kind": "ner", "format": 99, "files": {}}', "utf-8")
    with pytest.raises(ModelError, match="format 99"):
        read_card(tmp_path, "ner")
    (tmp_path / "card.json").write_text('{"kind": "ner", "format": 1, "files": {"../x": ""}}', "utf-8")
    with pytest.raises(ModelError, match="damaged"):
        read_card(tmp_path, "ner")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "Line 1 .* not a JSON object"),
        ('{"text": "x"}', "no list of entities"),
        ('{"text": "x", "entities": [{"start": 0, "end": 2, "label": "drug"}]}', "outside its text"),
        ('{"text": "x", "entities": [{"start": 0, "end": 1, "label": "ghost"}]}', "label that does not exist"),
        ('{"text": "x", "entities": [{"end": 1}]}', "without start"),
        ("", "holds no notes"),
    ],
)
def test_bad_corpora_say_where(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text(line, "utf-8")
    with pytest.raises(ModelError, match=message):
        read_notes(path)
    with pytest.raises(ModelError, match="cannot be read"):
        read_notes(tmp_path / "none")


def test_of_overlapping_entities_the_longer_stays(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    spans = [{"start": 0, "end": 1, "label": "anatomy"}, {"start": 0, "end": 2, "label": "disease"}]
    path.write_text(json.dumps({"text": "胃癌", "entities": spans}), "utf-8")
    assert read_notes(path)[0].entities == ((0, 2, "disease"),)


def test_tags_and_entities_are_inverse() -> None:
    spans = [(0, 1, "anatomy"), (1, 4, "disease"), (5, 7, "drug")]
    assert entities(tags(8, spans)) == spans
    assert tag_names(["drug"]) == ["O", "B-drug", "I-drug", "E-drug", "S-drug"]


@pytest.mark.parametrize(
    ("likely", "best"),
    [
        ("OSO", "OSO"),
        ("BIE", "BIE"),
        ("BOO", "OOO"),
        ("BBE", "OBE"),
        ("IE", "BE"),
        ("OB", "OO"),
    ],
)
def test_the_best_tags_are_well_formed(likely: str, best: str) -> None:
    names = ("O", "B-drug", "I-drug", "E-drug", "S-drug")
    probabilities = np.full((len(likely), 5), 0.1, np.float32)
    probabilities[:, 0] = 0.2
    probabilities[np.arange(len(likely)), ["OBIES".index(place) for place in likely]] = 0.5
    assert "".join(tag[0] for tag in best_tags(probabilities, names)) == best


def test_segments_cover_the_text() -> None:
    text = "a。b;c\n" + "x" * (2 * MAX_SEGMENT + 5)
    found = segments(text)
    assert [start for start, _ in found] == [0, *(end for _, end in found[:-1])]
    assert found[-1][1] == len(text)
    assert max(end - start for start, end in found) <= MAX_SEGMENT + 1


def test_features_are_one_list_a_character() -> None:
    read = pipeline.read_note("胃癌术后\n 3天")
    features = note_features(read, SeenNames.of({}))
    assert [len(column) for column in features.columns] == [len(read.norm)] * len(COLUMNS)
    assert len(note_features(pipeline.read_note(""), SeenNames.of({}))) == 0
    column = ["-"] * 4
    mark(column, 1, 4, "x")
    assert column == ["-", "Bx", "Ix", "Ex"]


def test_seen_names_know_how_often_they_are_right(tmp_path: Path) -> None:
    notes = read_notes(corpus(tmp_path / "train.jsonl"))
    names = seen_names(notes, [one.text for one in notes])
    assert names["胃小怪兽"] == "disease3+"
    assert names["胃"].startswith("anatomy")


def test_linker_training_from_files(tmp_path: Path) -> None:
    table = [("1", "阑尾切除术"), ("2", "胆囊切除术")]
    rows = [
        {"raw": "蓝尾", "standard": "阑尾切除术"},
        {"text": "胆", "normalized_result": "胆囊切除术##没有"},
        {"raw": "胆尾", "standard": "阑尾切除术##胆囊切除术"},
    ]
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    report = train_linker_model(path, path, table, tmp_path / "model")
    assert report.card["train"] | {"sha256": ""} == {"pairs": 3, "used": 3, "unknown_titles": 1, "sha256": ""}
    assert report.card["dev"]["strings"] == 3
    assert "1 titles are not in the code table" in report.summary()
    path.write_text('{"raw": "x"}', "utf-8")
    with pytest.raises(ModelError, match="lacks raw and standard"):
        read_pairs(path)
    path.write_text('{"raw": "x", "standard": "没有"}', "utf-8")
    with pytest.raises(ModelError, match="learned nothing"):
        train_linker_model(path, None, table, tmp_path / "model")


def test_pieces_hold_the_segments_in_groups() -> None:
    text = "胃癌。" * MAX_PIECE
    found = pieces(text)
    assert [segment for piece in found for segment in piece] == segments(text)
    assert len(found) == 4 and max(piece[-1][1] - piece[0][0] for piece in found) <= MAX_PIECE
    assert pieces("") == []


def test_strings_that_a_vocabulary_lacks_share_the_first_row_of_their_column() -> None:
    note = note_features(pipeline.read_note("胃胃癌"), SeenNames.of({}))
    vocabulary = Vocabulary.of([note])
    ids = vocabulary.ids(note)
    assert ids.shape == (3, len(COLUMNS))
    assert ids[0, 0] == ids[1, 0] == vocabulary.first[0] + 1
    assert ids[2, 0] == vocabulary.first[0] == 0
    assert ids.max() < vocabulary.rows


def test_the_gradients_are_those_of_the_loss() -> None:
    rng = np.random.default_rng(1)
    network = Network.new(Shape(9, 2, 4, (1, 2), 1, 3), rng)
    network.parameters = {name: value + rng.normal(0, 0.3, value.shape) for name, value in network.parameters.items()}
    ids, wanted = rng.integers(0, 9, (6, 2)).astype(np.int32), rng.integers(0, 3, 6)

    def loss() -> float:
        return float(-np.log(network.probabilities(ids)[np.arange(6), wanted]).sum())

    found = network.learn(ids, wanted, 0.0, rng)
    assert set(found.of) == set(network.parameters)
    for name, grad in found.of.items():
        place = (found.rows[0], 1) if name == "embedding" else (0,) * grad.ndim
        values = network.parameters[name]
        values[place] += 1e-3
        more = loss()
        values[place] -= 2e-3
        slope = (more - loss()) / 2e-3
        values[place] += 1e-3
        assert grad[(0, 1) if name == "embedding" else place] == pytest.approx(slope, rel=0.02, abs=0.002), name
