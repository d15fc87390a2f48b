"""Plain IFT."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from harness.specs import GroupRule
from harness.strategies.ift import Settings, train_spec


def test_one_group_of_everything() -> None:
    spec = train_spec(Settings(learning_rate=4e-4))
    assert (spec.learning_rate, spec.groups) == (4e-4, (GroupRule(name="all", modules=("*",), scale=1.0),))


def test_learning_rate_must_be_above_0() -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        Settings(learning_rate=0)
