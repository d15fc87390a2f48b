"""What a strategy asks for: how to train (TrainSpec), or that nothing is trained (CheckpointSpec)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from harness.record import Record

SAFETY_LAYERS = "@safety_layers"
"""Pattern of the layers that the analysis finds most sensitive: `@safety_layers:2` is a run of two of them."""


class GroupRule(Record):
    """One parameter group: the parameters whose module matches one of the patterns, and no earlier rule."""

    name: str
    """Shown in the report, e.g. robust, rest, all."""
    modules: tuple[str, ...]
    """Patterns over module names (modules.py): `q`, `q.0-3`, `*.0`, `embed`, `*`; or one of `@found`, `@random` and
    `@complement`, which the train stage reads from the search, or `@safety_layers:N`, which it reads from the analysis
    (training/found.py)."""
    scale: float = Field(ge=0)
    """Multiplies the learning rate throughout the schedule; 0 freezes."""
    optional: bool = False
    """Whether the rule may match nothing; otherwise that is an error."""


EVERYTHING = (GroupRule(name="all", modules=("*",), scale=1.0),)
"""One group of all parameters, at the learning rate."""


class Phase(Record):
    """A stretch of the steps in which only some groups learn."""

    name: str
    fraction: float = Field(gt=0, le=1)
    """Share of all steps; the fractions of a spec's phases add up to 1."""
    groups: tuple[str, ...] | None = None
    """Names of the groups that learn; None means all."""


def phase_ends(phases: Sequence[Phase], steps: int) -> tuple[int, ...]:
    """The step after the last one of each phase; the last is `steps`."""
    done, ends = 0.0, []
    for phase in phases:
        done += phase.fraction
        ends.append(round(done * steps))
    return (*ends[:-1], steps)


def empty_phase(phases: Sequence[Phase], steps: int) -> Phase | None:
    """The first phase that would have no step; None where each has one."""
    ends = phase_ends(phases, steps)
    return next((phase for phase, first, end in zip(phases, (0, *ends), ends, strict=False) if end <= first), None)


class Proximal(Record):
    """A penalty w/2 · ‖θ − θ_anchor‖² over the parameters that learn, added to every step's loss."""

    weight: float = Field(gt=0)
    """w."""
    anchor: Literal["base", "turn"]
    """Where θ is pulled to: the base's weights, or those at the start of the present turn (`turns`)."""


class Turns(Record):
    """The loop takes turns between the IFT data and the safety data."""

    tuning_steps: int = Field(gt=0)
    """Steps on the IFT data in each turn."""
    safety_steps: int = Field(gt=0)
    """Steps on the safety data in each turn."""


class TrainSpec(Record):
    """What a strategy asks of the one training loop, and of what comes before and after it."""

    learning_rate: float = Field(ge=0)
    """Peak learning rate of a group with scale 1."""
    groups: tuple[GroupRule, ...]
    """Ordered; together they partition the trainable parameters."""
    phases: tuple[Phase, ...] = (Phase(name="all", fraction=1.0),)
    """In order; one optimizer and one schedule run over all of them."""
    base_logits: bool = False
    """Whether the strategy's token_loss reads the base model's logits."""
    proximal: Proximal | None = None
    turns: Turns | None = None
    safety_share: float | None = Field(default=None, gt=0, lt=1)
    """Share of the mixture that is drawn from the safety data."""
    unaligned: bool = False
    """Whether the strategy's `restored` reads the weights of the unaligned sibling."""
    merges: bool = False
    """Whether `restored` makes of an adapter what no adapter of its rank can be, so that it is merged."""
    system_prompt: str | None = None
    """Put before every prompt when the variant is asked; not in training."""

    @property
    def needs_search(self) -> bool:
        """Whether a group's modules come from the search."""
        return any(p.startswith("@") and not p.startswith(SAFETY_LAYERS) for p in self._patterns)

    @property
    def needs_analysis(self) -> bool:
        """Whether a group's modules come from the analysis."""
        return any(p.startswith(SAFETY_LAYERS) for p in self._patterns)

    @property
    def needs_safety_data(self) -> bool:
        """Whether it takes examples of refusals."""
        return self.turns is not None or self.safety_share is not None

    @property
    def _patterns(self) -> tuple[str, ...]:
        return tuple(pattern for rule in self.groups for pattern in rule.modules)


class CheckpointSpec(Record):
    """Nothing is trained: checkpoints or adapters that somebody else tuned, one for each of their seeds."""

    paths: tuple[str, ...] = Field(min_length=1)
    """Folders or hub ids, as the config gives them."""
    revision: str | None = None
    """Of a hub id."""
