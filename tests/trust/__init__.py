"""Harnesses that try to break what Didymium promises. Each is a module to run: `python -m tests.trust.NAME`."""
