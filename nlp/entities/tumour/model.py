"""A tumour statement: what, where, which side, treated how."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TumourValue:
    """``site_text`` and ``name`` as written; offsets of the site in the note."""

    name: str
    site_text: str | None
    site_start: int
    site_end: int
    topography: str | None
    laterality: str
    postoperative: bool = False
    recurrent: bool = False
    secondary: bool = False
    """转移性 before the head: the words name a metastasis."""
