"""YAML (+ --set a.b=c) → RunConfig. The only file that reads YAML configs.

Every mistake is one line that names the file, the key and what would be right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import Field, SerializeAsAny, ValidationError, model_validator

from harness import plugins
from harness.errors import ConfigError, did_you_mean
from harness.policy import Policy
from harness.specs import GenerationSettings, LoopSettings, LoraSpec, Record, StatisticsSettings
from harness.strategies import StrategySettings

R = TypeVar("R", bound=Record)

BASE = "base"
"""Reserved name of the variant that is the base model unchanged."""


class BaseSettings(Record):
    """Section base: the aligned chat model to start from."""

    model: str
    """`builtin`, a local folder, or a hub id."""
    revision: str | None = None
    """Branch, tag or commit of a hub model."""
    seed: int = 0
    """Seed of the built-in model."""
    trust_remote_code: bool = False


class DatasetSettings(Record):
    """Section dataset: the benign IFT data."""

    source: str
    """`builtin`, a .jsonl, .json, .csv or .parquet file, or a hub id."""
    revision: str | None = None
    format: Literal["auto", "alpaca", "sharegpt", "messages", "prompt_response"] = "auto"
    split: str = "train"
    prompt_field: str | None = None
    response_field: str | None = None
    limit: int | None = Field(default=None, gt=0)
    seed: int = 0
    max_tokens: int = Field(default=1024, gt=0)
    too_long: Literal["error", "drop"] = "error"


class TaskChoice(Record):
    """One entry of evaluation.tasks."""

    task: str
    path: str | None = None
    """Local rows, for tasks that take them."""
    limit: int | None = Field(default=None, gt=0)


class EvaluationSettings(GenerationSettings):
    """Section evaluation: which tasks, and how completions are made."""

    tasks: tuple[TaskChoice, ...] = Field(min_length=1)

    def generation(self) -> GenerationSettings:
        """Without the tasks."""
        return GenerationSettings.model_validate(self.model_dump(exclude={"tasks"}))


class JudgingSettings(Record):
    """Section judging: a task's own judge is used where nothing is said."""

    primary: dict[str, str] = {}
    """task → judge whose verdict is the score."""
    also: tuple[str, ...] = ()
    """Judges that are asked as well, on every judged task; shown, not scored."""


class Variant(Record):
    """One way of tuning, to be trained with every seed."""

    name: str
    strategy: str
    settings: SerializeAsAny[StrategySettings]
    training: LoopSettings
    lora: LoraSpec | None = None


class RunConfig(Record):
    """A whole run."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    base: BaseSettings
    dataset: DatasetSettings
    training: LoopSettings
    seeds: tuple[int, ...] = Field(min_length=1)
    variants: tuple[Variant, ...] = Field(min_length=1)
    evaluation: EvaluationSettings
    judging: JudgingSettings = JudgingSettings()
    statistics: StatisticsSettings = StatisticsSettings()
    gate: Policy | None = None

    @model_validator(mode="after")
    def _whole(self) -> RunConfig:
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError("seeds: each seed may be named once")
        for variant in self.variants:
            if (variant.training.steps is None) == (variant.training.epochs is None):
                raise ValueError(f"variants.{variant.name}: give training.steps or training.epochs, one of them")
        return self


def load(path: Path, *, overrides: Sequence[str] = ()) -> RunConfig:
    """Read a config file and apply `--set` overrides.

    Raises ConfigError for everything that is wrong in it.
    """
    tree = _read(path)
    for override in overrides:
        _apply(tree, override)
    return parse(tree, where=str(path))


def parse(tree: dict[str, Any], *, where: str) -> RunConfig:
    """A config's tree, as YAML gives it, checked. Raises ConfigError."""
    tree = dict(tree)
    training = tree.get("training") or {}
    variants = tree.get("variants")
    if not isinstance(variants, dict) or not variants:
        raise ConfigError(f"{where}: variants: must map names to settings, e.g. ift: {{strategy: ift, ...}}")
    tree["variants"] = [_variant(str(name), body, training, where) for name, body in variants.items()]
    if isinstance(tree.get("evaluation"), dict):
        tasks = tree["evaluation"].get("tasks")
        if isinstance(tasks, list):
            listed = [{"task": t} if isinstance(t, str) else t for t in tasks]
            tree["evaluation"] = {**tree["evaluation"], "tasks": listed}
    return _checked(RunConfig, tree, where=where, at="")


def dump(config: RunConfig) -> str:
    """The config as YAML that `load` reads back to the same config."""
    tree = config.model_dump(mode="json", exclude_defaults=False)
    tree["variants"] = {
        v["name"]: {
            "strategy": v["strategy"],
            **v["settings"],
            "training": v["training"],
            **({"lora": v["lora"]} if v["lora"] else {}),
        }
        for v in tree["variants"]
    }
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)


def digest(text: str) -> str:
    """sha256 of a dumped config."""
    return hashlib.sha256(text.encode()).hexdigest()


def read(text: str, *, where: str) -> RunConfig:
    """A config from its text. Raises ConfigError, calling the text `where`."""
    return parse(_tree(text, where=where), where=where)


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; `harness ls configs` lists those that ship") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as UTF-8 text ({error})") from None
    return _tree(text, where=str(path))


def _tree(text: str, *, where: str) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigError(f"{where}{line}: not YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(tree, dict):
        raise ConfigError(f"{where}: a config is a mapping of sections (name, base, dataset, variants, ...)")
    return tree


def _apply(tree: dict[str, Any], override: str) -> None:
    dotted, sign, text = override.partition("=")
    if not sign or not dotted:
        raise ConfigError(f"--set {override}: write it as key.key=value")
    node: Any = tree
    *parents, last = dotted.split(".")
    for key in parents:
        node = node.setdefault(key, {})
        if not isinstance(node, dict):
            raise ConfigError(f"--set {override}: {key} is not a section")
    try:
        node[last] = yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(f"--set {override}: {text!r} is not a YAML value") from None


def _variant(name: str, body: Any, training: Any, where: str) -> Variant:
    at = f"variants.{name}"
    if name == BASE:
        raise ConfigError(f"{where}: {at}: this name is reserved for the base model, which is always evaluated")
    if not isinstance(body, dict) or "strategy" not in body:
        raise ConfigError(f"{where}: {at}: needs a strategy; one of {', '.join(plugins.names('strategies'))}")
    own = {key: body[key] for key in body if key not in ("strategy", "training", "lora")}
    try:
        module = plugins.load("strategies", str(body["strategy"]))
    except Exception as error:
        raise ConfigError(f"{where}: {at}.strategy: {error}") from None
    settings = _checked(module.Settings, own, where=where, at=at)
    changes = body.get("training") or {}
    merged = {**training, **changes}
    if changes.get("steps") is not None:
        merged["epochs"] = changes.get("epochs")
    elif changes.get("epochs") is not None:
        merged["steps"] = changes.get("steps")
    lora = body.get("lora")
    return Variant(
        name=name,
        strategy=str(body["strategy"]),
        settings=settings,
        training=_checked(LoopSettings, merged, where=where, at=f"{at}.training"),
        lora=None if lora is None else _checked(LoraSpec, lora, where=where, at=f"{at}.lora"),
    )


def _checked(model: type[R], tree: Any, *, where: str, at: str) -> R:
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(f"{where}: {_in_words(error, model, at)}") from None


def _in_words(error: ValidationError, model: type[Record], at: str) -> str:
    first, more = error.errors()[0], error.error_count() - 1
    location = ".".join([p for p in (at, *(str(p) for p in first["loc"])) if p])
    if first["type"] == "extra_forbidden":
        key = str(first["loc"][-1])
        known = _fields_at(model, first["loc"][:-1])
        text = f"{location}: unknown key{did_you_mean(key, known)}; known: {', '.join(sorted(known))}"
    elif first["type"] == "missing":
        text = f"{location}: is required"
    else:
        text = first["msg"].removeprefix("Value error, ")
        if location:
            text = f"{location}: {text} (got {str(first['input'])[:80]!r})"
    return text + (f" (and {more} more)" if more > 0 else "")


def _fields_at(model: type[Record], location: tuple[int | str, ...]) -> list[str]:
    """Names of the fields of the record that lies at `location` inside `model`."""
    fields = model.model_fields
    for part in location:
        if isinstance(part, str) and part in fields:
            inner = _record_in(fields[part].annotation)
            if inner is None:
                break
            fields = inner.model_fields
    return list(fields)


def _record_in(annotation: Any) -> type[Record] | None:
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _record_in(inner)
        if found is not None:
            return found
    return None
