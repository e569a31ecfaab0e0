"""Linking: from a name as written to codes of any code table."""

from nlp.linking.linker import Candidate, Linker, LinkResult

__all__ = ["Candidate", "LinkResult", "Linker"]
