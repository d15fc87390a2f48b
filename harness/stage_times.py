"""How long a stage will take, guessed from the stages of its kind that a store has finished. Source: ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.specs import BaseParams, JudgeParams, ScoreParams, StageSpec, TrainParams
from harness.store import Seal


@dataclass(frozen=True)
class Guess:
    """The time of a stage that is not made yet."""

    seconds: float
    stages: int
    """Finished stages that it was guessed from."""
    rough: bool
    """Whether those are of another base model."""


@dataclass(frozen=True)
class MeasuredTimes:
    """The finished stages of a store."""

    seals: tuple[Seal, ...]

    def guess(self, spec: StageSpec) -> Guess | None:
        """The time of a stage by those of its kind that are most alike; None where its kind was never made.

        Each judge is a kind of its own: rules take no time, guard models and endpoints much.
        Most alike are those with which it shares the longest run of traits. Trainings of the same base model that say
        their length alike, in steps or in epochs over the same data, are scaled by length × batch size; scores by the
        number of checkpoints; other stages take the mean.
        """
        kind = [seal for seal in self.seals if _kind(seal.spec) == _kind(spec)]
        if not kind:
            return None
        wanted = _traits(spec)
        shared = [_shared(wanted, _traits(seal.spec)) for seal in kind]
        near = [seal for seal, common in zip(kind, shared, strict=True) if common == max(shared)]
        total = sum(seal.seconds for seal in near)
        scaled = isinstance(spec.params, ScoreParams) or (isinstance(spec.params, TrainParams) and max(shared) >= 2)
        amount = _amount(spec) / sum(_amount(seal.spec) for seal in near) if scaled else 1 / len(near)
        return Guess(total * amount, stages=len(near), rough=bool(wanted) and max(shared) == 0)


def _kind(spec: StageSpec) -> tuple[str, str]:
    return spec.params.stage, spec.params.judge if isinstance(spec.params, JudgeParams) else ""


def _traits(spec: StageSpec) -> tuple[str, ...]:
    """What the time of a stage hangs on, the weightiest first; the first of them tells near from rough."""
    params = spec.params
    base, data = (next((i.key for i in spec.inputs if i.name == name), "") for name in ("base", "dataset"))
    if isinstance(params, TrainParams):
        loop = params.loop
        unit = "steps" if loop.steps is not None else f"epochs of {data}"
        how = (params.spec.base_logits, loop.dtype, loop.gradient_checkpointing, data)
        return (base, unit, "full" if params.lora is None else "LoRA", *map(str, how))
    if isinstance(params, JudgeParams):
        return (params.judge, params.settings, ",".join(params.tasks))
    if isinstance(params, BaseParams):
        return (params.source.location,)
    return () if isinstance(params, ScoreParams) else (base, params.model_dump_json())


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the run of traits that both open with."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _amount(spec: StageSpec) -> float:
    """Examples of a training that counts steps, epochs of one that does not, checkpoints of scores."""
    params = spec.params
    if isinstance(params, TrainParams):
        loop = params.loop
        return loop.epochs or (loop.steps or 1) * loop.batch_size * loop.gradient_accumulation
    return len(params.entries) if isinstance(params, ScoreParams) else 1
