"""Tumour statements: site expression, type words, a head word such as 癌, MT, 恶性肿瘤, 淋巴瘤. See component, patterns and model."""
