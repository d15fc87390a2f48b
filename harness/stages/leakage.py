"""Stage leakage: is every scored prompt new to what the model is tuned on and the classifier is fitted on?

Writes leakage.json (a Leakage). It needs rows and tasks only, and nothing is trained before it is done. Rows that the
dataset stage will leave out as too long are held against the prompts too. Input: base, whose chat template the tasks
are rendered with.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from harness.analysis.prompts import read_prompts
from harness.chat import load_tokenizer
from harness.errors import DatasetError
from harness.leakage import Passage, ScoredPrompt, find
from harness.leakage_records import Among, CheckedSource, Leakage, Overlap, TaskLeakage
from harness.mixture import read_mixture
from harness.rows import Conversation
from harness.specs import GenerationSettings, LeakageParams, LeakageSettings
from harness.stages import Progress, StageContext
from harness.tasks import card_of
from harness.training.checkpoints import read_checkpoint

FILE = "leakage.json"
KEPT = 200
"""Overlaps that the record lists; all are counted."""
NAMED = 3
"""Overlaps that an error names."""


def run(params: LeakageParams, context: StageContext) -> None:
    """Write leakage.json.

    Raises DatasetError for more prompts that are not new than the settings allow, and for rows that cannot be read;
    TaskError for a task that cannot be.
    """
    prompts = _scored(params, context)
    context.progress(Progress(len(params.tasks), len(params.tasks) + 1, "reading the data"))
    texts: Counter[tuple[Among, str]] = Counter()
    settings = params.settings
    overlaps = find(prompts, _passages(params, texts), near=settings.near, min_words=settings.min_words)
    found = Leakage(
        near=settings.near,
        min_words=settings.min_words,
        allow=settings.allow,
        fail=settings.fail,
        tasks=tuple(_counted(ref.name, prompts, overlaps) for ref in params.tasks),
        sources=tuple(CheckedSource(among=a, source=s, texts=count) for (a, s), count in texts.items()),
        overlaps=overlaps[:KEPT],
    )
    check(found, settings)
    (context.folder / FILE).write_text(found.model_dump_json(indent=1), encoding="utf-8")


def check(found: Leakage, settings: LeakageSettings) -> None:
    """Raise DatasetError, naming the first, where more prompts are not new than the settings allow."""
    if not settings.fail or found.leaked <= settings.allow:
        return
    exact = sum(task.exact for task in found.tasks)
    first = "; ".join(
        f"{o.task} {o.sample_id} in {o.source} {o.place} ({_likeness(o)})" for o in found.overlaps[:NAMED]
    )
    more = f"; and {found.leaked - NAMED} more" if found.leaked > NAMED else ""
    raise DatasetError(
        f"leakage: {found.leaked} of {found.prompts} scored prompts are in the data or the classifier's prompts "
        f"({exact} the same, {found.leaked - exact} nearly; allowed: {settings.allow}): {first}{more}. "
        "Take them out, or set leakage.allow, or leakage.fail: false to go on and have them reported"
    )


def _likeness(overlap: Overlap) -> str:
    return "the same" if overlap.kind == "exact" else f"{overlap.similarity:.0%} alike"


def _counted(task: str, prompts: Sequence[ScoredPrompt], overlaps: Sequence[Overlap]) -> TaskLeakage:
    kinds = Counter(o.kind for o in overlaps if o.task == task)
    asked = sum(prompt.task == task for prompt in prompts)
    return TaskLeakage(task=task, prompts=asked, exact=kinds["exact"], near=kinds["near"])


def _scored(params: LeakageParams, context: StageContext) -> list[ScoredPrompt]:
    """Every task's prompts, as they are asked."""
    from harness.lm import Session

    base = read_checkpoint(context.input("base"))
    tokenizer = load_tokenizer(base.weights, trust_remote_code=base.record.trust_remote_code)
    prompts = []
    for at, ref in enumerate(params.tasks):
        context.progress(Progress(at, len(params.tasks) + 1, f"reading {ref.name}"))
        session = Session([(ref, card_of(ref))], tokenizer, GenerationSettings())
        for text in dict.fromkeys(session.prompts):
            prompts.append(ScoredPrompt(ref.name, hashlib.sha256(text.encode()).hexdigest()[:16], text))
    return prompts


def _passages(params: LeakageParams, texts: Counter[tuple[Among, str]]) -> Iterator[Passage]:
    """Every text once, counted in `texts` by where it is from."""
    for passage in itertools.chain(_rows(params), _classifier(params)):
        texts[passage.among, passage.source] += 1
        yield passage


def _rows(params: LeakageParams) -> Iterator[Passage]:
    """Every turn of the rows that are used, of rows in several mixtures once."""
    seen: set[tuple[str, str]] = set()
    for dataset in params.datasets:
        mixture = read_mixture(dataset)
        for mixed in mixture.rows:
            source = mixture.parts[mixed.part].source.location
            if (source, mixed.row.where) not in seen:
                seen.add((source, mixed.row.where))
                yield from _turns(source, mixed.row)


def _turns(source: str, row: Conversation) -> Iterator[Passage]:
    place = row.where.removeprefix(source).strip()
    for number, message in enumerate(row.messages, start=1):
        where = place if len(row.messages) <= 2 else f"{place}, turn {number}"
        yield Passage("data", source, where, message.content, quotable=message.role == "user")


def _classifier(params: LeakageParams) -> Iterator[Passage]:
    for source in params.prompts:
        for number, prompt in enumerate(read_prompts(source), start=1):
            yield Passage("classifier", f"{source.location} ({source.label})", f"prompt {number}", prompt.text)
