"""Metastases by site: ``双肺转移``, ``肝内数枚结节，考虑转移瘤``, ``转移至脑``, ``右腋窝、内乳淋巴结转移``. See component, patterns and model."""
