"""Dates in the text: absolute, partial and relative, resolved with the precision that the words have."""

from nlp.dates.component import find

__all__ = ["find"]
