"""Loaded for tests and notebooks alike: notebooks are compared as tests/nbval_strict.py says."""

pytest_plugins = ["tests.nbval_strict"]
