"""Training the recogniser: ``train_recogniser``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pycrfsuite

from nlp.evaluation.ner import Score, score
from nlp.model import Note
from nlp.training.card import new_folder, sha256, write_card
from nlp.training.corpus import LabelledNote, read_notes
from nlp.training.features import SeenNames, note_features, seen_names, segments
from nlp.training.recogniser import KIND, NAMES, SECOND_WEIGHTS, WEIGHTS, Recogniser, tags

FOLDS = 5
"""The names that a training note sees are those of the other folds: its own would always be known."""

SETTINGS: dict[str, dict[str, Any]] = {
    WEIGHTS: {
        "algorithm": "lbfgs", "c1": 0.0, "c2": 1.0, "max_iterations": 90, "feature.minfreq": 2,
        "feature.possible_transitions": False,
    },
    SECOND_WEIGHTS: {
        "algorithm": "ap", "max_iterations": 25, "feature.minfreq": 2, "feature.possible_transitions": False,
    },
}  # fmt: skip
"""The members: CRFsuite's settings by file (``algorithm`` apart, parameters of its trainer). A random field and an averaged perceptron err
differently, which is what a vote lives on."""


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
    names = fit(corpus, read_by_rules(corpus), folder)
    (folder / NAMES).write_text(json.dumps(names, ensure_ascii=False, sort_keys=True), "utf-8")
    card = _card(folder, Path(train), corpus)
    files = [*SETTINGS, NAMES]
    write_card(folder, KIND, files, card)
    scores = evaluate(Recogniser(folder), held_out, read_by_rules(held_out)) if held_out else {}
    card["dev"] = {label: [value.correct, value.predicted, value.gold] for label, value in scores.items()}
    return TrainingReport(folder, write_card(folder, KIND, files, card), scores)


def _card(folder: Path, train: Path, corpus: Sequence[LabelledNote]) -> dict[str, Any]:
    from nlp.pipeline import ENGINE

    counts = Counter(label for note in corpus for _, _, label in note.entities)
    return {
        "what": "Conditional random field and averaged perceptron over characters with lexicon and rule features, voting with the rules",
        "members": list(SETTINGS),
        "engine": ENGINE,
        "labels": sorted(counts),
        "train": {
            "notes": len(corpus),
            "characters": sum(len(note.text) for note in corpus),
            "entities": dict(sorted(counts.items())),
            "sha256": sha256(train),
        },
        "settings": SETTINGS,
    }


def fit(corpus: Sequence[LabelledNote], read: Sequence[Note], folder: Path) -> dict[str, str]:
    """Train the members' weights into ``folder``; the names of the corpus, which the recogniser needs too."""
    norms = [note.norm for note in read]
    trainer = pycrfsuite.Trainer(verbose=False)
    for fold in range(FOLDS):
        mine = [number for number in range(len(corpus)) if number % FOLDS == fold]
        rest = [number for number in range(len(corpus)) if number % FOLDS != fold]
        names = SeenNames.of(seen_names([corpus[n] for n in rest], [norms[n] for n in rest]))
        for number in mine:
            _append(trainer, corpus[number], read[number], names)
    for file, settings in SETTINGS.items():
        trainer.select(settings["algorithm"])
        trainer.set_params({name: value for name, value in settings.items() if name != "algorithm"})
        trainer.train(str(folder / file))
    return seen_names(corpus, norms)


def _append(trainer: pycrfsuite.Trainer, labelled: LabelledNote, note: Note, names: SeenNames) -> None:
    rows, wanted = note_features(note, names), tags(len(labelled.text), labelled.entities)
    for start, end in segments(note.norm):
        trainer.append(rows[start:end], wanted[start:end])


def evaluate(recogniser: Recogniser, corpus: Sequence[LabelledNote], read: Sequence[Note]) -> dict[str, Score]:
    """Strict scores on labelled notes that the rules have read."""
    gold = {(number, *entity) for number, note in enumerate(corpus) for entity in note.entities}
    predicted = {(number, *entity) for number, note in enumerate(read) for entity in recogniser.predict(note)}
    return score(gold, predicted)
