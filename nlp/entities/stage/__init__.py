"""Stages: TNM in every written form, stage groups, FIGO, BCLC, CNLC, Ann Arbor, ISS, Dukes, limited or extensive. See component, patterns and model."""
