"""Safetensors read tensor by tensor: one file, several by an index, and what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from harness.errors import ModelError
from harness.training.tensor_files import INDEX, model_tensors


@pytest.fixture
def sharded(tmp_path: Path) -> Path:
    """A folder with tensors `a` and `b` in two files, and a third file that no index names."""
    save_file({"a": torch.ones(2, 3, dtype=torch.bfloat16)}, tmp_path / "1.safetensors")
    save_file({"b": torch.full((4,), 2.0)}, tmp_path / "2.safetensors")
    save_file({"a": torch.zeros(9)}, tmp_path / "consolidated.safetensors")
    index = {"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}
    (tmp_path / INDEX).write_text(json.dumps(index))
    return tmp_path


def test_several_files_are_one(sharded: Path) -> None:
    found = model_tensors(sharded)
    assert found.names == {"a", "b"}
    assert (found.shape("a"), found.shape("b")) == ((2, 3), (4,))
    assert found.read("a").dtype == torch.float32
    assert torch.equal(found.read("b"), torch.full((4,), 2.0))


def test_a_file_that_is_gone_is_named(sharded: Path) -> None:
    (sharded / "2.safetensors").unlink()
    with pytest.raises(ModelError, match=r"2\.safetensors: cannot be read as safetensors"):
        model_tensors(sharded)


def test_an_index_that_is_none_is_named(sharded: Path) -> None:
    (sharded / INDEX).write_text("[]")
    with pytest.raises(ModelError, match=r"index\.json: cannot be read"):
        model_tensors(sharded)


def test_a_folder_without_either(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds neither"):
        model_tensors(tmp_path)
