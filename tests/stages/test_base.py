"""What stage base finds out about a model without loading its weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.stages.base import inspect
from harness.training.checkpoints import load_model, read_checkpoint
from tests.tiny_models import ALL_FAMILIES, save_base_stage


@pytest.mark.parametrize("family", ALL_FAMILIES)
def test_every_family_is_counted_as_it_is_loaded(tmp_path: Path, family: str) -> None:
    folder = save_base_stage(tmp_path, family)
    found = inspect(folder / "weights", location=family, trust_remote_code=False)
    model = load_model(read_checkpoint(folder), dtype="float32")
    assert found.architecture == type(model).__name__
    assert found.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert found.layers == 2
