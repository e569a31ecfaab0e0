"""Cohorts as files: criteria in order, a frozen id, members, attrition."""

from __future__ import annotations

from warehouse.cohort.build import Built, build, default_folder, read_members, write
from warehouse.cohort.model import Cohort, kinds, read_cohort

__all__ = ["Built", "Cohort", "build", "default_folder", "kinds", "read_cohort", "read_members", "write"]
