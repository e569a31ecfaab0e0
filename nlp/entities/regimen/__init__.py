"""Regimens: XELOX方案, R-CHOP, 奥沙利铂135mg d1+卡培他滨1.0g bid d1-14, 培美曲塞联合卡铂, 替吉奥单药; with cycles and line. See component, patterns and model."""
