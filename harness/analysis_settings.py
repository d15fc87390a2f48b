"""Section `analysis` of a config: the classifier's prompts, the perturbation, what is measured under it."""

from __future__ import annotations

from pydantic import Field, model_validator

from harness.analysis_specs import MeasureSettings, PerturbationSettings, ProbeSettings
from harness.specs import LoopSettings, LoraSpec, Record

UPDATE_STEPS = 100
"""Steps of the short benign IFT whose update is the perturbation, where the config says nothing."""


class PromptFiles(Record):
    """Prompts of both classes: `builtin...`, or files (.csv .json .jsonl)."""

    harmful: tuple[str, ...] = Field(default=("builtin",), min_length=1)
    benign: tuple[str, ...] = Field(default=("builtin",), min_length=1)


class UpdateSettings(Record):
    """The short plain IFT of the base whose change of weights is the perturbation `update`."""

    learning_rate: float = Field(default=2e-4, gt=0)
    training: LoopSettings
    """The run's `training` with `steps: 100`, where nothing else is said."""
    lora: LoraSpec | None = None

    @model_validator(mode="after")
    def _one_length(self) -> UpdateSettings:
        if (self.training.steps is None) == (self.training.epochs is None):
            raise ValueError("give training.steps or training.epochs, one of them")
        return self


class AnalysisSettings(Record):
    """Module Robustness Analysis of the base model, before anything is tuned."""

    prompts: PromptFiles = PromptFiles()
    out_of_distribution: PromptFiles | None = None
    """Prompts of other sources, on which the classifier is tested and never fitted."""
    probe: ProbeSettings = ProbeSettings()
    perturbation: PerturbationSettings = PerturbationSettings()
    measures: MeasureSettings = MeasureSettings()
    update: UpdateSettings
    batch_tokens: int = Field(default=65536, gt=0)
    """Tokens that go through a layer at once; bounds the memory."""
