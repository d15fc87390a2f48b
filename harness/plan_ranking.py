"""The ranking's part of a plan: which tasks, and which variants may be the reference."""

from __future__ import annotations

from collections.abc import Sequence

from harness.config import RunConfig
from harness.errors import ConfigError, did_you_mean
from harness.ranking_records import PLAIN, RankingParams
from harness.records import TaskCard
from harness.specs import Family
from harness.task_specs import Axis


def ranking_params(
    config: RunConfig, cards: Sequence[TaskCard], *, families: Sequence[Family]
) -> RankingParams | None:
    """The section `ranking`, resolved; None where the run has no such task, or no plain IFT and names no other variant.

    Raises ConfigError for a task or a variant that the run has not, or a task of another axis.
    """
    asked = config.ranking
    harm = _task(asked.harm_task, cards, axis="harmfulness", key="harm_task")
    expertise = _task(asked.expertise_task, cards, axis="expertise", key="expertise_task")
    references = _references(config, families)
    if harm is None or expertise is None or not references:
        return None
    return RankingParams(
        at_least=asked.at_least, harm_task=harm, expertise_task=expertise, references=references
    )


def _task(named: str | None, cards: Sequence[TaskCard], *, axis: Axis, key: str) -> str | None:
    own = [c.name for c in cards if c.axis == axis]
    if named is None:
        return next(iter(own), None)
    if named not in own:
        known = ", ".join(own) or "none"
        raise ConfigError(
            f"ranking.{key}: {named} is no {axis} task of this run{did_you_mean(named, own)}; it has: {known}"
        )
    return named


def _references(config: RunConfig, families: Sequence[Family]) -> tuple[str, ...]:
    """Plain IFT's variants on the run's data, or else on any; of them those tuned in full, or else by LoRA."""
    named, names = config.ranking.of, [v.name for v in config.variants]
    if named in names:
        return (named,)
    if named != PLAIN:
        known = ", ".join((PLAIN, *names))
        raise ConfigError(f"ranking.of: no variant {named!r}{did_you_mean(named, names)}; one of {known}")
    own = {v.name for v in config.variants if v.dataset is None}
    lora = {v.name for v in config.variants if v.lora is not None}
    plain = [name for f in families if f.kind == "plain" for name in f.variants]
    plain = [n for n in plain if n in own] or plain
    return tuple([n for n in plain if n not in lora] or plain)
