"""Sweeps: a variant's lists and ranges of values → one variant for each combination. Pure: tree → tree. Source: ours.

    ml-lr: {strategy: ml_lr, ...,
            sweep: {rest_ratio: {from: 0.01, to: 1, steps: 3, scale: log}, training.steps: [150, 300]}}
    → ml-lr-0.01-150, ml-lr-0.01-300, ml-lr-0.1-150, ml-lr-0.1-300, ml-lr-1-150, ml-lr-1-300

Keys are the strategy's settings, and `section.key` of a section that a variant may change, also nested. The first key
turns slowest. Values themselves are checked where the variants are, as if they were written out.
"""

from __future__ import annotations

import itertools
import math
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin

from harness import plugins
from harness.errors import ConfigError, PluginError, did_you_mean
from harness.record import Record
from harness.sweep_values import SweptValues, values_of

SWEEP = "sweep"
"""Key of a variant that holds its sweep."""
CAP = 500
"""Variants that the sweeps of a config may make together: each is trained and asked with every seed."""
EXAMPLE = "{learning_rate: [2.0e-4, 4.0e-4]}"


@dataclass(frozen=True)
class Written:
    """A variant as the config's reader takes it."""

    name: str
    body: Any
    """Its tree, not yet checked."""
    sweep: str = ""
    """Key of the sweep that made it, e.g. `variants.ift.sweep`; empty for one that was written out."""


@dataclass(frozen=True)
class _Place:
    """A sweep in its config."""

    where: str
    at: str
    """Key of the sweep."""
    settings: type[Record]
    """Of the variant's strategy."""
    sections: Mapping[str, type[Record]]

    def error(self, key: str, words: str) -> ConfigError:
        """One line about a key of the sweep."""
        return ConfigError(f"{self.where}: {'.'.join([p for p in (self.at, key) if p])}: {words}")


@dataclass(frozen=True)
class _Axis:
    path: tuple[str, ...]
    """Keys from the variant down to the setting."""
    values: SweptValues


def expanded(
    variants: Mapping[Any, Any], *, where: str, sections: Mapping[str, type[Record]]
) -> tuple[Written, ...]:
    """The variants of a config's tree, sweeps replaced by what they make, in order.

    `sections` are those that a variant may change, with the records they hold. Raises ConfigError, opening with
    `where`, for a key that is unknown or fixed as well, values that cannot be read or named, names that clash, and more
    than CAP variants.
    """
    made: dict[str, Written] = {}
    swept = 0
    fixed = {str(name) for name, body in variants.items() if not _sweeps(body)}
    for name, body in variants.items():
        place = _place(str(name), body, where=where, sections=sections)
        if place is None:
            made[str(name)] = Written(str(name), body)
            continue
        for one in _grid(str(name), body, place):
            swept += 1
            if one.name in fixed or one.name in made:
                raise place.error("", f"makes {one.name}, and so does something else; give one of them another name")
            if swept > CAP:
                raise place.error("", f"makes the variants of all sweeps more than {CAP}; sweep over fewer values")
            made[one.name] = one
    return tuple(made.values())


def _sweeps(body: Any) -> bool:
    return isinstance(body, dict) and SWEEP in body


def _place(name: str, body: Any, *, where: str, sections: Mapping[str, type[Record]]) -> _Place | None:
    """None for a variant without a sweep, or with a strategy that the config's reader is going to refuse."""
    if not _sweeps(body):
        return None
    try:
        settings = plugins.load("strategies", str(body.get("strategy"))).Settings
    except PluginError:
        return None
    return _Place(where, f"variants.{name}.{SWEEP}", settings, sections)


def _grid(name: str, body: dict[str, Any], place: _Place) -> Iterator[Written]:
    sweep = body[SWEEP]
    if not isinstance(sweep, dict) or not sweep:
        raise place.error("", f"must map settings to values, e.g. {EXAMPLE}")
    rest = {key: value for key, value in body.items() if key != SWEEP}
    axes = [
        _Axis(path, values_of(given, at=f"{place.where}: {place.at}.{'.'.join(path)}", cap=CAP))
        for path, given in _leaves(sweep, (), place)
    ]
    _check_axes(axes, rest, place)
    for chosen in itertools.product(*(range(len(axis.values.values)) for axis in axes)):
        tree, names = rest, [name]
        for axis, at in zip(axes, chosen, strict=True):
            tree = _with(tree, axis.path, axis.values.values[at])
            names.append(axis.values.names[at])
        yield Written("-".join(names), tree, place.at)


def _leaves(sweep: dict[Any, Any], above: tuple[str, ...], place: _Place) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, values) of every setting that is swept; a section's mapping is gone into."""
    for key, given in sweep.items():
        path = (*above, *str(key).split("."))
        section = _section_at(path, place)
        if section is None:
            yield path, given
        elif isinstance(given, dict) and given:
            yield from _leaves(given, path, place)
        else:
            own = ", ".join(section.model_fields)
            raise place.error(".".join(path), f"is a section; sweep over its keys: {own}")


def _section_at(path: tuple[str, ...], place: _Place) -> type[Record] | None:
    """The record that lies at a path, None where a setting does. Raises ConfigError where nothing does."""
    section: type[Record] | None = None
    for depth, key in enumerate(path):
        inner = _fields(place) if depth == 0 else {} if section is None else _fields_of(section)
        if key not in inner:
            known = [*inner] if depth else [k if inner[k] is None else f"{k}.…" for k in inner]
            among = f"; known: {', '.join(known)}" if known else f"; {'.'.join(path[:depth])} is a single setting"
            raise place.error(".".join(path), f"unknown key{did_you_mean(key, inner)}{among}")
        section = inner[key]
    return section


def _fields(place: _Place) -> dict[str, type[Record] | None]:
    return {**_fields_of(place.settings), **place.sections}


def _fields_of(model: type[Record]) -> dict[str, type[Record] | None]:
    """Field → the record that it is, or may be; None for other fields."""
    return {name: _record(field.annotation) for name, field in model.model_fields.items()}


def _record(annotation: Any) -> type[Record] | None:
    """The record of an annotation `R` or `R | None`; None for other ones."""
    among = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    return next((one for one in among if isinstance(one, type) and issubclass(one, Record)), None)


def _check_axes(axes: list[_Axis], body: dict[str, Any], place: _Place) -> None:
    """Raise ConfigError for a setting that is given twice, and for too large a grid."""
    paths = [axis.path for axis in axes]
    for path in paths:
        if paths.count(path) > 1:
            raise place.error(".".join(path), "is swept twice")
        node: Any = body
        for key in path:
            if not isinstance(node, dict):
                raise place.error(".".join(path), "is swept, and what it lies in is given another value; keep one")
            if key not in node:
                break
            node = node[key]
        else:
            raise place.error(".".join(path), f"is swept, and given as {node!r} too; keep one of them")
    size = math.prod(len(axis.values.values) for axis in axes)
    if size > CAP:
        lengths = " × ".join(str(len(axis.values.values)) for axis in axes)
        raise place.error("", f"makes {lengths} = {size} variants, more than {CAP}; sweep over fewer values")


def _with(tree: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    first, *rest = path
    return {**tree, first: _with(tree.get(first) or {}, tuple(rest), value) if rest else value}
