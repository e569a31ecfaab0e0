"""How imaging and functional examinations are written, over the classes of ``nlp/lexicons/imaging.tsv`` and sites.

``腹部CT``, ``胸、腹、盆腔CT``, ``头颅MRI平扫+增强``, ``胸部(CT平扫+增强)``.
"""

import re

_WHERE = "<side|position|organ|region|weak|list|and|part|plus>"

EXAM = (
    f"(?:<side|position|organ|region|weak>{_WHERE}{{0,6}})?<comma|space>?<addition>{{0,2}}<modality|exam_whole>"
    "<addition|modality>{0,2}(?:<plus><comma>?<addition|modality|exam_whole>){0,2}"
)
"""One examination with its region."""

STAGE_AFTER = re.compile(r"[0-4xis]{1,2}[a-d]?n|见切|增强免")
"""What makes ``CT`` the beginning of a stage (``CT3N1M0``)."""
