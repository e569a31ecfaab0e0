"""Regimens: XELOX方案, R-CHOP, 奥沙利铂135mg d1+口服希罗达1.5g d1-14, 培美曲塞联合卡铂, 替吉奥单药; with cycles and line. See component, patterns and model."""
