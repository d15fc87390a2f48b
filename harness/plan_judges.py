"""Plans the judges: who is asked about which task, with which settings, and what their verdicts depend on."""

from __future__ import annotations

import json
from collections.abc import Sequence

from harness import plugins
from harness.config import RunConfig
from harness.errors import ConfigError
from harness.judges import JudgeSettings, outcomes_of
from harness.judging import settings_of, source_digest
from harness.records import TaskCard
from harness.specs import JudgeParams


def check_judges(config: RunConfig, cards: Sequence[TaskCard]) -> None:
    """Raise ConfigError for a task that no judge scores, settings of a judge that is not asked, or a judge that cannot
    tell what its task counts; PluginError for a judge that does not exist."""
    judged = {c.name: c for c in cards if c.judge is not None}
    for task in config.judging.primary:
        if task not in judged:
            raise ConfigError(
                f"judging.primary.{task}: not a task of this run that a judge scores; those are "
                f"{', '.join(sorted(judged)) or 'none'}"
            )
    for name in (*config.judging.primary.values(), *config.judging.also):
        plugins.path("judges", name)
    asked = {judge for _, judge in primary_judges(config, cards)} | set(config.judging.also)
    for name in config.judging.settings:
        if name not in asked:
            raise ConfigError(
                f"judging.settings.{name}: this judge is not asked; name it in judging.primary or judging.also"
            )
    for task, judge in primary_judges(config, cards):
        told = outcomes_of(plugins.load("judges", judge), _settings(config, judge))
        lacking = [outcome for outcome in judged[task].counts if outcome not in told]
        if lacking:
            raise ConfigError(
                f"judging.primary.{task}: counts {', '.join(lacking)}, which the judge {judge} cannot tell; it tells "
                f"{', '.join(sorted(told))}. Give the task another judge, and this one in judging.also"
            )


def primary_judges(config: RunConfig, cards: Sequence[TaskCard]) -> tuple[tuple[str, str], ...]:
    """(task, judge) for every task that a judge scores."""
    chosen = config.judging.primary
    return tuple((c.name, chosen.get(c.name, c.judge)) for c in cards if c.judge is not None)


def judge_params(config: RunConfig, cards: Sequence[TaskCard]) -> tuple[JudgeParams, ...]:
    """What each judge is asked to do, alike for every checkpoint. Raises ConfigError as judging.py."""
    asked: dict[str, list[str]] = {}
    for task, judge in primary_judges(config, cards):
        for name in dict.fromkeys((judge, *config.judging.also)):
            asked.setdefault(name, []).append(task)
    return tuple(_params(config, name, names) for name, names in asked.items())


def _settings(config: RunConfig, judge: str) -> JudgeSettings:
    """A judge's settings, or its defaults. Raises ConfigError where it needs some and the config has none."""
    given = config.judging.settings.get(judge)
    return settings_of(judge, {}, where="judging.settings") if given is None else given


def _params(config: RunConfig, name: str, names: Sequence[str]) -> JudgeParams:
    settings = _settings(config, name)
    text = json.dumps(settings.model_dump(mode="json"), sort_keys=True)
    return JudgeParams(judge=name, settings=text, tasks=tuple(names), source_digest=source_digest(name, settings))
