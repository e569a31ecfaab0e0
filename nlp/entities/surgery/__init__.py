"""Mentions of the type ``surgery``."""
