"""Measures how much benign instruction fine-tuning harms an aligned chat model, and which way of tuning avoids it."""

from harness.compat import hide_mismatched_builds

__version__ = "0.1.0"

hide_mismatched_builds()
