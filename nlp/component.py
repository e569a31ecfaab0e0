"""How a function over a :class:`~nlp.model.Note` becomes a spaCy component.

The note travels in ``doc._.note``. A component used alone on a plain Doc gets a fresh note made from the Doc's text.
"""

from __future__ import annotations

from collections.abc import Callable

from spacy.language import Language
from spacy.tokens import Doc

from nlp.model import Mention, Note
from nlp.tags import untagged
from nlp.text import fold

if not Doc.has_extension("note"):
    Doc.set_extension("note", default=None)


def note_of(doc: Doc) -> Note:
    """The note of a Doc, made from its text when there is none yet."""
    if doc._.note is None:
        doc._.note = Note(text=doc.text, norm=fold(doc.text))
    note: Note = doc._.note
    return note


def note_component(name: str, step: Callable[[Note], object]) -> Callable[[Doc], Doc]:
    """Register ``step``, which changes the note in place, as the factory ``name``; returns the component."""

    def run(doc: Doc) -> Doc:
        step(note_of(doc))
        return doc

    run.step = step  # type: ignore[attr-defined]  # what the component does to a note, for callers without a Doc

    def create(nlp: Language, name: str) -> Callable[[Doc], Doc]:
        return run

    Language.factory(name, func=create)
    return run


def entity_component(name: str, find: Callable[[Note], list[Mention]]) -> Callable[[Doc], Doc]:
    """Register a matcher ``find(note) -> mentions`` as the factory ``name``; its mentions join the note's, but for those across a tag."""
    return note_component(name, lambda note: note.mentions.extend(untagged(find(note))))
