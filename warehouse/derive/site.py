"""Which site, side and histology a tumour's statements agree on: the most supported of the most exact ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from warehouse.derive.rules import Rules, code_range, in_ranges

if TYPE_CHECKING:
    from warehouse.derive.tumours import Evidence

NOT_ORGANS = ("C43", "C45", "C46")
"""ICD-10 blocks below C77 that name a disease, not an organ: no topography can be read off them."""


def topography(rules: Rules, code: str, members: Sequence[Evidence], hints: Sequence[Evidence]) -> str | None:
    """The ICD-O-3 topography: of the organ with most support its most supported part.

    ``hints`` are statements that only suspect the tumour (an imaging report before the biopsy): they say no more than which
    part of the organ. Without any site it is the only one that the type can have, else NULL.
    """
    votes = _site_votes(rules, code, members)
    if not votes:
        sites = rules.types[code].topography
        return sites[0][0] if sites and sites[0][0] == sites[0][1] else None
    organs: Counter[str] = Counter()
    for site, weight in votes.items():
        organs[site[:3]] += weight
    organ = _top(organs)
    parts = Counter({s: n for s, n in votes.items() if s[:3] == organ})
    parts.update({s: n for s, n in _site_votes(rules, code, hints).items() if s[:3] == organ})
    exact = Counter({s: n for s, n in parts.items() if not _vague(s)})
    finest = Counter({s: n for s, n in exact.items() if s not in rules.tumours["topography"]["overlaid"]})
    return _top(finest or exact or parts)


def _site_votes(rules: Rules, code: str, members: Iterable[Evidence]) -> Counter[str]:
    votes: Counter[str] = Counter()
    for e in members:
        if e.table == "pathology":  # a report's site is that of the other statements
            continue
        for site in {e.topography, e.icd10 if is_organ(rules, code, e.icd10) else ""} - {""}:
            votes[site if "." in site else f"{site}.9"] += rules.tumours["evidence_weight"][e.table]
    return votes


def is_organ(rules: Rules, code: str, icd10: str) -> bool:
    """ICD-10 C-codes of solid organs are ICD-O topographies; blood-forming tumours and D-codes are not."""
    return (
        icd10.startswith("C")
        and icd10 < "C77"
        and code not in rules.haematological
        and not icd10.startswith(NOT_ORGANS)
    )


def _vague(site: str) -> bool:
    """Not otherwise specified (.9), or overlapping parts (.8)."""
    return site.endswith((".8", ".9"))


def _top(votes: Counter[str]) -> str:
    return min(votes, key=lambda code: (-votes[code], code))


def icd10(members: Sequence[Evidence]) -> str | None:
    """The ICD-10 code: as recorded by the hospital rather than read, the more exact and then the more frequent one."""
    votes: Counter[str] = Counter()
    recorded: set[str] = set()
    for e in members:
        if e.icd10[:1] in ("C", "D"):
            votes[e.icd10] += 1
            recorded |= {e.icd10} if e.row.get("source_kind") == "STRUCTURED" else set()
    return min(votes, key=lambda c: (c not in recorded, "." not in c or _vague(c), -votes[c], c), default=None)


def morphology(rules: Rules, members: Sequence[Evidence]) -> str | None:
    """The most supported histology; a general name (adenocarcinoma) gives way to a kind of it (ductal) that is stated too."""
    votes: Counter[str] = Counter()
    for e in members:
        if e.morphology:
            votes[e.morphology] += rules.tumours["evidence_weight"][e.table]
    return most_supported(rules, votes)


def most_supported(rules: Rules, votes: Mapping[str, int]) -> str | None:
    """The most supported histology of weights by code."""
    exact = {c for c in votes if c not in rules.tumours["unspecified_morphologies"]} or set(votes)
    left = {c for c in exact if not any(_kind_of(rules, other, c) for other in exact)}
    return min(left or exact, key=lambda c: (-votes[c], c), default=None)


def _kind_of(rules: Rules, code: str, general: str) -> bool:
    """Is ``code`` one of the kinds of the ``general`` histology?"""
    kinds = rules.tumours["general_morphology"].get(general, ())
    return in_ranges(code, tuple(code_range(k) for k in kinds))


def usual_behaviour(codes: Collection[str], *, has_histology: bool) -> str | None:
    """Behaviour when none is stated, from the ICD-10 codes."""
    if any(code.startswith("C") for code in codes):
        return "3"
    stems = {code[:3] for code in codes if code}
    if any(s <= "D09" for s in stems):
        return "2"
    return "1" if any(s >= "D37" for s in stems) else "3" if not stems and has_histology else None


def laterality(rules: Rules, site: str | None, members: Sequence[Evidence], hints: Sequence[Evidence]) -> str | None:
    """Left, right or both sides as the statements say; of suspected ones only when no certain one names a side.

    NA for an organ that is not paired, whatever side of it is meant (the right lobe of the liver).
    """
    if site and in_ranges(site, tuple(code_range(c) for c in rules.tumours["topography"]["unpaired"])):
        return "NA"
    for group in (members, hints):
        sides = Counter(s for e in group if (s := e.row.get("laterality")) and s in ("L", "R", "B", "M"))
        if sides:
            return _both(sides)
    return _first(e.row.get("laterality") for e in members)


def _both(sides: Counter[str]) -> str:
    """Left and right together are both sides, unless one is the slip of a single note."""
    single, rest = _top(sides), sum(sides.values())
    if {"L", "R"} <= set(sides) and min(sides["L"], sides["R"]) * 5 >= rest:
        return "B"
    return single


def _first(values: Iterable[Any]) -> Any:
    return next((v for v in values if v), None)
