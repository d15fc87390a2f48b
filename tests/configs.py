"""A small config that tests vary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def tree(**changes: Any) -> dict[str, Any]:
    """A config as YAML would give it."""
    return {
        "name": "small",
        "base": {"model": "builtin"},
        "dataset": {"source": "builtin"},
        "training": {"steps": 2, "batch_size": 4},
        "seeds": [0, 1],
        "variants": {
            "ift": {"strategy": "ift", "learning_rate": 1e-3},
            "mix": {"strategy": "ml_lr", "learning_rate": 1e-2, "modules": ["q", "k"]},
        },
        "evaluation": {"backend": "hf", "tasks": ["harmful_requests", "clinic_choice"]},
        **changes,
    }


def write(folder: Path, **changes: Any) -> Path:
    """The config as a file."""
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(tree(**changes)), encoding="utf-8")
    return path
