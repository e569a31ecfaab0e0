"""Sizes of lesions, in any unit and any way of writing. See component, patterns and model."""
