"""Makes the missing stages of a plan, several side by side, each as soon as its inputs are there."""

from __future__ import annotations

import shutil
from collections.abc import Sequence, Set
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Protocol

from harness.errors import InputError, StageError, by_name
from harness.plan import Plan
from harness.specs import AdoptParams, EvaluateParams, LeakageParams, RestoreParams, StageSpec, TrainParams
from harness.stages import Progress
from harness.store import Store
from harness.worker import Done, Failure, Job, context_for, work

PRELOAD = ("harness", "torch", "transformers", "harness.stages.train")
CHEAP = ("base", "dataset", "leakage", "adopt")
"""Stages that may start before the leakage check is done: a run that it ends has spent nothing else."""
HEAVY = frozenset({"base", "dataset", "leakage", "analyze", "search", "train", "restore", "adopt", "evaluate"})
"""Stages that need PRELOAD."""
_OF_VARIANT = (TrainParams, RestoreParams, EvaluateParams)
"""Stages whose labels name a variant."""
PRELOAD_EVALUATE = ("vllm", "lm_eval", "harness.stages.evaluate")


class Display(Protocol):
    """Who is told what happens."""

    def started(self, label: str) -> None:
        """A job began."""

    def moved(self, label: str, progress: Progress) -> None:
        """A job got on."""

    def finished(self, label: str, seconds: float) -> None:
        """A job's stages are in the store."""

    def noted(self, line: str) -> None:
        """Something a person should know, in one line."""


@dataclass(frozen=True)
class Unit:
    """Stages that are made together."""

    specs: tuple[StageSpec, ...]

    @property
    def label(self) -> str:
        """For people."""
        first = self.specs[0].label
        return first if len(self.specs) == 1 else f"{first} and {len(self.specs) - 1} more adapters"

    @property
    def needs(self) -> frozenset[str]:
        """Keys that must be in the store first."""
        return frozenset(i.key for spec in self.specs for i in spec.inputs)

    @property
    def spends(self) -> bool:
        """Whether it waits for the leakage check."""
        return self.specs[0].params.stage not in CHEAP


@dataclass(frozen=True)
class _Running:
    unit: Unit
    job: Job
    process: ForkServerProcess
    pipe: Connection


def units(plan: Plan, *, missing: Sequence[StageSpec]) -> tuple[Unit, ...]:
    """The missing stages, adapters of one base model that answer the same tasks put together."""
    adapters = {s.key for s in plan.stages if _makes_adapter(s, plan)}
    shared: dict[tuple[str, str], list[StageSpec]] = {}
    made: list[Unit] = []
    for spec in missing:
        checkpoint = next((i.key for i in spec.inputs if i.name == "checkpoint"), None)
        if isinstance(spec.params, EvaluateParams) and checkpoint in adapters:
            base = next(i.key for i in spec.inputs if i.name == "base")
            shared.setdefault((base, spec.params.model_dump_json()), []).append(spec)
        else:
            made.append(Unit((spec,)))
    return (*made, *(Unit(tuple(specs)) for specs in shared.values()))


def _makes_adapter(spec: StageSpec, plan: Plan) -> bool:
    """Whether a stage is sure to write an adapter; of an adopted one only its files tell."""
    if isinstance(spec.params, RestoreParams):
        tuned = next(i.key for i in spec.inputs if i.name == "checkpoint")
        return not spec.params.merges and _makes_adapter(plan.stage(tuned), plan)
    if isinstance(spec.params, AdoptParams):
        return (Path(spec.params.source.location) / "adapter_config.json").is_file()
    return isinstance(spec.params, TrainParams) and spec.params.lora is not None


def startable(waiting: Sequence[Unit], *, ready: Set[str], checks: Set[str]) -> list[Unit]:
    """The units whose inputs are ready; `checks` are the keys of leakage checks, and what spends waits for them."""
    checked = checks <= ready
    allowed = [unit for unit in waiting if unit.needs <= ready and (checked or not unit.spends)]
    return sorted(allowed, key=lambda unit: unit.specs[0].key not in checks)


class Scheduler:
    """Runs units on at most `jobs` processes at once."""

    def __init__(self, store: Store, *, jobs: int, display: Display) -> None:
        self.store = store
        self.jobs = jobs
        self.display = display
        self.running: list[_Running] = []

    def run(self, plan: Plan, *, missing: Sequence[StageSpec]) -> None:
        """Make every missing stage.

        Raises what a stage raised, or StageError where its process died; finished stages stay in the store.
        """
        waiting = list(units(plan, missing=missing))
        context = context_for(_preload(missing))
        ready = {s.key for s in plan.stages} - {s.key for s in missing}
        checks = {s.key for s in missing if isinstance(s.params, LeakageParams)}
        try:
            while waiting or self.running:
                for unit in startable(waiting, ready=ready, checks=checks)[: self.jobs - len(self.running)]:
                    waiting.remove(unit)
                    self._start(unit, context)
                if not self.running:
                    raise StageError(f"{waiting[0].label}: an input is missing from the plan")
                ready.update(self._collect())
        finally:
            self._stop()

    def _start(self, unit: Unit, context: object) -> None:
        folders = tuple(self.store.begin(spec.key) for spec in unit.specs)
        inputs = tuple(tuple((i.name, self.store.folder(i.key)) for i in s.inputs) for s in unit.specs)
        scratch = tuple(self.store.scratch(spec.key) for spec in unit.specs)
        job = Job(specs=unit.specs, folders=folders, inputs=inputs, scratch=scratch, shared=self.store.replies)
        ours, theirs = context.Pipe(duplex=False)  # type: ignore[attr-defined]
        process = context.Process(target=work, args=(job, theirs), daemon=False)  # type: ignore[attr-defined]
        process.start()
        theirs.close()
        self.display.started(unit.label)
        self.running.append(_Running(unit, job, process, ours))

    def _collect(self) -> set[str]:
        """Wait for news; returns the keys that were finished."""
        finished: set[str] = set()
        by_pipe = {r.pipe: r for r in self.running}
        for pipe in wait(list(by_pipe)):
            running = by_pipe[pipe]  # type: ignore[index]
            try:
                message = running.pipe.recv()
            except EOFError:
                raise _death(running) from None
            if isinstance(message, Progress):
                self.display.moved(running.unit.label, message)
            elif isinstance(message, Failure):
                raise _failure(message, running.unit, keep=self.store.root / "logs")
            elif isinstance(message, Done):
                finished.update(self._seal(running, message))
        return finished

    def _seal(self, running: _Running, done: Done) -> set[str]:
        running.process.join()
        share = done.seconds / len(running.unit.specs)
        for spec, folder in zip(running.unit.specs, running.job.folders, strict=True):
            self.store.finish(spec, folder=folder, seconds=share, peak_memory=done.peak_memory)
        self.running.remove(running)
        self.display.finished(running.unit.label, done.seconds)
        return {spec.key for spec in running.unit.specs}

    def _stop(self) -> None:
        """End what still runs and remove what it had begun."""
        for running in self.running:
            running.process.terminate()
        for running in self.running:
            running.process.join(timeout=10)
            if running.process.is_alive():
                running.process.kill()
            for folder in running.job.folders:
                shutil.rmtree(folder, ignore_errors=True)
        self.running.clear()


def _preload(missing: Sequence[StageSpec]) -> tuple[str, ...]:
    kinds = {spec.params.stage for spec in missing}
    heavy = PRELOAD if kinds & HEAVY else ()
    return (*heavy, *(PRELOAD_EVALUATE if "evaluate" in kinds else ()))


def _failure(message: Failure, unit: Unit, *, keep: Path) -> Exception:
    """The stage's error, its log kept where the person can read it; a wrong input of one variant names the variant."""
    kept = _keep_log(message.log, keep)
    error = by_name(message.error, message=message.message)
    if isinstance(error, InputError) and any(isinstance(spec.params, _OF_VARIANT) for spec in unit.specs):
        return by_name(message.error, message=f"{unit.label}: {message.message}")
    if isinstance(error, StageError):
        return StageError(f"{message.message} (log: {kept})")
    return error


def _death(running: _Running) -> StageError:
    running.process.join()
    code = running.process.exitcode
    why = "it was killed, most likely for memory" if code == -9 else f"its process ended with code {code}"
    return StageError(f"{running.unit.label}: {why}; the other stages are kept, run the same command to go on")


def _keep_log(log: Path, keep: Path) -> Path:
    keep.mkdir(parents=True, exist_ok=True)
    target = keep / f"{log.parent.name}.log"
    if log.is_file():
        shutil.copyfile(log, target)
    return target
