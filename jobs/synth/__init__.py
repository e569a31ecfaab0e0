"""The synthetic hospitals: invented cancer patients, their courses of disease, tables and notes, with the truth about them."""

from jobs.synth.generate import SynthSummary, synthesise

__all__ = ["SynthSummary", "synthesise"]
