"""Which of the tumour types a statement speaks of, from ICD-10, ICD-O-3 topography and morphology."""

from __future__ import annotations

import re
from functools import lru_cache

from warehouse.derive.rules import Rules, TumourType, in_ranges

ICD = re.compile(r"[CD]\d\d(\.\d)?")


@lru_cache(maxsize=50_000)
def icd_stem(code: str | None) -> str:
    """``C34.101`` -> ``C34.1``; empty when there is no neoplasm code (C00-D48)."""
    match = ICD.match((code or "").upper().replace(" ", ""))
    if not match:
        return ""
    stem = match.group(0)
    return stem if stem[0] == "C" or stem[:3] <= "D48" else ""


@lru_cache(maxsize=50_000)
def morphology_stem(code: str | None) -> str:
    """``8140/3`` -> ``8140``; empty when there is none."""
    stem = (code or "").strip().upper().removeprefix("M")[:4]
    return stem if len(stem) == 4 and stem.isdigit() else ""


@lru_cache(maxsize=50_000)
def behaviour_of(code: str | None) -> str:
    """Fifth digit of a morphology code, or empty."""
    _, _, digit = (code or "").partition("/")
    return digit[:1]


def tumour_code(rules: Rules, icd10: str, topography: str, morphology: str) -> str | None:
    """The tumour type of a statement, or None when the codes name no primary tumour. All arguments are stems or empty."""
    key = ("code", icd10, topography, morphology)
    if key not in rules.memo:
        rules.memo[key] = _tumour_code(rules, icd10, topography, morphology)
    return rules.memo[key]


def _tumour_code(rules: Rules, icd10: str, topography: str, morphology: str) -> str | None:
    if icd10[:3] in rules.tumours["metastasis_codes"] and not morphology and not topography:
        return None
    unspecified = morphology in rules.tumours["unspecified_morphologies"]
    if morphology and not unspecified and (hit := _by_morphology(rules, icd10, topography, morphology)):
        return hit
    site = icd10 or topography
    if site[:3] in ("", *rules.tumours["metastasis_codes"]):  # lymph nodes hold no primary but a lymphoma
        site = rules.tumours["unspecified_icd10"].get(morphology, "")
    return _by_site(rules, site) if site else None


def _by_morphology(rules: Rules, icd10: str, topography: str, morphology: str) -> str | None:
    """The type whose morphologies hold the code: at the stated site, or anywhere if the morphology names one type alone."""
    fits = [
        t for t in rules.types.values() if in_ranges(morphology, t.morphology) and _site_stated(rules, t, topography)
    ]
    here = [t for t in fits if at_site(t, icd10, topography)]
    if here:
        return min(here, key=lambda t: (not in_ranges(icd10 or topography, t.icd10), t.any_site, t.order)).code
    haematological = morphology.isdigit() and int(morphology) >= rules.tumours["haematological_morphology_from"]
    site_known = bool(icd10 or topography)
    if fits and haematological:
        return fits[0].code
    return fits[0].code if len(fits) == 1 and not site_known else None


def _site_stated(rules: Rules, tumour_type: TumourType, topography: str) -> bool:
    """Types that only their site tells apart need a topography of theirs."""
    return tumour_type.code not in rules.tumours["needs_topography"] or (
        bool(topography) and in_ranges(topography, tumour_type.topography)
    )


def at_site(tumour_type: TumourType, icd10: str, topography: str) -> bool:
    """May the type sit where the codes say?"""
    if icd10 and in_ranges(icd10, tumour_type.icd10):
        return True
    if topography and (in_ranges(topography, tumour_type.topography) or in_ranges(topography, tumour_type.icd10)):
        return True
    return bool(icd10) and in_ranges(icd10, tumour_type.topography)


def _by_site(rules: Rules, site: str) -> str | None:
    """The usual type of a site: the written default, else the first type that lists the code."""
    default = rules.tumours["icd10_default"]
    if site in default:
        return default[site]
    listed = [t for t in rules.types.values() if in_ranges(site, t.icd10)]
    if listed and (len(listed) == 1 or site[:3] not in default):
        return min(listed, key=lambda t: (not _dotted(site, t), t.order)).code
    if site[:3] in default:
        exact = [t for t in listed if _dotted(site, t)]
        return exact[0].code if len(exact) == 1 else default[site[:3]]
    by_topography = [t for t in rules.types.values() if in_ranges(site, t.topography)]
    return by_topography[0].code if by_topography else None


def usual_type(rules: Rules, icd10: str, topography: str) -> str | None:
    """The type that a site suggests when nothing is known of the histology."""
    site = icd10 or topography
    return tumour_code(rules, icd10, topography, "") if site else None


def _dotted(site: str, tumour_type: TumourType) -> bool:
    """Does the type list this very four-character code (``C22.1``), not just its block?"""
    return any("." in low and low <= site <= high for low, high in tumour_type.icd10)


def site_group(rules: Rules, code: str, icd10: str, topography: str) -> str:
    """The IACR group that counts as one site: blood-forming systems by type, organs by topography, some diseases by name."""
    for name in ("lymphoid", "myeloid", "plasma", "lymphoblastic", "histiocytic"):
        if code in rules.tumours[name]:
            return name.upper()
    if code in rules.tumours["grouped_by_type"]:
        return code
    stem = (topography or icd10)[:3]
    for group in rules.tumours["site_groups"]:
        if stem in group:
            return group[0]
    return stem or code
