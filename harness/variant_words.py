"""A variant's settings in one line, and where its sections differ from the run's, as `key=value`."""

from __future__ import annotations

from collections.abc import Iterator

from harness.config import RunConfig, Variant
from harness.record import Record
from harness.specs import LoraSpec

LONG = 80
"""Characters of a setting that `readable` shows."""


def describe(variant: Variant, config: RunConfig) -> str:
    """Its settings in one line, what differs from the run's sections last."""
    own = variant.settings
    words = [f"{key}={_short(value)}" for key in type(own).model_fields if (value := getattr(own, key)) is not None]
    if not own.trains:
        return ", ".join(words)
    loop = variant.training
    words.append(f"steps={loop.steps}" if loop.steps else f"epochs={loop.epochs:g}")
    words.append(f"LoRA rank {variant.lora.rank}" if variant.lora else "full")
    return ", ".join([*words, *changes(variant, config)])


def readable(variant: Variant) -> str:
    """Its settings, length and kind of tuning in words: `learning rate 2e-4, modules found, 300 steps, all weights`.

    A long text of a setting is cut, with a mark; the config has it whole.
    """
    own = variant.settings
    words = [
        f"{key.replace('_', ' ')} {_told(value)}"
        for key in type(own).model_fields
        if (value := getattr(own, key)) is not None
    ]
    if not own.trains:
        return ", ".join(words)
    loop = variant.training
    words.append(f"{loop.steps:,} steps" if loop.steps else f"{loop.epochs:g} epochs")
    words.append(f"LoRA of rank {variant.lora.rank}" if variant.lora else "all weights")
    return ", ".join(words)


def changes(variant: Variant, config: RunConfig) -> tuple[str, ...]:
    """What differs from the run's sections, as `dataset.limit=100`; length and LoRA rank, which `describe` tells of
    every variant, are not among it. An adapter's other settings are held against their defaults.
    """
    pairs: tuple[tuple[str, Record | None, Record | None], ...] = (
        ("training", variant.training, config.training),
        ("lora", variant.lora, LoraSpec()),
        ("dataset", variant.dataset, config.dataset),
        ("analysis", variant.analysis, config.analysis),
        ("search", variant.search, config.search),
    )
    found = (line for at, own, run in pairs if own is not None for line in _differences(own, run, at))
    told = ("training.steps=", "training.epochs=", "lora.rank=")
    return tuple(line for line in found if not line.startswith(told)) if variant.settings.trains else ()


def _differences(own: Record, run: Record | None, at: str) -> Iterator[str]:
    """`at.key=value` of every field that is not the run's; records inside are gone into."""
    for key in type(own).model_fields:
        mine, theirs = getattr(own, key), getattr(run, key, None)
        if mine == theirs:
            continue
        if isinstance(mine, Record) and isinstance(theirs, Record):
            yield from _differences(mine, theirs, f"{at}.{key}")
        else:
            yield f"{at}.{key}={_short(mine)}"


def _told(value: object) -> str:
    """A value for people: small numbers as 2e-4."""
    if isinstance(value, float) and 0 < abs(value) < 0.01:
        mantissa, _, exponent = f"{value:e}".partition("e")
        brief = f"{float(mantissa):g}e{int(exponent)}"
        return brief if float(brief) == value else repr(value)
    text = _short(value)
    return text if len(text) <= LONG else f"{text[:LONG].rstrip()}…"


def _short(value: object) -> str:
    """A value on one line; of a record what is not its default."""
    if isinstance(value, bool) or value is None:
        return "none" if value is None else str(value).lower()
    if isinstance(value, float):
        brief = f"{value:g}"
        return brief if float(brief) == value else repr(value)
    if isinstance(value, Record):
        own = ((key, getattr(value, key)) for key in type(value).model_fields)
        fields = type(value).model_fields
        return "{" + ", ".join(f"{key}={_short(one)}" for key, one in own if one != fields[key].default) + "}"
    return "+".join(_short(one) for one in value) or "none" if isinstance(value, tuple | list) else str(value)
