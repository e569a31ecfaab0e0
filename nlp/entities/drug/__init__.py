"""Mentions of the type ``drug``."""
