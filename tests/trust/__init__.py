"""Harnesses of trust, written apart from the code they test; each command records its figure under results/."""
