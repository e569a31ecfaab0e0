"""Splits a note into clauses and sentences."""

from __future__ import annotations

from nlp.clauses.patterns import CLAUSE_END, SENTENCE_END
from nlp.component import note_component
from nlp.model import Note


def split(note: Note) -> None:
    """Fill ``note.clauses`` and ``note.sentences``; together each covers the text, the end mark included."""
    norm, clause_start, sentence_start = note.norm, 0, 0
    for mark in CLAUSE_END.finditer(norm):
        end = mark.end()
        note.clauses.append((clause_start, end))
        clause_start = end
        if norm[mark.start()] in SENTENCE_END:
            note.sentences.append((sentence_start, end))
            sentence_start = end
    if clause_start < len(norm):
        note.clauses.append((clause_start, len(norm)))
    if sentence_start < len(norm):
        note.sentences.append((sentence_start, len(norm)))
    note.clause_starts = [start for start, _ in note.clauses]
    note.sentence_starts = [start for start, _ in note.sentences]


component = note_component("oncorwe_clauses", split)
