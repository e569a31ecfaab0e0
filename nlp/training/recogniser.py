"""The statistical recogniser: models over characters that vote together with the rules (``nlp.training.vote``).

    nlp.add_pipe("oncorwe_recogniser", config={"path": "model"})      # what ``nlp.pipeline.use_model`` does

Of the labels that the models were trained on the vote decides; the rules keep the others, and the facts, which are built before it runs.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pycrfsuite
from spacy.language import Language
from spacy.tokens import Doc

from nlp.assertion.component import qualify
from nlp.component import note_of
from nlp.model import Label, Mention, Note
from nlp.training.card import ModelError, read_card
from nlp.training.corpus import Entity
from nlp.training.features import SeenNames, note_features, segments
from nlp.training.vote import elect

log = logging.getLogger(__name__)

KIND = "ner"
FACTORY = "oncorwe_recogniser"
WEIGHTS = "weights.crfsuite"
SECOND_WEIGHTS = "weights2.crfsuite"
NAMES = "names.json"


def tags(length: int, entities: Iterable[Entity]) -> list[str]:
    """One tag for each character: ``O``, or place (B, I, E, S) and label."""
    found = ["O"] * length
    for start, end, label in entities:
        for pos in range(start, end):
            found[pos] = f"I-{label}"
        found[start], found[end - 1] = f"B-{label}", f"E-{label}"
        if end - start == 1:
            found[start] = f"S-{label}"
    return found


def entities(tagged: Sequence[str]) -> list[Entity]:
    """The entities of tags; one that is not closed ends where its label ends."""
    found: list[Entity] = []
    start, label = -1, ""
    for pos, tag in enumerate([*tagged, "O"]):
        place, _, name = tag.partition("-")
        if start >= 0 and (place in "BSO" or name != label):
            found.append((start, pos, label))
            start = -1
        if place != "O" and start < 0:
            start, label = pos, name
        if place in "ES":
            found.append((start, pos + 1, label))
            start = -1
    return found


class Recogniser:
    """A model folder, loaded; ``predict`` gives the entities of a note that the rules have read.

    Raises:
        ModelError: the folder is missing, damaged or not of a recogniser.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.card = read_card(self.folder, KIND)
        self.labels = frozenset(Label(label) for label in self.card["labels"])
        self.engine = f"oncorwe-crf@{self.card['files'][WEIGHTS][:8]}"
        self._warn()
        self._names = SeenNames.of(json.loads((self.folder / NAMES).read_text("utf-8")))
        self._taggers = [self._open(name) for name in self.card.get("members", [WEIGHTS])]

    def _open(self, name: str) -> pycrfsuite.Tagger:
        tagger = pycrfsuite.Tagger()
        tagger.open(str(self.folder / name))
        return tagger

    def _warn(self) -> None:
        """The rules' mentions are features: a model of other rules still works, but less well."""
        from nlp.pipeline import ENGINE

        if self.card.get("engine") != ENGINE:
            log.warning(
                "The model in %s was trained beside %s, this is %s; train it again for best results",
                self.folder,
                self.card.get("engine"),
                ENGINE,
            )

    def predict(self, note: Note) -> list[Entity]:
        """Entities of a note whose mentions are those of the rules."""
        rows = note_features(note, self._names)
        found: list[list[Entity]] = [[] for _ in self._taggers]
        for start, end in segments(note.norm):
            sequence = pycrfsuite.ItemSequence(rows[start:end])
            for mine, tagger in zip(found, self._taggers, strict=True):
                tagged = entities(tagger.tag(sequence))
                mine += [(start + first, start + last, label) for first, last, label in tagged]
        ruled = {(one.start, one.end, str(one.label)) for one in note.mentions if one.label in self.labels}
        return elect(found, ruled)

    def apply(self, note: Note) -> None:
        """Replace the note's mentions of the model's labels by the model's; facts keep their evidence."""
        old = [mention for mention in note.mentions if mention.label in self.labels]
        others = [mention for mention in note.mentions if mention.label not in self.labels]
        known = {(mention.start, mention.end, str(mention.label)): mention for mention in old}
        found = [known.get(entity) or self._mention(note, entity) for entity in self.predict(note)]
        self._qualify(note, [mention for mention in found if mention.engine == self.engine], others)
        note.mentions = sorted([*others, *found], key=lambda mention: (mention.start, -mention.end, mention.label))
        self._relink(note, old, found)

    def _mention(self, note: Note, entity: Entity) -> Mention:
        start, end, label = entity
        return Mention(start, end, Label(label), note.text[start:end], engine=self.engine)

    def _qualify(self, note: Note, new: list[Mention], others: list[Mention]) -> None:
        """Assertion of the new mentions, in the company of copies of the others (lists of findings need them)."""
        qualify(replace(note, mentions=[*new, *(replace(mention) for mention in others)]))

    def _relink(self, note: Note, old: list[Mention], found: list[Mention]) -> None:
        """Facts that lean on a mention that is gone lean on the model's over the same place, if there is one."""
        kept = {id(mention) for mention in found}
        gone = {id(mention) for mention in old} - kept
        for fact in note.facts:
            if any(id(mention) in gone for mention in fact.mentions):
                fact.mentions = [_heir(mention, found) if id(mention) in gone else mention for mention in fact.mentions]


def _heir(mention: Mention, found: list[Mention]) -> Mention:
    """The mention of the same label that overlaps most, or the old one."""
    shared = [
        (min(mention.end, other.end) - max(mention.start, other.start), -other.start, other)
        for other in found
        if other.label is mention.label and other.start < mention.end and mention.start < other.end
    ]
    return max(shared, key=lambda item: item[:2])[2] if shared else mention


@Language.factory(FACTORY, default_config={"path": ""})
def create(nlp: Language, name: str, path: str) -> Callable[[Doc], Doc]:
    """The pipeline component over a model folder."""
    if not path:
        raise ModelError("The component oncorwe_recogniser needs the path of a model folder")
    recogniser = Recogniser(path)

    def run(doc: Doc) -> Doc:
        recogniser.apply(note_of(doc))
        return doc

    return run
