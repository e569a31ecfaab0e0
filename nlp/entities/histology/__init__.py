"""Histological types: 低分化腺癌, 浸润性导管癌II级, 肠溃疡型管状腺癌, (直肠)腺癌(中度分化). See component, patterns and model."""
