"""Training the recogniser: ``train_recogniser``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlp.evaluation.ner import Score, score
from nlp.model import Note
from nlp.network import Shape
from nlp.training.card import new_folder, sha256, write_card
from nlp.training.corpus import LabelledNote, read_notes
from nlp.training.decode import tag_names, tags
from nlp.training.features import COLUMNS, Features, SeenNames, Vocabulary, note_features, pieces, seen_names, segments
from nlp.training.field import Strings, strings, train_field
from nlp.training.fitting import Example, Fitting, fit_network
from nlp.training.recogniser import FIELD, KIND, NAMES, VOCABULARY, Recogniser

FOLDS = 5
"""The names that a training note sees are those of the other folds: its own would always be known."""

WIDTH = 96
FITTING = Fitting(epochs=12, rate=0.0015, dropout=0.3, feature_dropout=0.25)
MEMBERS = (((1, 2, 4, 8), 1), ((1, 1, 2, 4), -1))
"""Of each network the dilations of its layers, and the layer before which the mean of the note is added (-1: none)."""


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What training made: the card, and scores on the dev file when there was one."""

    folder: Path
    card: dict[str, Any]
    scores: dict[str, Score]

    def summary(self) -> str:
        """The report as text."""
        train = self.card["train"]
        lines = [
            f"Trained on {train['notes']} notes, {train['characters']} characters, {sum(train['entities'].values())} entities."
        ]
        lines += [f"{label:<14} {_words(value)}" for label, value in self.scores.items()]
        return "\n".join([*lines, f"Model: {self.folder}"])


def _words(value: Score) -> str:
    low, high = value.interval()
    return f"P {value.precision:.3f}  R {value.recall:.3f}  F1 {value.f1:.3f} ({low:.3f}-{high:.3f})  n {value.gold}"


def read_by_rules(notes: Sequence[LabelledNote]) -> list[Note]:
    """The notes with the rules' mentions."""
    from nlp.pipeline import read_note

    return [read_note(note.text, note_id=note.note_id) for note in notes]


def train_recogniser(train: Path, dev: Path | None, output: Path) -> TrainingReport:
    """Train on a corpus of labelled notes and write the model folder ``output``.

    The order of the training file decides nothing but the folds' members and the last digits of the weights.

    Raises:
        ModelError: a corpus cannot be used, or the folder cannot be written.
    """
    corpus = sorted(read_notes(Path(train)), key=lambda note: (note.text, note.entities))
    held_out = read_notes(Path(dev)) if dev else []
    folder = new_folder(Path(output))
    members = fit(corpus, read_by_rules(corpus), folder)
    files = [*members, FIELD, NAMES, VOCABULARY]
    card = {**_card(Path(train), corpus), "members": {file: asdict(shape) for file, shape in members.items()}}
    write_card(folder, KIND, files, card)
    scores = evaluate(Recogniser(folder), held_out, read_by_rules(held_out)) if held_out else {}
    card["dev"] = {label: [value.correct, value.predicted, value.gold] for label, value in scores.items()}
    return TrainingReport(folder, write_card(folder, KIND, files, card), scores)


def _card(train: Path, corpus: Sequence[LabelledNote]) -> dict[str, Any]:
    from nlp.pipeline import ENGINE

    counts = Counter(label for note in corpus for _, _, label in note.entities)
    return {
        "what": "Convolutional networks and a random field over characters with lexicon and rule features; the mean of their probabilities decides",
        "engine": ENGINE,
        "labels": sorted(counts),
        "train": {
            "notes": len(corpus),
            "characters": sum(len(note.text) for note in corpus),
            "entities": dict(sorted(counts.items())),
            "sha256": sha256(train),
        },
        "settings": asdict(FITTING),
    }


def fit(corpus: Sequence[LabelledNote], read: Sequence[Note], folder: Path) -> dict[str, Shape]:
    """Fit the members and write them into ``folder``, beside the names and feature strings of the corpus; the shape of each file."""
    features, rows = _features(corpus, read)
    train_field(list(_stretches(corpus, read, rows)), folder / FIELD)
    vocabulary = Vocabulary.of(features)
    names = tag_names({label for note in corpus for _, _, label in note.entities})
    examples = [
        one for place in zip(corpus, read, features, strict=True) for one in _examples(*place, vocabulary, names)
    ]
    shapes = {
        f"network{number}.npz": Shape(vocabulary.rows, len(COLUMNS), WIDTH, dilations, mean_before, len(names))
        for number, (dilations, mean_before) in enumerate(MEMBERS)
    }
    for seed, (file, shape) in enumerate(shapes.items()):
        fit_network(examples, shape, vocabulary.first, FITTING, seed).save(folder / file)
    _write_json(folder / NAMES, seen_names(corpus, [note.norm for note in read]))
    _write_json(folder / VOCABULARY, vocabulary.strings)
    return shapes


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, sort_keys=True), "utf-8")


def _features(corpus: Sequence[LabelledNote], read: Sequence[Note]) -> tuple[list[Features], list[Strings]]:
    norms = [note.norm for note in read]
    found: dict[int, tuple[Features, Strings]] = {}
    for fold in range(FOLDS):
        rest = [number for number in range(len(corpus)) if number % FOLDS != fold]
        names = SeenNames.of(seen_names([corpus[n] for n in rest], [norms[n] for n in rest]))
        found |= {n: (note_features(read[n], names), strings(read[n], names)) for n in range(fold, len(corpus), FOLDS)}
    return [found[n][0] for n in range(len(corpus))], [found[n][1] for n in range(len(corpus))]


def _stretches(
    corpus: Sequence[LabelledNote], read: Sequence[Note], rows: Sequence[Strings]
) -> Iterator[tuple[Strings, list[str]]]:
    for labelled, note, mine in zip(corpus, read, rows, strict=True):
        wanted = tags(len(labelled.text), labelled.entities)
        for start, end in segments(note.norm):
            yield mine[start:end], wanted[start:end]


def _examples(
    labelled: LabelledNote, note: Note, features: Features, vocabulary: Vocabulary, names: list[str]
) -> Iterator[Example]:
    ids, number_of = vocabulary.ids(features), {name: number for number, name in enumerate(names)}
    wanted = np.array([number_of[tag] for tag in tags(len(note.norm), labelled.entities)], np.intp)
    for piece in pieces(note.norm):
        stretch = slice(piece[0][0], piece[-1][1])
        yield ids[stretch], wanted[stretch]


def evaluate(recogniser: Recogniser, corpus: Sequence[LabelledNote], read: Sequence[Note]) -> dict[str, Score]:
    """Strict scores on labelled notes that the rules have read."""
    gold = {(number, *entity) for number, note in enumerate(corpus) for entity in note.entities}
    predicted = {(number, *entity) for number, note in enumerate(read) for entity in recogniser.predict(note)}
    return score(gold, predicted)
