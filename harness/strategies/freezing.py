"""Layer freezing (SPPFT): the safety layers do not learn, every other parameter does.

    η(θ) = 0 for θ in the safety layers, η(t) for all others

Source: Li et al. 2024, "Safety Layers in Aligned Large Language Models: The Key to LLM Security" (SPPFT): a run of
layers in the middle, found by where the angle between malicious and normal prompts' states opens, then widened.
[ours] `layers: found` takes the run of `count` layers whose modules, changed one by one, make the security feature
drift most in our own analysis; or name first and last. Embeddings, norms and head learn. Needs the analysis if the
layers are to be found.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from harness.specs import GroupRule, TrainSpec
from harness.strategies import TunedSettings
from harness.train_specs import SAFETY_LAYERS


class Settings(TunedSettings):
    """Which layers are frozen."""

    layers: Literal["found"] | tuple[int, int]
    """`found` by the analysis, or the first and the last, from 0."""
    count: int | None = Field(default=None, gt=0)
    """How many layers are to be found."""

    @model_validator(mode="after")
    def _one_way(self) -> Settings:
        if (self.layers == "found") != (self.count is not None):
            raise ValueError("give layers: found with a count, or layers: [first, last] without one")
        if self.layers != "found" and not 0 <= self.layers[0] <= self.layers[1]:
            raise ValueError("layers: the first must not be below 0 or after the last")
        return self

    @property
    def pattern(self) -> str:
        """Of the frozen group."""
        if self.layers == "found":
            return f"{SAFETY_LAYERS}:{self.count}"
        return f"*.{self.layers[0]}-{self.layers[1]}"


def train_spec(settings: Settings) -> TrainSpec:
    """Two groups, the first of them frozen."""
    return TrainSpec(
        learning_rate=settings.learning_rate,
        groups=(
            GroupRule(name="safety layers", modules=(settings.pattern,), scale=0.0),
            GroupRule(name="rest", modules=("*",), scale=1.0),
        ),
    )
