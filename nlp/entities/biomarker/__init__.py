"""Markers with results: immunohistochemistry lists, plain statements, genes, fusions, MSI, PD-L1, TMB. See component, patterns and model."""
