"""The spine's first half, of the analysis: what the stages analyze and search are asked to do.

[paper] A proxy over the model's security features measures how robust each module is, and guides a search for
Mods_Robust. [ours] Every setting below: the paper's own are not known. The line after a field documents it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.loop_specs import LoopSettings, LoraSpec
from harness.record import Record
from harness.task_specs import TaskRef

Proxy = Literal["margin", "refusal"]
"""margin: the classifier's, on harmful prompts [paper]. refusal: log-probability of the base's refusals [ours]."""


class ProbeSettings(Record):
    """The security feature classifier: harmful against benign prompts, on one hidden state a prompt."""

    form: Literal["logistic", "linear"] = "logistic"
    """logistic: standardised, scikit-learn's logistic regression [ours]; linear: a linear layer and sigmoid trained by
    gradient descent on the raw state [paper]."""
    layer: int | None = Field(default=None, ge=0)
    """Layer whose output is read at the last prompt token; None is the final one, after the last norm [paper]."""
    held_out: float = Field(default=0.5, gt=0, lt=1)
    """Share of each source's prompts that the classifier is not fitted on."""
    floor: float = Field(default=0.9, ge=0.5, le=1)
    """Held-out accuracy under which the analysis stops: a proxy that cannot tell the classes apart measures nothing."""
    seed: int = 0
    """Of the split."""


class PerturbationSettings(Record):
    """What is done to a module: W ← W + Δ, everything else as in the base."""

    kind: Literal["update", "noise"] = "update"
    """update: Δ = W_tuned − W_base of a short benign IFT; noise: Gaussian, every entry alike."""
    match: Literal["none", "weight", "output"] = "none"
    """none: Δ as it comes (noise: relative to the weights). weight: ‖Δ‖ / ‖W‖ = scale. output: ‖xΔᵀ‖ / ‖xWᵀ‖ = scale,
    over the probe prompts' tokens x."""
    scale: float = Field(default=1.0, gt=0)
    """Factor of Δ where match is none (noise: its standard deviation over the RMS of W), else the matched ratio."""
    seeds: tuple[int, ...] = Field(default=(0, 1, 2), min_length=1)
    """A short IFT, or a draw of noise, for each."""


class MeasureSettings(Record):
    """What is measured under each perturbation besides the classifier's margin and accuracy."""

    refusal: bool = True
    """The log-probability of the base's own refusals: recognising is not refusing."""
    refusal_tokens: int = Field(default=8, gt=0)
    """Opening tokens of each refusal that are scored."""
    gain: int = Field(default=200, ge=0)
    """Examples of the benign IFT data whose loss is measured: what the perturbation is good for; 0 for none."""
    without: bool = True
    """Every module in context as well: all modules perturbed but this one."""
    retrained: bool = False
    """Fit the classifier again on perturbed states, beside the frozen one: is the feature gone, or only moved?"""
    control: bool = False
    """A classifier of a feature that is not security, by the same protocol: does the prompt end in a question mark?"""
    behaviour: int = Field(default=0, ge=0)
    """Held-out harmful prompts answered under every perturbation and judged; 0 for none. Slow."""
    behaviour_tokens: int = Field(default=24, gt=0)
    behaviour_judge: str = "refusal"


class PromptSource(Record):
    """Prompts of one class, resolved."""

    label: Literal["harmful", "benign"]
    location: str
    """`builtin`, `builtin:new_frames`, `builtin:borderline`, or an absolute file."""
    digest: str
    """sha256 of the file or of the built-in world's sources."""


class AnalyzeParams(Record):
    """Stage analyze: the drift of every module. Inputs: base, dataset, and update-SEED for the kind update."""

    stage: Literal["analyze"] = "analyze"
    probe: ProbeSettings
    perturbation: PerturbationSettings
    measures: MeasureSettings
    prompts: tuple[PromptSource, ...]
    out_of_distribution: tuple[PromptSource, ...] = ()
    tasks: tuple[TaskRef, ...] = ()
    """Scored tasks whose prompts, all of them, the classifier must not have seen."""
    judge_digest: str = ""
    """sha256 of the behaviour judge and what it reads; empty where nothing is judged."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    batch_tokens: int = Field(default=65536, gt=0)
    threads: int = Field(default=1, gt=0)


class SearchSettings(Record):
    """How Mods_Robust is found."""

    proxy: Proxy = "refusal"
    budget: float = Field(default=0.5, ge=0)
    """The drift that the set may cause when all of it is perturbed at once."""
    budget_of: Literal["whole", "absolute"] = "whole"
    """whole: budget is a share of what perturbing everything at once causes; absolute: in the proxy's own unit."""
    joint: Literal["tune", "update"] = "tune"
    """How a set is tested as a whole. tune: the set alone is tuned until it has learnt as much as asked, and the drift
    is read off there; the best set is the one of least drift, but for `slack`. update: its part of the perturbation is
    applied, nothing is trained; the best set is the largest within the budget. A set carved out of a whole update says
    little of what training does that must do without the rest (docs/analysis.md)."""
    learnt: float = Field(default=0.8, gt=0, le=1)
    """Of tune: share of the short IFT's gain at which sets are compared."""
    rate_factor: float = Field(default=2.0, gt=0)
    """Of tune: learning rate of the set over that of the short IFT, constant after a linear rise."""
    tune_steps: int = Field(default=100, gt=0)
    """Of tune: steps at most, no more than the short IFT's; a set that has not learnt as much by then is left out."""
    slack: float = Field(default=0.05, ge=0)
    """Of tune: drifts that differ by no more are alike, and of the sets alike to the one of least drift that which
    trains most parameters is the best; in the budget's own measure."""
    order: Literal["context", "drift", "gain"] = "context"
    """Of update: the order in which units are tried. context: those first whose absence from the whole perturbation
    spares least drift; drift: least single drift first; gain: most learning gain for its single drift first."""
    pattern: Literal["types", "layers", "modules"] = "types"
    """What is taken or left as one unit: a module, a type over all layers, or a layer."""
    outside: bool = True
    """Whether embeddings, norms and the head may be taken as well; otherwise they are always among the rest."""
    cap: int | None = Field(default=None, gt=0)
    """At most so many modules."""
    max_evaluations: int = Field(default=60, gt=0)
    """Joint perturbations that are measured at most."""
    repair: int = Field(default=16, ge=0)
    """update: removals tried at most while a set is over budget. tune: units added to or taken from the best set."""


class TuneParams(Record):
    """The short IFT that the joint test `tune` makes with every set."""

    learning_rate: float = Field(gt=0)
    """Of the short plain IFT; a set learns at `rate_factor` times it."""
    loop: LoopSettings
    lora: LoraSpec | None = None


class SearchParams(Record):
    """Stage search: a subset within the drift budget. Inputs: base, analyze, and update-SEED for the kind update."""

    stage: Literal["search"] = "search"
    settings: SearchSettings
    analyze: AnalyzeParams
    tune: TuneParams | None = None
    """Of joint tune; None otherwise."""
