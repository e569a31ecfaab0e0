"""De-identification of Chinese clinical text."""

from nlp.deid.dates import shift_iso
from nlp.deid.engine import Deidentifier
from nlp.deid.model import DeidResult, DeidSettings, DeidSpan, Known

__all__ = ["DeidResult", "DeidSettings", "DeidSpan", "Deidentifier", "Known", "shift_iso"]
