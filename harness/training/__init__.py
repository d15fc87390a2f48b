"""The parts of the one training loop: examples, model, parameter groups, schedule, steps, changes."""
