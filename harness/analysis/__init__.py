"""Module Robustness Analysis: the probe, the perturbations and the forward passes under them."""
