"""What strategies need beside the benign data, and whether a config has it."""

from __future__ import annotations

from harness.config import DatasetSettings, RunConfig, Variant
from harness.errors import ConfigError
from harness.specs import CheckpointSpec, TrainSpec


def check_needs(variant: Variant, spec: TrainSpec, config: RunConfig) -> None:
    """Raise ConfigError where the config lacks what the strategy needs."""
    needs = {
        "safety_data (requests and the refusals to learn), e.g. safety_data: {source: builtin:safe}": (
            spec.needs_safety_data and config.safety_data is None
        ),
        "the unaligned sibling of the base, e.g. unaligned: {model: builtin:unaligned}": (
            spec.unaligned and config.unaligned is None
        ),
    }
    for words, lacking in needs.items():
        if lacking:
            raise ConfigError(f"variants.{variant.name}: strategy {variant.strategy} needs {words}")
    if spec.safety_share is not None and config.safety_data is not None:
        _check_one_source(variant, config.safety_data)


def _check_one_source(variant: Variant, safety: DatasetSettings) -> None:
    """Raise ConfigError for keys of `safety_data` that a share mixed into `dataset` has no use for."""
    for key, instead in (
        ("also", "put all safety examples in one file"),
        ("max_tokens", "dataset.max_tokens holds for the mixture"),
        ("too_long", "dataset.too_long holds for the mixture"),
    ):
        if key in safety.model_fields_set:
            raise ConfigError(
                f"safety_data.{key}: variants.{variant.name} ({variant.strategy}) draws its share from one source and "
                f"mixes it into dataset; leave {key} out, {instead}"
            )


def needs_in_words(config: RunConfig) -> tuple[str, ...]:
    """What the run's strategies need, e.g. `the search for robust modules (ml_lr, swat)`; each need once."""
    asking: dict[str, list[str]] = {}
    for variant in config.variants:
        for need in _needs(variant.spec):
            asking.setdefault(need, []).append(variant.strategy)
    return tuple(f"{need} ({', '.join(dict.fromkeys(names))})" for need, names in asking.items())


def _needs(spec: TrainSpec | CheckpointSpec) -> tuple[str, ...]:
    if isinstance(spec, CheckpointSpec):
        return ()
    needs = {
        "the search for robust modules": spec.needs_search,
        "the analysis of modules": spec.needs_analysis,
        "safety_data": spec.needs_safety_data,
        "the unaligned sibling": spec.unaligned,
        "the base's logits in training": spec.base_logits,
    }
    return tuple(words for words, needed in needs.items() if needed)
