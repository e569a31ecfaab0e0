"""Mentions of the type ``finding``."""
