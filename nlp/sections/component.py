"""Finds the headings of a note and what stands under them.

Works on lines, on headings run together in one line, numbered, bracketed or half-width. A text without headings is one
nameless section, unless the note type says what it is (an imaging report is ``imaging_findings``).
"""

from __future__ import annotations

from nlp import lexicons
from nlp.component import note_component
from nlp.model import Note, Section
from nlp.sections.patterns import AFTER_COLON, AFTER_STRONG, BEFORE, ORNAMENT, Heading, headings
from nlp.text import Match


def split(note: Note) -> None:
    """Fill ``note.sections``: ordered, without gaps from the first heading to the end of the note."""
    found = [match for match in headings().find(note.norm) if _is_heading(note.norm, match)]
    starts = [match.start for match in found] + [len(note.norm)]
    if found and not note.norm[: starts[0]].strip(ORNAMENT):
        starts[0] = 0
    if starts[0] > 0:
        note.sections.append(Section(_default_code(note.note_type), 0, 0, starts[0]))
    for match, start, end in zip(found, starts, starts[1:], strict=False):
        note.sections.append(Section(match.payload.code, start, _body(note.norm, match.end), end))
    note.section_starts = [section.start for section in note.sections]


def _is_heading(norm: str, match: Match[Heading]) -> bool:
    """A boundary before, and after it a colon or (strong headings) the beginning of a statement."""
    if match.start and norm[match.start - 1] == "[" and norm[match.end : match.end + 1] == "]":
        return True
    if not BEFORE.search(norm[max(0, match.start - 12) : match.start]) and match.start > 0:
        return False
    if AFTER_COLON.match(norm, match.end):
        return True
    before = norm[match.start - 1 : match.start].strip() if match.start else ""
    return match.payload.strong and before in ("", "。") and bool(AFTER_STRONG.match(norm, match.end))


def _body(norm: str, end: int) -> int:
    """Where the text after a heading begins."""
    while end < len(norm) and norm[end] in ":]) \n\r\t>*-":
        end += 1
    return end


def _default_code(note_type: str) -> str:
    """The section that a heading-less text of this note type is."""
    codes = {row["note_type"]: row["default_section"] for row in lexicons.rows("note_types")}
    return codes.get(note_type, "")


component = note_component("oncorwe_sections", split)
