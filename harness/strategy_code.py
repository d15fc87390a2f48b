"""A strategy's own function, bound to a variant's settings, for a stage that calls it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from harness import plugins
from harness.specs import StrategyCode


def bound(code: StrategyCode, function: str) -> Callable[..., Any]:
    """`function` of the strategy, its settings given. Raises PluginError where there is no such strategy."""
    strategy = plugins.load("strategies", code.name)
    return partial(getattr(strategy, function), strategy.Settings.model_validate_json(code.settings))
