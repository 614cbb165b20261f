"""Didymium: an open decision system for the security of critical-mineral supply."""

__version__ = "0.1.0"
