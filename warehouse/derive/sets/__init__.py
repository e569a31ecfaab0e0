"""The rules in set form: all patients of a bucket at once, column by column.

``warehouse.derive.derive_patient`` says what the rules are, patient by patient; this package gives the same rows for *plain*
patients, those with exactly one tumour told by statements of one organ (``evidence.plain``) and with rows that are complete
(``odd_people``). All others are derived one by one. Rules stay data: thresholds and lists are read from the same files, and what
a code, a stage or a name means is asked of the same functions, once for every distinct value.
"""

import warehouse.derive.columnar  # noqa: F401 - the two packages need each other; whichever is asked for first, this order works
