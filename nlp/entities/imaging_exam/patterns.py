"""How imaging and functional examinations are written, over the classes of ``nlp/lexicons/imaging.tsv`` and sites.

``腹部CT``, ``胸、腹、盆腔CT``, ``头颅MRI平扫+增强``, ``腹部(CT平扫+增强)``.
"""

_WHERE = "<side|position|organ|region|weak|list|and|part|plus>"

EXAM = (
    f"(?:<side|position|organ|region|weak>{_WHERE}{{0,6}})?<comma|space>?<addition>{{0,2}}<modality|exam_whole>"
    "(?:<plus><comma>?)?<addition|modality>{0,2}(?:(?:<plus>|<and>|<comma>)<addition|modality|exam_whole>){0,2}"
)
"""One examination with its region."""
