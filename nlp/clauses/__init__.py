"""Clauses and sentences: the stretches in which a cue, a date or a negation reaches what it speaks of."""

from nlp.clauses.component import split

__all__ = ["split"]
