"""Measures of the language stage against gold standards."""
