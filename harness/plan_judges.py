"""Plans the judges: who is asked about which task, with which settings, and what their verdicts depend on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from harness import plugins
from harness.agreement import Agreement
from harness.calibration_records import Calibration
from harness.config import RunConfig
from harness.errors import ConfigError, PluginError, did_you_mean
from harness.judges import NamedJudge, misfit_of, outcome_of, outcomes_of
from harness.judging import settings_of, settings_text, source_digest
from harness.records import TaskCard
from harness.specs import JudgeCalibration, JudgeParams, Kappa, LabelCount


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
    asked = {judge for _, judge in primary_judges(config, cards)} | set(config.judging.also)
    for name in asked:
        _check_known(config, name)
    for name in config.judging.settings:
        if name not in asked:
            raise ConfigError(
                f"judging.settings.{name}: this judge is not asked; name it in judging.primary or judging.also"
            )
    for task, judge in primary_judges(config, cards):
        chosen = _chosen(config, judge)
        module = plugins.load("judges", chosen.judge)
        told = outcomes_of(module, chosen.settings)
        lacking = [outcome for outcome in judged[task].counts if outcome not in told]
        if lacking:
            raise ConfigError(
                f"judging.primary.{task}: counts {', '.join(lacking)}, which the judge {judge} cannot tell; it tells "
                f"{', '.join(sorted(told))}. Give the task another judge, and this one in judging.also"
            )
        misfit = misfit_of(module, chosen.settings, judged[task])
        if misfit:
            raise ConfigError(f"task {task}: its judge {judge} does not fit it: {misfit}")


def primary_judges(config: RunConfig, cards: Sequence[TaskCard]) -> tuple[tuple[str, str], ...]:
    """(task, judge) for every task that a judge scores."""
    chosen = config.judging.primary
    return tuple((c.name, chosen.get(c.name, c.judge)) for c in cards if c.judge is not None)


def outcomes_in_words(config: RunConfig, cards: Sequence[TaskCard]) -> tuple[tuple[str, str], ...]:
    """(task, what its score is called) for the tasks whose judge has a word of its own."""
    chosen = [(task, _chosen(config, judge)) for task, judge in primary_judges(config, cards)]
    words = [(task, outcome_of(plugins.load("judges", one.judge), one.settings)) for task, one in chosen]
    return tuple((task, word) for task, word in words if word)


def judge_params(config: RunConfig, cards: Sequence[TaskCard]) -> tuple[JudgeParams, ...]:
    """What each judge is asked to do, alike for every checkpoint. Raises ConfigError as judging.py."""
    asked: dict[str, list[str]] = {}
    for task, judge in primary_judges(config, cards):
        for name in dict.fromkeys((judge, *config.judging.also)):
            asked.setdefault(name, []).append(task)
    return tuple(_params(config, name, names) for name, names in asked.items())


def calibrations_of(config: RunConfig, judges: Sequence[JudgeParams]) -> tuple[JudgeCalibration, ...]:
    """What is known of how far the run's judges agree with humans.

    Raises ConfigError for a file that cannot be read, or that is of a judge which the run does not ask.
    """
    asked = tuple({params.judge: params for params in judges}.values())
    return tuple(one for name in config.judging.calibrations for one in _calibrations(name, asked))


def _calibrations(name: str, asked: Sequence[JudgeParams]) -> list[JudgeCalibration]:
    """One for each of the run's judges that was measured; of a judge that it asks otherwise, for each way."""
    where = f"judging.calibrations: {name}"
    try:
        made = Calibration.model_validate_json(Path(name).expanduser().read_bytes())
    except OSError as error:
        raise ConfigError(f"{where}: {error.strerror or error}; write it with harness calibrate") from None
    except ValidationError:
        raise ConfigError(f"{where}: is no calibration of this version; write it with harness calibrate") from None
    own = [params for params in asked if params.file == made.judge]
    if not own:
        meant = did_you_mean(made.judge, [params.file for params in asked])
        raise ConfigError(f"{where}: is of the judge {made.judge}, which this run does not ask{meant}")
    same = [params for params in own if _is_of(made, params)]
    return [_calibration(made, params.judge, current=bool(same)) for params in same or own]


def _is_of(made: Calibration, params: JudgeParams) -> bool:
    """Whether a judge was measured as the run asks it."""
    return made.source_digest == params.source_digest and json.loads(made.settings) == json.loads(params.settings)


def _calibration(made: Calibration, judge: str, *, current: bool) -> JudgeCalibration:
    return JudgeCalibration(
        judge=judge,
        labels_file=Path(made.labels_file).name,
        labels_digest=made.labels_digest,
        rows=made.rows,
        unscored=made.unscored,
        kappa=made.two_way.kappa,
        low=made.two_way.low,
        high=made.two_way.high,
        current=current,
        fitted_on_these=made.fitted_on_these,
        agreed=made.two_way.agreed,
        confusion=tuple(LabelCount(human=c.human, judge=c.judge, count=c.count) for c in made.three_way.table),
        models=made.models,
        refusals=_kappa(made.refusals),
    )


def _kappa(found: Agreement | None) -> Kappa | None:
    return None if found is None else Kappa(kappa=found.kappa, low=found.low, high=found.high)


def _check_known(config: RunConfig, name: str) -> None:
    if name not in config.judging.settings and name not in plugins.names("judges"):
        known = (*config.judging.settings, *plugins.names("judges"))
        raise PluginError(
            f"judging: unknown judge {name!r}{did_you_mean(name, known)}; known: {', '.join(dict.fromkeys(known))}"
        )


def _chosen(config: RunConfig, name: str) -> NamedJudge:
    """A judge with its settings, or its defaults. Raises ConfigError where it needs some and the config has none."""
    given = config.judging.settings.get(name)
    if given is not None:
        return given
    return NamedJudge(judge=name, settings=settings_of(name, {}, where="judging.settings"))


def _params(config: RunConfig, name: str, names: Sequence[str]) -> JudgeParams:
    file, settings = (chosen := _chosen(config, name)).judge, chosen.settings
    kept, whole = (settings_text(file, settings, decisive=decisive) for decisive in (True, False))
    return JudgeParams(
        judge=name,
        plugin=None if file == name else file,
        settings=kept,
        given=None if whole == kept else whole,
        tasks=tuple(names),
        source_digest=source_digest(file, settings),
    )
