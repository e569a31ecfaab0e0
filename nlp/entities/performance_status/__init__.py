"""ECOG, KPS, pain (NRS) and nutrition (NRS 2002) scores. See component, patterns and model."""
