"""RunFacts and manifest → the report's provenance; what nothing recorded is said to be so."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from harness.judge_models import models_of
from harness.number_words import duration
from harness.provenance_records import DataFacts, ModelFacts, RunFacts, TaskFacts
from harness.records import Manifest, TaskCard
from harness.report_provenance_records import JudgeRow, Provenance, SourceRow, TaskRow
from harness.report_words import plural
from harness.specs import DatasetSource, ModelSource

MISSING = "not recorded"
DIRTY = "-dirty"
BUILTIN = {
    "builtin": "the built-in demonstration model",
    "builtin:unaligned": "the built-in demonstration model before its alignment",
}
PARTS = {
    "builtin": "the built-in world’s benign instructions",
    "builtin:safe": "the built-in world’s refusals to harmful requests",
    "builtin:harmful": "the built-in world’s answers to harmful requests",
}


def provenance(manifest: Manifest, facts: RunFacts | None, *, tasks: Sequence[TaskCard]) -> Provenance:
    """Where a run is from. Without `facts`, and in manifests of earlier versions, parts are not recorded."""
    known = {} if facts is None else {task.name: task for task in facts.tasks}
    return Provenance(
        models=_unknown("base model") if facts is None else tuple(_model(m) for m in facts.models),
        data=_unknown("benign IFT data") if facts is None else tuple(_data(facts.data)),
        tasks=tuple(_task(card, known.get(card.name)) for card in tasks),
        judges=() if facts is None else tuple(
            JudgeRow(name=j.name, models=models_of(j.settings), digest=j.digest) for j in facts.judges
        ),
        completions=MISSING if facts is None else completions(facts),
        seeds=tuple(dict.fromkeys(e.seed for v in manifest.variants for e in v.entries if e.seed is not None)),
        machine=_machine(manifest),
        code=_code(manifest),
        time=f"{manifest.created}, {made_words(manifest)}",
        steps=tuple(_steps(manifest, facts)),
        cautions=tuple(_cautions(manifest, facts)),
    )  # fmt: skip


def model_words(facts: ModelFacts) -> str:
    """A model in a sentence: `the built-in demonstration model (world seed 0)`."""
    source = facts.source
    if source.kind == "builtin":
        return f"{BUILTIN.get(source.location, source.location)} (world seed {source.seed})"
    if source.kind == "hub":
        return f"{source.location} at commit {(source.revision or MISSING)[:12]}"
    return f"{source.location} (sha256 {(source.digest or MISSING)[:12]})"


def data_words(facts: DataFacts) -> str:
    """Data in a sentence: `my.jsonl, 1,000 rows`."""
    source = facts.source
    name = PARTS.get(source.location, source.location) if source.kind == "builtin" else source.location
    return name if facts.rows is None else f"{name}, {plural(facts.rows.examples, 'example')}"


def completions(facts: RunFacts) -> str:
    """How completions were made, in words."""
    made = facts.generation
    heat = "greedy (temperature 0)" if made.temperature == 0 else f"temperature {made.temperature:g}, seed {made.seed}"
    prompt = "" if made.system_prompt is None else f", after the system prompt “{made.system_prompt}”"
    return (
        f"{made.backend}, {heat}, at most {plural(made.max_new_tokens, 'new token')} "
        f"in a context of {made.max_model_len:,}, weights as {made.dtype}{prompt}"
    )


def _unknown(role: str) -> tuple[SourceRow, ...]:
    return (SourceRow(role=role, location=MISSING, known_by="", identity="", details=()),)


def _model(facts: ModelFacts) -> SourceRow:
    source, found = facts.source, facts.checkpoint
    details = [f"world seed {source.seed}"] if source.kind == "builtin" else []
    if found is not None:
        kind = "LoRA adapter of " if found.kind == "adapter" else ""
        details += [
            f"{kind}{found.architecture}, {plural(found.parameters, 'parameter')}, "
            f"{plural(found.layers, 'layer')}, {found.dtype}",
            f"weights, config and tokenizer: sha256 {found.digest}",
        ]
    if source.trust_remote_code:
        details.append("runs code of the repository")
    return _row(source, role=facts.role, name=BUILTIN.get(source.location, source.location), details=details)


def _data(sources: Sequence[DataFacts]) -> Iterator[SourceRow]:
    for facts in sources:
        source, rows = facts.source, facts.rows
        details = [f"split {source.split}"] if source.kind == "hub" else []
        details += [MISSING + ": its rows"] if rows is None else [
            f"{plural(rows.rows, 'row')} used, {plural(rows.examples, 'example')} kept"
            f"{f', {rows.empty:,} blank ones dropped' if rows.empty else ''}",
            f"form {rows.format}",
        ]  # fmt: skip
        if source.limit is not None or source.share is not None:
            share = f"{(source.share or 0) * 100:g} % of the mixture"
            part = share if source.limit is None else plural(source.limit, "row")
            details.append(f"at most {part}, drawn by seed {source.seed}")
        yield _row(source, role=facts.role, name=PARTS.get(source.location, source.location), details=details)


def _row(source: ModelSource | DatasetSource, *, role: str, name: str, details: Sequence[str]) -> SourceRow:
    known = "revision" if source.revision else "code" if source.kind == "builtin" else "digest"
    identity = source.revision or source.digest or ""
    return SourceRow.model_validate(
        {
            "role": role,
            "location": name if source.kind == "builtin" else source.location,
            "known_by": known if identity else "",
            "identity": identity,
            "details": tuple(details),
        }
    )


def _task(card: TaskCard, facts: TaskFacts | None) -> TaskRow:
    data, revision = MISSING, MISSING
    if facts is not None:
        named = {"builtin": "the built-in world", "lm_eval": f"as lm-eval’s {facts.location} loads them"}
        data = named.get(facts.kind, facts.location)
        data += "" if facts.subset is None else f", subset {facts.subset}"
        data += "" if facts.limit is None else f", {facts.limit:,} prompts at most"
        revision = facts.revision or (MISSING if facts.kind == "lm_eval" else "by the digest")
    return TaskRow(
        name=card.name, version=card.version, source=card.source, licence=card.licence, data=data, revision=revision,
        digest=card.digest if facts is None else facts.digest,
    )  # fmt: skip


def _machine(m: Manifest) -> tuple[tuple[str, str], ...]:
    named = (("Hardware", m.hardware), ("Processor", m.processor), ("System", m.system), ("Python", m.python))
    return tuple((name, value or MISSING) for name, value in named)


def _code(m: Manifest) -> str:
    version = f"benign-ift-harness {m.harness_version}"
    if not m.git_commit:
        return f"{version}, outside a git checkout"
    commit = m.git_commit.removesuffix(DIRTY)
    changed = ", with changes in the work tree that no commit holds" if m.git_commit.endswith(DIRTY) else ""
    return f"{version}, commit {commit}{changed}"


def made_words(manifest: Manifest) -> str:
    """`in 10 s; its stages took 1.8 h, 178 of 179 made before`."""
    took = f"in {duration(manifest.seconds)}"
    if not manifest.stages:
        return took
    total = duration(sum(stage.seconds for stage in manifest.stages))
    before = sum(stage.reused for stage in manifest.stages)
    made = f", {before:,} of {len(manifest.stages):,} made before" if before else ", all made in this run"
    return f"{took}; its stages took {total}{made}"


def _steps(m: Manifest, facts: RunFacts | None) -> Iterator[str]:
    commit = m.git_commit.removesuffix(DIRTY)
    if commit:
        yield f"git checkout {shlex.quote(commit)}"
    pins = () if facts is None else facts.pins
    yield shlex.join(["harness", "run", "config.yaml", *(part for pin in pins for part in ("--set", pin))])


def _cautions(m: Manifest, facts: RunFacts | None) -> Iterator[str]:
    if m.git_commit.endswith(DIRTY):
        yield "The work tree had changes that no commit holds, so the code itself is not known by its commit."
    if not m.git_commit:
        yield "The harness did not run from a git checkout: install the version named above."
    if facts is None:
        yield "Which revisions of models and data were used was not recorded with this report."
        return
    if facts.loose:
        yield f"No option pins these sources on the hub, which may have moved on since: {', '.join(facts.loose)}."
    if any(t.kind == "lm_eval" for t in facts.tasks):
        yield "lm-eval’s own tasks load their rows in a revision of lm-eval’s choice, which is not recorded."
    if any("base_url" in j.settings for j in facts.judges):
        yield "A model behind an endpoint may change unseen."
