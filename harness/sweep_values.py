"""The values of one setting in a sweep, from a list or a range, and how each is written in a variant's name. Ours."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from harness.errors import ConfigError, did_you_mean

RANGE = ("from", "to", "steps", "scale")
EXAMPLE = "{from: 0.01, to: 1, steps: 5, scale: log}"
SCALES = ("linear", "log")
LISTED, BETWEEN = 6, 3
"""Significant digits of a number in a name, as far as it has them: of one that was listed, and of a range's."""
EXACT = 17
"""Digits that tell any two numbers apart."""
LARGE = 1e100
"""No end of a range is beyond it."""
_POWER = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")
"""What YAML 1.1 takes for text, since it has no dot or no sign: 2e-4."""
_NAME = re.compile(r"[A-Za-z0-9._+*@:-]{1,40}")
"""What may stand in a variant's name."""


@dataclass(frozen=True)
class SweptValues:
    """The values of one setting, as long as their names."""

    values: tuple[Any, ...]
    names: tuple[str, ...]


def values_of(given: Any, *, at: str, cap: int) -> SweptValues:
    """The values of a list, or of a range {from, to, steps, scale}; at most `cap` steps.

    Raises ConfigError, opening with `at` (file and key), for an empty list, a value that is neither number, word, null
    nor a list of them, two values that are the same, a range with other keys, ends that are no numbers, or a log scale
    from 0 or below.
    """
    if isinstance(given, dict):
        values, digits = _between(given, at=at, cap=cap), BETWEEN
    elif isinstance(given, list):
        values, digits = [_number(value) for value in given], LISTED
    else:
        raise ConfigError(f"{at}: must be a list, or a range such as {EXAMPLE} (got {given!r})")
    if not values:
        raise ConfigError(f"{at}: has no values")
    return SweptValues(tuple(values), _names(values, digits=digits, at=at))


def short(value: Any, *, digits: int) -> str:
    """A value as it stands in a name: 2e-4, 0.1, 300, true, none, q+k."""
    if value is None or isinstance(value, bool):
        return "none" if value is None else str(value).lower()
    if isinstance(value, int | float):
        return _short_number(value, digits=digits)
    if isinstance(value, list):
        return "+".join(short(part, digits=digits) for part in value)
    return str(value)


def _short_number(value: float, *, digits: int) -> str:
    """In figures or as a power of ten, whichever is shorter; whole numbers below a million in figures."""
    if not -LARGE <= value <= LARGE:
        return str(value)
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    size = math.floor(math.log10(abs(value))) + 1
    rounded = Decimal(f"{value:.{max(digits, size) - 1}e}").normalize()
    plain, power = format(rounded, "f"), format(rounded, "e").replace("e+", "e")
    return plain if len(plain) <= len(power) else power


def _names(values: Sequence[Any], *, digits: int, at: str) -> tuple[str, ...]:
    """Names with as many digits as tell them apart."""
    for value in values:
        parts = value if isinstance(value, list) else [value]
        if not parts or any(isinstance(part, dict | list) for part in parts):
            what = f"{str(value)[:80]!r} is neither number, word, null nor a list of them"
            raise ConfigError(f"{at}: {what}; write such variants out")
    for more in range(digits, EXACT + 1):
        names = tuple(short(value, digits=more) for value in values)
        if len(set(names)) == len(names):
            break
    else:
        twice = next(name for name in names if names.count(name) > 1)
        raise ConfigError(f"{at}: {twice} stands there twice")
    unfit = next((name for name in names if not _NAME.fullmatch(name)), None)
    if unfit is not None:
        raise ConfigError(f"{at}: {unfit[:80]!r} does not fit into a variant's name; write such variants out")
    return names


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, str) and _POWER.fullmatch(value) else value


def _between(given: dict[Any, Any], *, at: str, cap: int) -> list[float]:
    """A range's values, both ends among them; whole where both ends and all between are."""
    for key in given:
        if key not in RANGE:
            hint = did_you_mean(str(key), RANGE)
            raise ConfigError(f"{at}: a range has no key {key!r}{hint}; it has {', '.join(RANGE)}")
    lacking = [key for key in RANGE[:3] if key not in given]
    if lacking:
        raise ConfigError(f"{at}: a range needs {' and '.join(lacking)}, e.g. {EXAMPLE}")
    low, high, steps = (_number(given[key]) for key in RANGE[:3])
    for key, end in (("from", low), ("to", high)):
        if isinstance(end, bool) or not isinstance(end, int | float) or not -LARGE <= end <= LARGE:
            raise ConfigError(f"{at}: {key}: must be a finite number (got {end!r})")
    if isinstance(steps, bool) or not isinstance(steps, int) or not 2 <= steps <= cap:
        raise ConfigError(f"{at}: steps: must be a whole number from 2 to {cap} (got {steps!r})")
    scale = given.get("scale", "linear")
    if scale not in SCALES:
        raise ConfigError(f"{at}: scale: must be linear or log{did_you_mean(str(scale), SCALES)} (got {scale!r})")
    if low == high:
        raise ConfigError(f"{at}: from and to are the same ({low!r}); give a list of one value, or two ends")
    if scale == "log" and min(low, high) <= 0:
        raise ConfigError(f"{at}: scale: log needs from and to above 0 (got {low!r} and {high!r})")
    between = [_at(n / (steps - 1), low, high, log=scale == "log") for n in range(1, steps - 1)]
    values = [float(low), *between, float(high)]
    whole = isinstance(low, int) and isinstance(high, int) and all(value == int(value) for value in values)
    return [int(value) for value in values] if whole else values


def _at(share: float, low: float, high: float, *, log: bool) -> float:
    """The value at a share of the way; to 12 digits, so that 0.1 is 0.1."""
    value = low ** (1 - share) * high**share if log else low + (high - low) * share
    return float(f"{value:.12g}")
