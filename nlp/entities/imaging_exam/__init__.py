"""Mentions of the type ``imaging_exam``."""
