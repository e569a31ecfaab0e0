"""Toxicities with grade: 骨髓抑制Ⅲ度, II度白细胞下降, 胃肠道反应I°, 化疗后出现手足麻木. See component, patterns and model."""
