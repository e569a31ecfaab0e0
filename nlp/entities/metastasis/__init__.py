"""Metastases by site: ``双肺转移``, ``肝内多发结节，考虑转移瘤``, ``转移至脑``, ``左锁骨上、纵隔淋巴结转移``. See component, patterns and model."""
