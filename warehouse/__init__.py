"""The warehouse: its table model, its code tables and derivation rules, and how a released data set is read."""
