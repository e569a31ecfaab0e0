"""Code tables: drugs, regimens, markers, laboratory items, tumour types and the other vocabularies, as typed rows.

A table is one TSV file of this folder (``#`` lines: source, version, sign-off). Loaders return tuples of frozen
dataclasses and are cached; ``lookup`` finds a row by any of its names; ``version`` identifies the whole set.
"""

from __future__ import annotations

from warehouse.codes.institution import use
from warehouse.codes.lookup import candidates, fold, lookup, names
from warehouse.codes.rows import (
    AeTerm,
    Comorbidity,
    Drug,
    LabItem,
    Marker,
    NoteType,
    OpKind,
    Province,
    Regimen,
    StageGroup,
    Term,
    TumourType,
    Unit,
)
from warehouse.codes.tables import (
    LYMPHOMA_LETTERS,
    ae_terms,
    comorbidities,
    drugs,
    icd9cm3,
    icd10,
    lab_items,
    lymphoma_codes,
    markers,
    morphology,
    note_types,
    op_kinds,
    provinces,
    regimens,
    stage_groups,
    stage_meaning,
    stage_systems,
    topography,
    tumour_types,
    units,
    version,
)

__all__ = [
    "LYMPHOMA_LETTERS", "AeTerm", "Comorbidity", "Drug", "LabItem", "Marker", "NoteType", "OpKind", "Province", "Regimen", "StageGroup", "Term",
    "TumourType", "Unit", "ae_terms", "candidates", "comorbidities", "drugs", "fold", "icd9cm3", "icd10", "lab_items", "lookup", "lymphoma_codes",
    "markers", "morphology", "names", "note_types", "op_kinds", "provinces", "regimens", "stage_groups", "stage_meaning", "stage_systems", "topography", "tumour_types",
    "units", "use", "version",
]  # fmt: skip
