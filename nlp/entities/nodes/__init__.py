"""Lymph node counts: 11/54, 3组3/7, (2/15), 淋巴结9个未见癌转移, 胃旁(9个)、中央组(6个)未查见癌, 清扫12枚其中3枚转移. See component, patterns and model."""
