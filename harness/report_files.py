"""A finished run's report in any format, written beside its report.html or elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness import plugins
from harness.errors import InputError
from harness.formats import Audit, File
from harness.outputs import sources_of
from harness.report_view import build_view
from harness.run import FinishedRun
from harness.run_comparison import compare_runs
from harness.run_comparison_html import render_runs
from harness.run_comparison_markdown import runs_markdown
from harness.run_comparison_records import RunComparison, RunInput
from harness.specs import BaseParams, DatasetParams, DatasetSource, ModelSource
from harness.store import Store, world_error


def audit_of(finished: FinishedRun, *, redact: bool) -> Audit:
    """A finished run's report. Raises StoreError where a stage of the run is gone from the store."""
    sources = sources_of(finished)
    return Audit(sources=sources, view=build_view(sources), redact=redact)


def files_of(audit: Audit, formats: Iterable[str]) -> tuple[File, ...]:
    """The report's files in these formats, in their order, each format once.

    Raises PluginError for an unknown format, and what a format raises.
    """
    known = [plugins.load("formats", name) for name in dict.fromkeys(formats)]
    return tuple(file for module in known for file in module.files(audit))


def comparison_of(runs: Sequence[FinishedRun]) -> RunComparison:
    """Finished runs side by side, the first being the reference. Raises StoreError where stages are gone."""
    inputs = []
    for finished in runs:
        sources = sources_of(finished)
        facts = tuple(_facts(finished))
        inputs.append(RunInput(sources=sources, headline=build_view(sources).headline, facts=facts))
    return compare_runs(inputs)


def comparison_files(found: RunComparison, formats: Iterable[str]) -> tuple[File, ...]:
    """The comparison's files. Raises InputError for a format that it is not written in."""
    made = []
    for name in dict.fromkeys(formats):
        if name not in ("html", "markdown"):
            raise InputError(f"--format {name}: several runs are written as html or markdown; give one run for {name}")
        made.append(
            File("comparison.html", render_runs(found).encode())
            if name == "html"
            else File("comparison.md", runs_markdown(found).encode())
        )
    return tuple(made)


def write_files(files: Sequence[File], *, folder: Path, output: Path | None) -> tuple[Path, ...]:
    """Write the files into `folder`; `output` names the file where there is one, else the folder to write to.

    No half file is ever seen. Raises InputError where `output` is a folder in place of a file or the other way round,
    StoreError where it cannot be written.
    """
    if output is not None:
        _check(output, several=len(files) > 1)
    alone = output if len(files) == 1 else None
    targets = [alone or (output or folder) / file.name for file in files]
    for file, target in zip(files, targets, strict=True):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(f".{target.name}.{os.getpid()}")
            partial.write_bytes(file.content)
            partial.replace(target)
        except OSError as error:
            raise world_error(error, path=target) from error
    return tuple(targets)


def _facts(finished: FinishedRun) -> Iterator[tuple[str, str]]:
    """Locations, revisions and digests of a run's base model and data, as its stages were asked for them."""
    store = Store(Path(finished.manifest.store))
    for stage in finished.manifest.stages:
        seal = store.seal(stage.key) if stage.stage in ("base", "dataset") else None
        if seal is None:
            continue
        params = seal.spec.params
        sources: tuple[ModelSource | DatasetSource, ...]
        if isinstance(params, BaseParams):
            sources = (params.source,)
        elif isinstance(params, DatasetParams):
            sources = (params.source, *params.also)
        else:
            continue
        for at, source in enumerate(sources):
            name = f"{seal.spec.label}{f' {at + 1}' if at else ''}"
            known = {"location": source.location, "revision": source.revision, "digest": source.digest}
            yield from ((f"{name}: {what}", value) for what, value in known.items() if value)
        yield f"{seal.spec.label}: files made of it", stage.digest


def _check(output: Path, *, several: bool) -> None:
    if several and output.is_file():
        raise InputError(f"--output {output}: is a file, and several files are to be written; give a folder")
    if not several and output.is_dir():
        raise InputError(f"--output {output}: is a folder, and one file is to be written; give a file's name")
