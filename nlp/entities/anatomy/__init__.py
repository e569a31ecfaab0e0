"""Mentions of the type ``anatomy``."""
