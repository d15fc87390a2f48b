"""Runs stages in a process of its own: forked from a server that has the heavy imports, ends clean, reports by pipe.

What libraries print goes to the stage's log; errors come back as a class name and one line.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import resource
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

from harness.errors import HarnessError
from harness.specs import StageSpec
from harness.stages import Progress, StageContext
from harness.store import LOG

QUIET = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_NO_USAGE_STATS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}
_MIN_INTERVAL = 0.1
"""Seconds between two progress messages."""


@dataclass(frozen=True)
class Job:
    """Stages that one process makes together: one stage, or adapters that share an engine."""

    specs: tuple[StageSpec, ...]
    folders: tuple[Path, ...]
    """Where each writes."""
    inputs: tuple[tuple[tuple[str, Path], ...], ...]
    """(name, finished folder) of each stage's inputs."""
    scratch: tuple[Path, ...]
    """Where each keeps what should outlive a stopped process."""
    shared: Path | None = None
    """What all stages share, and what stays."""


@dataclass(frozen=True)
class Failure:
    """An error that crosses the process border."""

    error: str
    """Name of the class in errors.py, or of a foreign exception."""
    message: str
    log: Path


@dataclass(frozen=True)
class Done:
    """The job's stages are written."""

    seconds: float
    peak_memory: int
    """Bytes, as peak_memory() measures."""


def context_for(modules: Sequence[str]) -> ForkServerContext:
    """A process context whose server imports `modules` once; every worker starts with them in memory."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(modules))
    return context


def work(job: Job, pipe: Connection) -> None:
    """Entry point of a worker process."""
    log = job.folders[0] / LOG
    _redirect(log)
    started = time.monotonic()
    try:
        _dispatch(job, pipe)
    except HarnessError as error:
        pipe.send(Failure(type(error).__name__, str(error), log))
    except KeyboardInterrupt:
        os._exit(130)
    except MemoryError:
        pipe.send(Failure("WorldError", f"{job.specs[0].label}: out of memory; use a smaller batch", log))
    except BaseException as error:
        traceback.print_exc()
        first = (str(error).splitlines() or [""])[0]
        pipe.send(Failure(type(error).__name__, f"{job.specs[0].label}: {type(error).__name__}: {first}", log))
    else:
        pipe.send(Done(time.monotonic() - started, peak_memory()))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def peak_memory() -> int:
    """Bytes that this process has held at most: of GPU memory by torch where CUDA was used, else resident ones."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        return int(torch.cuda.max_memory_allocated())
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _dispatch(job: Job, pipe: Connection) -> None:
    last = [0.0]

    def report(progress: Progress) -> None:
        now = time.monotonic()
        if progress.done >= progress.total or now - last[0] >= _MIN_INTERVAL:
            last[0] = now
            pipe.send(progress)

    stage = importlib.import_module(f"harness.stages.{job.specs[0].params.stage}")
    contexts = [
        StageContext(folder=folder, inputs=inputs, progress=report, scratch=scratch, shared=job.shared)
        for folder, inputs, scratch in zip(job.folders, job.inputs, job.scratch, strict=True)
    ]
    if len(job.specs) == 1:
        stage.run(job.specs[0].params, contexts[0])
    else:
        stage.run_many([(spec.params, context) for spec, context in zip(job.specs, contexts, strict=True)])


def _redirect(log: Path) -> None:
    """Send file descriptors 1 and 2 to the log, so that native libraries write there too."""
    sys.stdout.flush()
    sys.stderr.flush()
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)
