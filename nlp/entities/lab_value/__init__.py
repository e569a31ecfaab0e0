"""Laboratory values in prose: CEA 12.3ng/ml, CA199 >1000, 血红蛋白: 118G/L, 白细胞 4.5×10^9/L, CA199149.1U/ML. See component, patterns and model."""
