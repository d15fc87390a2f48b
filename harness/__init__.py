"""Measures how much benign instruction fine-tuning harms an aligned chat model, and which way of tuning avoids it."""

__version__ = "0.1.0"
