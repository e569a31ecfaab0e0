"""Height, weight, BMI, body surface, temperature, pulse, oxygen, blood pressure. Mentions carry the label ``finding``. See component, patterns and model."""
