"""Radiotherapy: DT 60Gy/30F, 2Gy×25次, 4500cGy/25f, 放疗16次，DT2880cGy, 全脑放疗, 伽马刀, 粒子植入. See component, patterns and model."""
