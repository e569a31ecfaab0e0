"""Compiled from the table model: Arrow and Spark schemas, DuckDB views, catalog scripts, the data dictionary."""
