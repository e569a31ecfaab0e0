"""A release in the shapes that other tools read: OMOP CDM 5.4 and MEDS. Each is one function over a release."""

from __future__ import annotations

from warehouse.export.meds import export_meds
from warehouse.export.omop import export_omop

__all__ = ["export_meds", "export_omop"]
