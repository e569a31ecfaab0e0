"""Assertion: is it there, when, and whose."""

from nlp.assertion.component import qualify

__all__ = ["qualify"]
