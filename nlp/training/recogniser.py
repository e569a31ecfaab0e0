"""The statistical recogniser: networks and a random field over characters, the mean of whose probabilities decides.

    nlp.add_pipe("oncorwe_recogniser", config={"path": "model"})      # what ``nlp.pipeline.use_model`` does

It decides the labels that it was trained on; what the rules found is among its features. The rules keep the other labels, and the facts, which are
built before it runs.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from spacy.language import Language
from spacy.tokens import Doc

from nlp.assertion.component import qualify
from nlp.component import note_of
from nlp.model import Label, Mention, Note
from nlp.network import Network, Shape
from nlp.training.card import ModelError, read_card
from nlp.training.corpus import Entity
from nlp.training.decode import best_tags, entities, tag_names
from nlp.training.features import SeenNames, Vocabulary, note_features, pieces
from nlp.training.field import Field, strings

log = logging.getLogger(__name__)

KIND = "ner"
FACTORY = "oncorwe_recogniser"
NAMES = "names.json"
FIELD = "field.crfsuite"
VOCABULARY = "vocabulary.json"


class Recogniser:
    """A model folder, loaded; ``predict`` gives the entities of a note that the rules have read.

    Raises:
        ModelError: the folder is missing, damaged or not of a recogniser.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.card = read_card(self.folder, KIND)
        if not isinstance(self.card.get("members"), dict):
            raise ModelError(f"The model in {self.folder} was made by another version. Train it again")
        self.labels = frozenset(Label(label) for label in self.card["labels"])
        self.engine = f"oncorwe-ner@{self.card['files'][min(self.card['members'])][:8]}"
        self._warn()
        self._tags = tuple(tag_names(self.card["labels"]))
        self._names = SeenNames.of(self._json(NAMES))
        self._field = Field(self.folder / FIELD, self._tags)
        self._vocabulary = Vocabulary(self._json(VOCABULARY))
        self._networks = [
            Network.load(self.folder / name, Shape(**shape)) for name, shape in sorted(self.card["members"].items())
        ]

    def _json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text("utf-8"))

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
        ids, rows = self._vocabulary.ids(note_features(note, self._names)), strings(note, self._names)
        found: list[Entity] = []
        for piece in pieces(note.norm):
            first, last = piece[0][0], piece[-1][1]
            probabilities = self._probabilities(ids[first:last])
            for start, end in piece:
                field = self._field.probabilities(rows[start:end])
                tagged = best_tags((probabilities[start - first : end - first] + field) / np.float32(2), self._tags)
                found += [(start + one, start + two, label) for one, two, label in entities(tagged)]
        return found

    def _probabilities(self, ids: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        total = self._networks[0].probabilities(ids)
        for network in self._networks[1:]:
            total += network.probabilities(ids)
        return total / np.float32(len(self._networks))

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
