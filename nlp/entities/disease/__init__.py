"""Mentions of the type ``disease``."""
