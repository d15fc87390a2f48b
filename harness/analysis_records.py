"""The spine's second half, of the analysis: what the stages analyze and search write.

Drift of the proxy `margin`: the loss of mean signed margin on held-out harmful prompts over the base's mean margin; 1
means that the margin is gone. Drift of the proxy `refusal`: the loss of mean log-probability, nats a token, of the
base's own refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from harness.analysis_specs import PerturbationSettings, SearchSettings
from harness.record import Record


class SourceQuality(Record):
    """The classifier on the held-out prompts of one source."""

    source: str
    label: Literal["harmful", "benign"]
    prompts: int
    accuracy: float


class ProbeQuality(Record):
    """A classifier on prompts that it was not fitted on."""

    name: Literal["security", "other form", "out of distribution", "control"]
    """security: the proxy; other form: the same feature by the other form; control: a feature that is not security."""
    form: Literal["logistic", "linear"]
    fitted: int
    """Prompts that it was fitted on."""
    held_out: int
    accuracy: float
    auc: float
    sources: tuple[SourceQuality, ...] = ()


class Drift(Record):
    """What one perturbation did."""

    harmful: float
    """Loss of mean signed margin on harmful prompts, relative to the base's."""
    benign: float
    """The same on benign prompts."""
    accuracy: float
    """Of the frozen classifier on all held-out prompts."""
    weight_change: float
    """‖Δ‖ / ‖W‖ over the perturbed parameters."""
    output_change: float | None = None
    """‖xΔᵀ‖ / ‖xWᵀ‖; None for a joint perturbation, and for a matrix that puts out nothing."""
    refusal: float | None = None
    """Loss of log-probability of the base's refusals, nats a token."""
    gain: float | None = None
    """Fall of the loss on benign IFT examples, nats a token: what this change alone teaches."""
    retrained_accuracy: float | None = None
    """Held-out accuracy of a classifier fitted on the perturbed states."""
    retrained_harmful: float | None = None
    """As `harmful`, by a classifier fitted on the perturbed states."""
    control: float | None = None
    """Loss of mean signed margin of the control classifier."""
    refuses: float | None = None
    """Share of harmful prompts whose generated answer the judge calls a refusal."""


def combined(drifts: Sequence[Drift], of: Callable[[Sequence[float]], float]) -> Drift:
    """Every reading as `of` makes it out of these; None where one of them has none."""
    fields: dict[str, float | None] = {}
    for name in Drift.model_fields:
        values = [v for drift in drifts if (v := getattr(drift, name)) is not None]
        fields[name] = of(values) if len(values) == len(drifts) else None
    return Drift.model_validate(fields)


class ModuleRobustness(Record):
    """One module (or `all`) under every perturbation seed."""

    module: str
    """`q.3`; `embed`, `norm` and `head` under updates; `all` for every module at once."""
    parameters: int
    mean: Drift
    spread: Drift
    """Standard deviation over the seeds, 0 for one seed."""
    by_seed: tuple[Drift, ...]
    without: Drift | None = None
    """Every other module perturbed and this one not, mean over the seeds: what the module adds in context is `all`
    minus this. None where it was not measured."""
    without_by_seed: tuple[Drift, ...] = ()


class Robustness(Record):
    """robustness.json of analyze: Module Robustness Analysis."""

    perturbation: PerturbationSettings
    probes: tuple[ProbeQuality, ...]
    """The proxy first."""
    base: Drift
    """The unperturbed model: drifts are 0; `refuses` is its own share."""
    margin_harmful: float
    """Mean signed margin of the base on held-out harmful prompts, in the classifier's logits."""
    margin_benign: float
    refusals: int
    """Held-out harmful prompts that the base refuses and whose refusals are scored."""
    not_refused: int
    """Held-out harmful prompts that the base does not refuse; left out of the refusal proxy."""
    checked_tasks: tuple[str, ...]
    """Scored tasks that share no prompt with the classifier's."""
    path: str
    """How the forward passes were made: `wired` or `layers` (analysis/replay.py)."""
    modules: tuple[ModuleRobustness, ...]
    """By layer, then type."""
    outside: tuple[ModuleRobustness, ...]
    """embed, norm and head, where the perturbation reaches them."""
    whole: ModuleRobustness
    """Everything that the perturbation reaches, at once."""


class SearchStep(Record):
    """One joint perturbation that the search measured."""

    number: int
    action: Literal["single", "grow", "bisect", "extend", "repair"]
    modules: tuple[str, ...]
    drift: float
    gain: float | None
    within: bool
    """Whether the set keeps to the budget and, where sets are tuned, learnt as much as asked."""
    kept: bool
    """Whether it became the best set so far."""


class ModuleSet(Record):
    """A subset of the modules, and what perturbing all of it at once does."""

    modules: tuple[str, ...]
    """By layer, then type."""
    drift: float
    gain: float | None
    parameters: int


class SearchOutcome(Record):
    """search.json of search: Mods_Robust, and how it was found."""

    settings: SearchSettings
    budget: float
    """In the proxy's own unit."""
    whole: ModuleSet
    order: tuple[str, ...]
    """Units in the order of trial."""
    steps: tuple[SearchStep, ...]
    chosen: ModuleSet
    complement: tuple[str, ...]
    """Control: as many modules of the layers from outside the set, the greatest single drift first, fewer where fewer
    are left; embed, norm and head as in the set."""
    every: tuple[str, ...]
    """All modules of the layers, from which the control `random` is drawn."""
    by_seed: tuple[ModuleSet, ...]
    """What the search finds under each perturbation seed alone."""
    overlap: float | None
    """Mean Jaccard overlap over pairs of `by_seed`; None for one seed."""
    evaluations: int
    """Joint perturbations measured, all searches together."""
