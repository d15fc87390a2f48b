"""A training's course as a file: what a stopped process leaves, so that the next goes on with the same result. Ours.

One safetensors file: the parameters that learn, AdamW's state, the anchor and the best weights where there are any, the
losses, the state of torch's random numbers; the rest is a record (JSON) in its header, with a digest of the tensors. It
is written beside and renamed. Memory while it is written: on a GPU, all of that once more on the host.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from transformers import __version__ as transformers_version

from harness import __version__
from harness.errors import first_line
from harness.record import Record
from harness.records import HeldOutLoss, LossPoint
from harness.training.course import Course

FILE = "training.safetensors"
_FORMAT = "1"
"""Raised with what the file holds."""
_FACTS = "facts"
_MOMENTS = ("step", "exp_avg", "exp_avg_sq")
_SECONDS = 60.0
"""Wall time between two savings, at least."""
_TIMES = 20.0
"""So many times as long as the last saving took, too: no more than a twentieth of the time goes into saving."""


class Facts(Record):
    """What of a course is no tensor."""

    identity: str
    """Of the training, so that no other goes on from it."""
    digest: str
    """sha256 over the tensors, by name."""
    step: int
    tokens: int
    points: tuple[LossPoint, ...]
    held_out: tuple[HeldOutLoss, ...]


class _Tensors(Protocol):
    """An open safetensors file."""

    def get_tensor(self, name: str, /) -> torch.Tensor: ...


class _UnfitError(Exception):
    """The file is no course of this training; says why."""


@dataclass
class Keeper:
    """Keeps the course of one training in a file; does nothing where there is none."""

    path: Path | None
    identity: str
    """Changes with whatever changes the training's result (`identity_of`)."""
    _saved: float = field(default_factory=time.monotonic)
    _took: float = 0.0

    def resume(self, course: Course) -> str:
        """Set a course that is at its beginning to where the file left it; returns a note for people.

        The note is empty where there is no file. A file that is damaged or of another training is left out of account,
        and the note says so.
        """
        if self.path is None:
            return ""
        for left in self.path.parent.glob(f".{self.path.name}.*"):
            left.unlink(missing_ok=True)  # of a process that was killed while it wrote
        if not self.path.is_file():
            return ""
        try:
            facts = _read(self.path, course, self.identity)
        except (OSError, SafetensorError, ValidationError, _UnfitError) as error:
            return f"{self.path.name} is left out of account, training starts again: {first_line(error)}"
        return f"going on after step {facts.step}"

    def tick(self, course: Course) -> None:
        """Save the course if it is time to."""
        if self.path is not None and time.monotonic() - self._saved >= max(_SECONDS, _TIMES * self._took):
            self.save(course)

    def save(self, course: Course) -> None:
        """Save the course now. Where it cannot be written, the log says so and training goes on."""
        if self.path is None:
            return
        started, partial = time.monotonic(), self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            _write(partial, course, self.identity)
            os.replace(partial, self.path)
        except (OSError, SafetensorError) as error:
            partial.unlink(missing_ok=True)
            print(f"{self.path}: training could not be saved half-way ({first_line(error)}); it goes on", flush=True)
        self._saved = time.monotonic()
        self._took = self._saved - started

    def drop(self) -> None:
        """Remove the file: the training failed for a reason that going on would meet again."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def identity_of(*texts: str) -> str:
    """Digest of what a training is, its versions included."""
    versions = (_FORMAT, __version__, torch.__version__, transformers_version)
    return hashlib.sha256("\n".join((*texts, *versions)).encode()).hexdigest()


def _write(path: Path, course: Course, identity: str) -> None:
    tensors = {name: tensor.detach().to("cpu").contiguous() for name, tensor in _tensors(course)}
    facts = Facts(
        identity=identity,
        digest=_digest(iter(sorted(tensors.items()))),
        step=course.step,
        tokens=course.tokens,
        points=tuple(course.points),
        held_out=tuple(course.early.readings) if course.early else (),
    )
    save_file(tensors, path, metadata={_FACTS: facts.model_dump_json()})


def _tensors(course: Course) -> Iterator[tuple[str, torch.Tensor]]:
    """Every tensor of the course by its name in the file. Parameters that have not learnt yet have no moments."""
    for number, parameter in enumerate(course.parameters):
        yield f"parameter.{number}", parameter
        for name in _MOMENTS:
            if name in (state := course.optimizer.state.get(parameter, {})):
                yield f"{name}.{number}", state[name]
    for number, anchor in enumerate(course.anchor):
        yield f"anchor.{number}", anchor
    for number, weight in enumerate(course.early.weights if course.early else ()):
        yield f"best.{number}", weight
    yield "losses", torch.tensor([loss for _, loss in course.losses], dtype=torch.float64)
    yield "safety", torch.tensor([safety for safety, _ in course.losses], dtype=torch.bool)
    yield "random", torch.get_rng_state()
    if course.on_gpu:
        yield "random_gpu", torch.cuda.get_rng_state()


def _read(path: Path, course: Course, identity: str) -> Facts:
    """Check the whole file first, so that a course is changed by a sound one alone."""
    with safe_open(path, framework="pt") as file:
        facts = Facts.model_validate_json((file.metadata() or {}).get(_FACTS, ""))
        if facts.identity != identity:
            raise _UnfitError("it is of another training, or of other versions")
        names = sorted(file.keys())
        if _digest((name, file.get_tensor(name)) for name in names) != facts.digest:
            raise _UnfitError("its bytes are not those that were written")
        _set_weights(file, names, course)
        losses, safety = file.get_tensor("losses").tolist(), file.get_tensor("safety").tolist()
        torch.set_rng_state(file.get_tensor("random"))
        if course.on_gpu:
            torch.cuda.set_rng_state(file.get_tensor("random_gpu"))
    course.step, course.tokens, course.points = facts.step, facts.tokens, list(facts.points)
    course.losses = list(zip(safety, losses, strict=True))
    if course.early:
        course.early.readings = list(facts.held_out)
    return facts


def _set_weights(file: _Tensors, names: list[str], course: Course) -> None:
    """Parameters, moments, anchor and best weights."""
    with torch.no_grad():
        for number, parameter in enumerate(course.parameters):
            parameter.copy_(file.get_tensor(f"parameter.{number}"))
            if f"step.{number}" in names:
                moments = {name: file.get_tensor(f"{name}.{number}") for name in _MOMENTS}
                course.optimizer.state[parameter] = {name: m.to(parameter.device) for name, m in moments.items()}
        for number, anchor in enumerate(course.anchor):
            anchor.copy_(file.get_tensor(f"anchor.{number}"))
    if course.early:
        count = sum(name.startswith("best.") for name in names)
        course.early.weights = [file.get_tensor(f"best.{number}") for number in range(count)]


def _digest(tensors: Iterator[tuple[str, torch.Tensor]]) -> str:
    """sha256 over names, types, shapes and bytes."""
    total = hashlib.sha256()
    for name, tensor in tensors:
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        total.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return total.hexdigest()
