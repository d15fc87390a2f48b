"""YAML (+ --set a.b=c) → RunConfig. This file and config_tree.py alone read YAML configs.

Every mistake is one line that names the file, the key and what would be right.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import Field, SerializeAsAny, model_validator

from harness import plugins, sweeps
from harness.analysis_settings import UPDATE_STEPS, AnalysisSettings
from harness.analysis_specs import SearchSettings
from harness.config_check import checked
from harness.config_tree import apply_override, overlaid, read_tree, tree_of
from harness.errors import ConfigError, PluginError
from harness.judges import NamedJudge
from harness.policy import BASE as BASE
from harness.policy import BASELINE, Policy
from harness.policy_files import gate_tree
from harness.published import PublishedSettings
from harness.ranking_records import RankingSettings
from harness.specs import (
    CheckpointSpec,
    GenerationSettings,
    LeakageSettings,
    LoopSettings,
    LoraSpec,
    Record,
    StatisticsSettings,
    TrainSpec,
)
from harness.strategies import StrategySettings
from harness.task_specs import TaskChoice

R = TypeVar("R", bound=Record)

_OVERRIDES = ("dataset", "analysis", "search")
"""Sections of the run that a variant may change."""
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")
_TRAINED = ("training", "lora", *_OVERRIDES)
"""Sections of a variant that is trained."""
_ADAPTERS = ("lora", "qlora", "peft")
"""What people call plain IFT of an adapter."""


class BaseSettings(Record):
    """Section base: the aligned chat model to start from."""

    model: str
    """`builtin`, `builtin:unaligned` (the built-in model before its alignment), a local folder, or a hub id."""
    revision: str | None = None
    """Branch, tag or commit of a hub model."""
    seed: int = 0
    """Seed of the built-in model."""
    trust_remote_code: bool = False


class SourceSettings(Record):
    """One source of IFT data."""

    source: str
    """`builtin`, `builtin:harmful`, `builtin:safe`, a .jsonl, .json, .csv or .parquet file, or a hub id."""
    revision: str | None = None
    format: Literal["auto", "alpaca", "sharegpt", "messages", "prompt_response"] = "auto"
    split: str = "train"
    prompt_field: str | None = None
    response_field: str | None = None
    limit: int | None = Field(default=None, gt=0)
    seed: int = 0
    empty: Literal["error", "drop"] = "error"


class AlsoSettings(SourceSettings):
    """One entry of dataset.also: all rows, `limit` of them, or so many that they are the `share` of the mixture."""

    share: float | None = Field(default=None, gt=0, lt=1)

    @model_validator(mode="after")
    def _one_size(self) -> AlsoSettings:
        if self.limit is not None and self.share is not None:
            raise ValueError("give limit or share, not both")
        return self


class DatasetSettings(SourceSettings):
    """Section dataset: the benign IFT data, and what is mixed into it."""

    also: tuple[AlsoSettings, ...] = ()
    max_tokens: int = Field(default=1024, gt=0)
    too_long: Literal["error", "drop"] = "error"

    @model_validator(mode="after")
    def _something_left(self) -> DatasetSettings:
        if sum(extra.share or 0.0 for extra in self.also) >= 1:
            raise ValueError("dataset.also: the shares must add up to less than 1")
        return self


class EvaluationSettings(GenerationSettings):
    """Section evaluation: which tasks, and how completions are made."""

    tasks: tuple[TaskChoice, ...] = Field(min_length=1)

    def generation(self) -> GenerationSettings:
        """Without the tasks."""
        return GenerationSettings.model_validate(self.model_dump(exclude={"tasks"}))


class JudgingSettings(Record):
    """Section judging: a task's own judge is used where nothing is said."""

    primary: dict[str, str] = {}
    """task → judge whose verdict is the score, by its file's name or one of `settings`."""
    also: tuple[str, ...] = ()
    """Judges that are asked as well, on every judged task; shown, not scored."""
    settings: dict[str, NamedJudge] = {}
    """name → a judge and its settings, for judges that take some. The name is that of the judge's file, or another
    where `judge` says which file: so one judge may be asked in several ways."""
    calibrations: tuple[str, ...] = ()
    """Files that `harness calibrate` wrote: how far the judges agree with humans."""


class Variant(Record):
    """One way of tuning, to be trained with every seed."""

    name: str
    strategy: str
    settings: SerializeAsAny[StrategySettings]
    training: LoopSettings
    lora: LoraSpec | None = None
    dataset: DatasetSettings | None = None
    """The run's `dataset` with the variant's changes; None where it has none. The analysis keeps to the run's."""
    analysis: AnalysisSettings | None = None
    """Likewise, of `analysis`."""
    search: SearchSettings | None = None
    """Likewise, of `search`."""

    @property
    def spec(self) -> TrainSpec | CheckpointSpec:
        """What its strategy asks for with its settings."""
        found: TrainSpec | CheckpointSpec = plugins.load("strategies", self.strategy).train_spec(self.settings)
        return found


class RunConfig(Record):
    """A whole run."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    base: BaseSettings
    unaligned: BaseSettings | None = None
    """The base's sibling before its alignment, for strategies that use it."""
    dataset: DatasetSettings | None = None
    """Required where anything is tuned."""
    safety_data: DatasetSettings | None = None
    """Harmful requests and the refusals to learn, for strategies that use them."""
    analysis: AnalysisSettings
    search: SearchSettings = SearchSettings()
    training: LoopSettings = LoopSettings()
    seeds: tuple[int, ...] = Field(min_length=1)
    variants: tuple[Variant, ...] = Field(min_length=1)
    evaluation: EvaluationSettings
    judging: JudgingSettings = JudgingSettings()
    leakage: LeakageSettings = LeakageSettings()
    statistics: StatisticsSettings = StatisticsSettings()
    ranking: RankingSettings = RankingSettings()
    gate: Policy | None = None
    published: PublishedSettings | None = None
    """A published table to lay the scores beside."""

    @model_validator(mode="after")
    def _whole(self) -> RunConfig:
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError("seeds: each seed may be named once")
        tuned = [variant for variant in self.variants if variant.settings.trains]
        if tuned and self.dataset is None:
            raise ValueError(f"dataset: is required, variants.{tuned[0].name} is tuned on it")
        for variant in tuned:
            if (variant.training.steps is None) == (variant.training.epochs is None):
                raise ValueError(f"variants.{variant.name}: give training.steps or training.epochs, one of them")
        return self


_SECTIONS: dict[str, type[Record]] = {
    "training": LoopSettings,
    "lora": LoraSpec,
    "dataset": DatasetSettings,
    "analysis": AnalysisSettings,
    "search": SearchSettings,
}
"""Sections of a variant whose keys may be swept."""


def load(path: Path, *, overrides: Sequence[str] = ()) -> RunConfig:
    """Read a config file and apply `--set` overrides.

    Raises ConfigError for everything that is wrong in it.
    """
    tree = read_tree(path)
    for override in overrides:
        apply_override(tree, override)
    return parse(tree, where=str(path))


def parse(tree: dict[str, Any], *, where: str) -> RunConfig:
    """A config's tree, as YAML gives it, checked. Raises ConfigError."""
    tree = dict(tree)
    training = tree.get("training") or {}
    variants = tree.get("variants")
    if not isinstance(variants, dict) or not variants:
        raise ConfigError(f"{where}: variants: must map names to settings, e.g. ift: {{strategy: ift, ...}}")
    tree["analysis"] = _with_update(tree.get("analysis") or {}, training)
    written = sweeps.expanded(variants, where=where, sections=_SECTIONS)
    tree["variants"] = [_written(one, tree, where=where) for one in written]
    if isinstance(tree.get("judging"), dict):
        tree["judging"] = _judging(tree["judging"], where=where)
    if isinstance(tree.get("evaluation"), dict):
        tasks = tree["evaluation"].get("tasks")
        if isinstance(tasks, list):
            listed = [{"task": t} if isinstance(t, str) else t for t in tasks]
            tree["evaluation"] = {**tree["evaluation"], "tasks": listed}
    if "gate" in tree:
        tree["gate"] = gate_tree(tree["gate"], where=where)
    return checked(RunConfig, tree, where=where, at="")


def dump(config: RunConfig) -> str:
    """The config as YAML that `load` reads back to the same config."""
    tree = config.model_dump(mode="json", exclude_defaults=False)
    trained = {variant.name for variant in config.variants if variant.settings.trains}
    tree["variants"] = {
        v["name"]: {
            "strategy": v["strategy"],
            **v["settings"],
            **{part: v[part] for part in _TRAINED if v[part] and v["name"] in trained},
        }
        for v in tree["variants"]
    }
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)


def digest(text: str) -> str:
    """sha256 of a dumped config."""
    return hashlib.sha256(text.encode()).hexdigest()


def read(text: str, *, where: str) -> RunConfig:
    """A config from its text. Raises ConfigError, calling the text `where`."""
    return parse(tree_of(text, where=where), where=where)


def _judging(judging: dict[str, Any], *, where: str) -> dict[str, Any]:
    """The section judging, each judge's settings checked by that judge."""
    given = judging.get("settings") or {}
    if not isinstance(given, dict):
        raise ConfigError(f"{where}: judging.settings: must map judges to their settings")
    return {**judging, "settings": {str(name): _judge(str(name), given[name], where=where) for name in given}}


def _judge(name: str, body: Any, *, where: str) -> NamedJudge:
    """One entry of judging.settings."""
    at = f"judging.settings.{name}"
    if not isinstance(body or {}, dict):
        raise ConfigError(f"{where}: {at}: must be a mapping of the judge's settings (got {str(body)[:80]!r})")
    own = dict(body or {})
    file = str(own.pop("judge", name))
    try:
        model = plugins.load("judges", file).Settings
    except PluginError as error:
        hint = "" if file != name else "; for a name of your own write which judge it is: {judge: NAME, ...}"
        raise ConfigError(f"{where}: {at}: {error}{hint}") from None
    if file != name and name in plugins.names("judges"):
        raise ConfigError(f"{where}: {at}: is the name of another judge than {file}; give it a name of its own")
    if not _NAME.match(name):
        raise ConfigError(f"{where}: {at}: a judge's name has letters, digits and ._:- (got {name[:80]!r})")
    return NamedJudge(judge=file, settings=checked(model, own, where=where, at=at))


def _written(one: sweeps.Written, tree: dict[str, Any], *, where: str) -> Variant:
    """A variant; where a sweep made it, a mistake in it names the sweep, and where one was meant, how to write it."""
    try:
        return _variant(one.name, one.body, tree, where=where)
    except ConfigError as error:
        if one.sweep:
            raise ConfigError(f"{error}; made by {one.sweep}") from None
        written = one.body.items() if isinstance(one.body, dict) else ()
        several = [key for key, value in written if isinstance(value, list | dict)]
        meant = next((key for key in several if f" variants.{one.name}.{key}: Input should be" in str(error)), None)
        raise ConfigError(f"{error}; for several values write sweep: {{{meant}: [...]}}") if meant else error from None


def _variant(name: str, body: Any, tree: dict[str, Any], *, where: str) -> Variant:
    at = f"variants.{name}"
    if name == BASE:
        raise ConfigError(f"{where}: {at}: this name is reserved for the base model, which is always evaluated")
    if name == BASELINE:
        raise ConfigError(f"{where}: {at}: this name is reserved for the gate's rules against another run (--baseline)")
    if not isinstance(body, dict) or "strategy" not in body:
        raise ConfigError(f"{where}: {at}: needs a strategy; one of {', '.join(plugins.names('strategies'))}")
    own = {key: body[key] for key in body if key not in ("strategy", *_TRAINED)}
    try:
        module = plugins.load("strategies", str(body["strategy"]))
    except Exception as error:
        adapter = str(body["strategy"]).lower() in _ADAPTERS
        hint = "an adapter is no strategy of its own; write strategy: ift with a section lora: {rank: 8}"
        raise ConfigError(f"{where}: {at}.strategy: {hint if adapter else error}") from None
    settings = checked(module.Settings, own, where=where, at=at)
    needless = next((part for part in _TRAINED if part in body), None)
    if needless and not settings.trains:
        raise ConfigError(f"{where}: {at}.{needless}: strategy {body['strategy']} trains nothing; leave it out")
    training = _merged_training(tree.get("training") or {}, body.get("training") or {})
    lora = body.get("lora")
    return Variant(
        name=name,
        strategy=str(body["strategy"]),
        settings=settings,
        training=checked(LoopSettings, training, where=where, at=f"{at}.training"),
        lora=None if lora is None else checked(LoraSpec, lora, where=where, at=f"{at}.lora"),
        dataset=_override(DatasetSettings, "dataset", body, tree, at=f"{where}: {at}"),
        analysis=_override(AnalysisSettings, "analysis", body, tree, at=f"{where}: {at}"),
        search=_override(SearchSettings, "search", body, tree, at=f"{where}: {at}"),
    )


def _override(model: type[R], part: str, body: dict[str, Any], tree: dict[str, Any], *, at: str) -> R | None:
    """The run's section with a variant's changes; None where it changes nothing. `at` opens an error's place."""
    changes = body.get(part)
    if changes is None:
        return None
    if not isinstance(changes, dict):
        raise ConfigError(f"{at}.{part}: must be a mapping of the keys that differ from the run's {part}")
    return checked(model, overlaid(tree.get(part) or {}, changes), where=f"{at}.{part}", at="")


def _merged_training(run: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The run's training section with changes; steps and epochs put one another out."""
    merged = {**run, **changes}
    if changes.get("steps") is not None:
        merged["epochs"] = changes.get("epochs")
    elif changes.get("epochs") is not None:
        merged["steps"] = changes.get("steps")
    return merged


def _with_update(analysis: Any, training: dict[str, Any]) -> Any:
    """The analysis section, its short IFT trained as the run is, for fewer steps."""
    if not isinstance(analysis, dict) or not isinstance(analysis.get("update") or {}, dict):
        return analysis
    update = analysis.get("update") or {}
    changes = update.get("training") or {}
    if changes.get("steps") is None and changes.get("epochs") is None:
        changes = {**changes, "steps": UPDATE_STEPS}
    return {**analysis, "update": {**update, "training": _merged_training(training, changes)}}
