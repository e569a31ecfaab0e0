"""Regimens: XELOX方案, R-CHOP, 奥沙利铂150mg d1+替吉奥40mg bid d2-15, 培美曲塞联合卡铂, 替吉奥单药; with cycles and line. See component, patterns and model."""
