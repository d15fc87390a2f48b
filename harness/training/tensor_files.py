"""The safetensors files of a folder, read tensor by tensor, so that no model need be loaded whole."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from harness.errors import ModelError

WHOLE = "model.safetensors"
INDEX = "model.safetensors.index.json"


class TensorFiles:
    """Tensors by name, whichever file each lies in."""

    def __init__(self, folder: Path, files: tuple[Path, ...]) -> None:
        """Raises ModelError for a file that is absent, cut short or no safetensors."""
        self.folder = folder
        self._places: dict[str, Path] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}
        for file in files:
            try:
                with safe_open(file, framework="pt") as opened:
                    for name in opened.keys():  # noqa: SIM118 # it is no mapping
                        self._places[name] = file
                        self._shapes[name] = tuple(opened.get_slice(name).get_shape())
            except (SafetensorError, OSError) as error:
                raise ModelError(f"{file}: cannot be read as safetensors ({error}); copy it again") from None

    @property
    def names(self) -> frozenset[str]:
        """Of all tensors."""
        return frozenset(self._places)

    def shape(self, name: str) -> tuple[int, ...]:
        """Of one tensor, without reading it."""
        return self._shapes[name]

    def read(self, name: str) -> torch.Tensor:
        """One tensor, float32, on the CPU."""
        with safe_open(self._places[name], framework="pt") as opened:
            tensor: torch.Tensor = opened.get_tensor(name)
        return tensor.float()


def model_tensors(folder: Path) -> TensorFiles:
    """The tensors of a full model, of the files that transformers would load.

    Raises ModelError where they are absent or broken.
    """
    if (folder / WHOLE).is_file():
        return TensorFiles(folder, (folder / WHOLE,))
    index = folder / INDEX
    if not index.is_file():
        raise ModelError(f"{folder}: holds neither {WHOLE} nor {INDEX}; save the model with safe_serialization")
    try:
        files = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{index}: cannot be read ({error}); copy it again") from None
    return TensorFiles(folder, tuple(folder / name for name in files))
