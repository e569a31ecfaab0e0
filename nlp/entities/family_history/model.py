"""Cancer in the family."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FamilyValue:
    """``status`` YES or NO; degree of the relative; tumour type where the words give one."""

    status: str
    degree: str | None = None
    tumour_code: str | None = None
    disease: str | None = None
