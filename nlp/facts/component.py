"""The last component of the pipeline: mentions, sections and dates become rows of the warehouse's tables."""

from __future__ import annotations

from collections.abc import Callable

from spacy.language import Language
from spacy.tokens import Doc

from nlp.facts import build


@Language.factory("oncorwe_facts")
def create_facts(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """spaCy factory of the component."""
    return run


def run(doc: Doc) -> Doc:
    """Fill ``doc._.note.facts``."""
    doc._.note.facts = build(doc._.note)
    return doc
