"""Are the files of a run's folder what its stages and its manifest give? The gate decides and the report is rendered
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness import config, plugins
from harness.baselines import outcomes_of
from harness.errors import ConfigError
from harness.formats import Audit
from harness.gate_agreement import decision_differences
from harness.outputs import gate_of, sources_of
from harness.report_view import build_view
from harness.run import BASELINE, CONFIG, GATE, MANIFEST, OUTCOMES, REPORT, FinishedRun, same_code
from harness.run_outcomes import run_outcomes

RENDERED = {REPORT: "html", "report.md": "markdown", "report.json": "json"}
"""File → the format whose bytes are the same whenever the same version renders the same run."""
OF_MANIFEST = f"{MANIFEST}: time, command, machine and versions, which nothing else tells"


@dataclass(frozen=True)
class Checked:
    """What a look at a run found."""

    wrong: tuple[str, ...] = ()
    """A line for everything that is missing, changed or added."""
    sound: tuple[str, ...] = ()
    """The files of its folder that are what its stages and its manifest give."""
    unchecked: tuple[str, ...] = ()
    """A line for what nothing was found wrong with because nothing tells what it should be."""


@dataclass(frozen=True)
class _Look:
    """What was found of one file."""

    name: str
    wrong: tuple[str, ...] = ()
    unchecked: str = ""


def check_folder(finished: FinishedRun, *, apart: str = "") -> Checked:
    """Compare the files of a finished run's folder with its sound stages, but the file `apart`.

    Words of the gate and of reports are another with every version: where another made the run, only numbers must be
    the same, and what is not vouched for is said. Raises StoreError where a stage is gone or damaged.
    """
    looks = [*_config(finished), *_outcomes(finished)]
    try:
        looks += [*_gate(finished), *_rendered(finished)]
    except ConfigError as error:
        looks.append(_Look(GATE, unchecked=f"nor a report: its config is not of this version ({error})"))
    known = {MANIFEST, BASELINE, apart, *(look.name for look in looks)}
    others = sorted(path.name for path in finished.folder.iterdir() if path.name not in known)
    return Checked(
        wrong=tuple(f"{look.name}: {line}" for look in looks for line in look.wrong),
        sound=tuple(look.name for look in looks if not look.wrong and not look.unchecked),
        unchecked=(
            OF_MANIFEST,
            *(f"{look.name}: {look.unchecked}" for look in looks if look.unchecked and not look.wrong),
            *(f"{name}: nothing tells what it should be" for name in others),
        ),
    )


def _config(finished: FinishedRun) -> Iterator[_Look]:
    manifest, path = finished.manifest, finished.folder / CONFIG
    if config.digest(manifest.config_text) != manifest.config_digest:
        yield _Look(MANIFEST, wrong=("its config has another digest than it says",))
    if not path.is_file():
        yield _Look(CONFIG, wrong=("is missing",))
    elif path.read_bytes() != manifest.config_text.encode():
        yield _Look(CONFIG, wrong=(f"is not the config that {MANIFEST} keeps",))
    else:
        yield _Look(CONFIG)


def _outcomes(finished: FinishedRun) -> Iterator[_Look]:
    """What the folder keeps of the stages, which a baseline is read from; earlier versions kept nothing."""
    if (finished.folder / OUTCOMES).is_file():
        same = outcomes_of(finished.folder) == run_outcomes(finished.manifest, finished.table)
        yield _Look(OUTCOMES, wrong=() if same else ("is not what the stages give",))


def _gate(finished: FinishedRun) -> Iterator[_Look]:
    """The decision, and by its digest the baseline that the folder keeps."""
    said, now, same = finished.decision, gate_of(finished).decision, same_code(finished.manifest)
    lines = decision_differences(said, now, words=same)
    version = finished.manifest.harness_version
    words = "" if said == now else f"its words, which version {version} chose; its numbers are what the scores give"
    if said is not None or lines:
        yield _Look(GATE, wrong=lines, unchecked=words)


def _rendered(finished: FinishedRun) -> Iterator[_Look]:
    there = {name: kind for name, kind in RENDERED.items() if (finished.folder / name).is_file()}
    if not there:
        return
    sources = sources_of(finished)
    view = build_view(sources)
    again = f"`harness report {finished.folder}` writes it again"
    for name, kind in there.items():
        own = (finished.folder / name).read_bytes()
        audits = (Audit(sources=sources, view=view, redact=redact) for redact in (False, True))
        if own in _bytes(kind, name, audits):
            yield _Look(name)
        elif same_code(finished.manifest):
            yield _Look(name, wrong=(f"is not what the run gives: changed, or of another version; {again}",))
        else:
            yield _Look(name, unchecked=f"this version writes it otherwise; {again}")


def _bytes(kind: str, name: str, audits: Iterable[Audit]) -> Iterator[bytes]:
    """The file with completions, then without those that --redact leaves out."""
    module = plugins.load("formats", kind)
    for audit in audits:
        yield from (file.content for file in module.files(audit) if file.name == name)
