"""Tumour type of a name: the names of the type table first, then the organ that the name speaks of."""

from __future__ import annotations

from functools import cache

from nlp.facts.sites import locate
from nlp.facts.surface import fold_words
from nlp.text import Dictionary
from warehouse import codes

_MORPHOLOGY = {"8041": "SCLC", "8045": "SCLC", "8720": "MELANOMA", "8936": "GIST", "9680": "DLBCL", "9732": "MYELOMA", "9861": "AML",
               "9866": "APL", "9835": "ALL", "9875": "CML", "9823": "CLL", "9989": "MDS", "9673": "MCL", "9690": "FL", "9650": "HL", "9699": "MZL", "9719": "NKTCL", "8180": "ICC"}  # fmt: skip


LIKE_UTERUS, UTERUS = "内膜样", ("C54", "C55")
"""A type that is named for the endometrium but not of it (卵巢子宫内膜样癌)."""


@cache
def _names() -> Dictionary[str]:
    pairs = [(fold_words(name), row.tumour_code) for row in codes.tumour_types() for name in codes.names(row)
             if len(name) > 2 and not name.isascii()]  # fmt: skip
    return Dictionary(pairs)


def tumour_code_of(words: str, site_text: str | None = None, morphology: str | None = None) -> str | None:
    """The code of the longest type name in ``words``, else of the organ; squamous and adeno carcinoma of the oesophagus differ."""
    folded = fold_words(words)
    site = locate((site_text or folded).lower())
    if (
        morphology
        and (code := _MORPHOLOGY.get(morphology[:4]))
        and not (code == "SCLC" and site and not site.topography.startswith("C34"))
    ):
        return code
    hits = [hit for hit in _names().find(folded) if folded[max(0, hit.start - 1) : hit.start] != "非"]
    if site and not site.topography.startswith(UTERUS):
        hits = [hit for hit in hits if LIKE_UTERUS not in folded[hit.start : hit.end]]
    if hits:
        return max(hits, key=lambda hit: hit.end - hit.start).payload
    if site and site.topography.startswith("C15") and morphology:
        return "EAC" if morphology.startswith("814") else "ESCC"
    return site.tumour_code or None if site else None
