"""Measurements of speed, each a script of its own; the newer ones run as `python -m benchmarks.NAME`."""
