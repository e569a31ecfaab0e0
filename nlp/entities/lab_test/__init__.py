"""Mentions of the type ``lab_test``."""
