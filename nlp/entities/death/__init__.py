"""Death, survival, loss to follow-up of the patient (never of relatives). Mentions carry the label ``finding``. See component, patterns and model."""
