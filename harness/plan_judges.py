"""Plans the judging: which judge reads which tasks, with which settings, by which bytes."""

from __future__ import annotations

from harness import plugins
from harness.config import RunConfig
from harness.errors import ConfigError, did_you_mean
from harness.judging import settings_of, source_digest
from harness.records import TaskCard
from harness.specs import JudgeParams


def primary_judges(config: RunConfig, cards: tuple[TaskCard, ...]) -> tuple[tuple[str, str], ...]:
    """(task, judge) for every task that a judge scores."""
    chosen = config.judging.primary
    return tuple((c.name, chosen.get(c.name, c.judge)) for c in cards if c.judge is not None)


def judge_params(config: RunConfig, cards: tuple[TaskCard, ...]) -> tuple[JudgeParams, ...]:
    """One judge stage's params for each judge that is asked.

    Raises ConfigError for settings of a judge that is not asked or does not take them, and for a bad file of a judge.
    """
    asked: dict[str, list[str]] = {}
    for task, judge in primary_judges(config, cards):
        for name in dict.fromkeys((judge, *config.judging.also)):
            asked.setdefault(name, []).append(task)
    given = config.judging.settings
    for name in given:
        if name not in asked:
            known = f"it asks {', '.join(asked) or 'none'}"
            raise ConfigError(
                f"judging.settings.{name}: this run asks no such judge{did_you_mean(name, asked)}; {known}"
            )
    made = []
    for name, tasks in asked.items():
        settings = settings_of(name, given.get(name, {}), where="judging.settings")
        digest = source_digest(name, settings)
        made.append(
            JudgeParams(judge=name, settings=settings.model_dump_json(), tasks=tuple(tasks), source_digest=digest)
        )
    return tuple(made)


def check_judges(config: RunConfig, cards: tuple[TaskCard, ...]) -> None:
    """Raise ConfigError or PluginError where judging names a task or a judge that is not there."""
    judged = {c.name for c in cards if c.judge is not None}
    for task in config.judging.primary:
        if task not in judged:
            raise ConfigError(
                f"judging.primary.{task}: not a task of this run that a judge scores; those are "
                f"{', '.join(sorted(judged)) or 'none'}"
            )
    for name in (*config.judging.primary.values(), *config.judging.also):
        plugins.path("judges", name)
