"""Sections: which part of a note a position belongs to."""

from nlp.sections.component import split

__all__ = ["split"]
