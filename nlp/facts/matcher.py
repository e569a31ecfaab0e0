"""One way to make a spaCy component of a matcher: ``find(note)`` adds its mentions to ``doc._.note``."""

from __future__ import annotations

from collections.abc import Callable

from spacy.language import Language
from spacy.tokens import Doc

from nlp.model import Mention, Note

if not Doc.has_extension("note"):
    Doc.set_extension("note", default=None)


def entity_component(name: str, find: Callable[[Note], list[Mention]]) -> Callable[[Doc], Doc]:
    """Register the matcher under ``name`` and return the component (callable on a Doc on its own)."""

    def run(doc: Doc) -> Doc:
        if doc._.note is None:
            doc._.note = Note(text=doc.text, norm=doc.text)
        doc._.note.mentions.extend(find(doc._.note))
        return doc

    def create(nlp: Language, name: str) -> Callable[[Doc], Doc]:
        return run

    Language.factory(name, func=create)
    return run
