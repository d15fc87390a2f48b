"""Collects the stages of a plan, one for each key."""

from __future__ import annotations

from collections import Counter

from harness import __version__
from harness.specs import StageInput, StageParams, StageSpec
from harness.store import key_of

SCHEMA = {
    "base": 2, "dataset": 2, "leakage": 2, "analyze": 1, "search": 1, "train": 4, "restore": 2, "adopt": 1,
    "evaluate": 1, "judge": 1, "score": 11,
}  # fmt: skip
"""Raise a stage's number when its code changes what it writes for the same params."""


class PlanBuilder:
    """Stages in order, inputs before readers; a stage that is asked for twice is planned once."""

    def __init__(self) -> None:
        self.stages: dict[str, StageSpec] = {}
        self._labels: Counter[str] = Counter()

    def add(self, params: StageParams, *, label: str, inputs: tuple[tuple[str, str], ...] = ()) -> str:
        """Plan a stage over (name, key) inputs and return its key."""
        key = key_of(
            params=params,
            inputs=tuple(f"{name}={key}" for name, key in inputs),
            schema=SCHEMA[params.stage],
            version=".".join(__version__.split(".")[:2]),
        )
        if key not in self.stages:
            named = tuple(StageInput(name=name, key=key) for name, key in inputs)
            self.stages[key] = StageSpec(key=key, label=self._unlike(label), params=params, inputs=named)
        return key

    def _unlike(self, label: str) -> str:
        """The label, numbered where another stage has it: people and the terminal tell stages apart by it."""
        self._labels[label] += 1
        return label if self._labels[label] == 1 else f"{label} ({self._labels[label]})"
