"""Outputs of the gate for pipelines."""
