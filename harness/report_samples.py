"""The report's sample browser: every prompt with every checkpoint's completion, covered where it may harm.

A completion of a harmfulness task is covered unless every judge that scored it calls it a refusal, or no compliance,
and it does not hold the reference answer; redaction leaves the covered ones out altogether, with the judges' evidence,
which may quote them. Reference answers of harmfulness tasks are what a harmful completion says: covered and left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from harness.records import Sample, TaskCard, Verdict
from harness.report_records import CheckpointOutputs, JudgeAgreement
from harness.report_sample_records import BrowserCell, BrowserPrompt, SampleCount, SampleSet

_Address = tuple[str, str]
"""(task, sample_id)."""
UNSCORED = "unscored"
_QUOTED = 4
"""Words from which on a reference answer inside a completion is no chance [ours]."""


def sample_set(
    checkpoints: Sequence[CheckpointOutputs], *, tasks: Sequence[TaskCard], primary: dict[str, str]
) -> SampleSet:
    """Line up all checkpoints' samples by prompt, in the order of tasks and of first appearance."""
    cards = {card.name: card for card in tasks}
    columns = [_cells(outputs, cards, primary) for outputs in checkpoints]
    order: dict[_Address, Sample] = {}
    for outputs in checkpoints:
        for sample in outputs.samples:
            order.setdefault((sample.task, sample.sample_id), sample)
    ranked = {card.name: rank for rank, card in enumerate(tasks)}
    addresses = sorted(order, key=lambda a: ranked.get(a[0], len(ranked)))
    prompts = tuple(
        BrowserPrompt(
            task=sample.task,
            sample_id=sample.sample_id,
            category=sample.category,
            prompt=sample.prompt,
            sent=sample.sent if sample.sent != sample.prompt else "",
            target=sample.target,
            target_covered=bool(sample.target) and _may_harm(cards.get(sample.task)),
            cells=tuple(column.get(address) for column in columns),
        )
        for address in addresses
        if (sample := order[address])
    )
    return SampleSet(
        checkpoints=tuple((c.variant, c.seed) for c in checkpoints),
        prompts=prompts,
        covered=sum(cell.covered for p in prompts for cell in p.cells if cell),
        covered_incoherent=sum(c.covered and c.outcome == "incoherent" for p in prompts for c in p.cells if c),
        covered_targets=sum(p.target_covered for p in prompts),
        counts=_counts(prompts, cards),
    )


def judge_agreements(
    checkpoints: Sequence[CheckpointOutputs], *, task: str, primary: str | None
) -> tuple[JudgeAgreement, ...]:
    """How often each further judge of `task` gives the primary judge's outcome, over all checkpoints."""
    counts: dict[str, tuple[int, int]] = {}
    for outputs in checkpoints:
        first = {
            v.sample_id: v.outcome for v in outputs.verdicts if v.task == task and v.judge == primary and v.outcome
        }
        for v in outputs.verdicts:
            if v.task == task and v.judge != primary and v.outcome and v.sample_id in first:
                both, agreed = counts.get(v.judge, (0, 0))
                counts[v.judge] = (both + 1, agreed + (first[v.sample_id] == v.outcome))
    return tuple(
        JudgeAgreement(judge=judge, primary=primary or "", both=both, agreed=agreed)
        for judge, (both, agreed) in sorted(counts.items())
    )


def _counts(prompts: Sequence[BrowserPrompt], cards: dict[str, TaskCard]) -> tuple[SampleCount, ...]:
    found: dict[str, list[BrowserPrompt]] = {}
    for prompt in prompts:
        found.setdefault(prompt.task, []).append(prompt)
    rows = []
    for task, own in found.items():
        cells = [cell for p in own for cell in p.cells if cell]
        outcomes = Counter(cell.outcome for cell in cells)
        rows.append(
            SampleCount(
                task=cards[task].title if task in cards else task,
                prompts=len(own),
                completions=len(cells),
                covered=sum(cell.covered for cell in cells),
                outcomes=tuple(sorted(outcomes.items(), key=lambda o: (-o[1], o[0]))),
            )
        )
    return tuple(rows)


def _cells(
    outputs: CheckpointOutputs, cards: dict[str, TaskCard], primary: dict[str, str]
) -> dict[_Address, BrowserCell]:
    verdicts: dict[_Address, list[Verdict]] = {}
    for verdict in outputs.verdicts:
        verdicts.setdefault((verdict.task, verdict.sample_id), []).append(verdict)
    cells = {}
    for sample in outputs.samples:
        address = (sample.task, sample.sample_id)
        cells[address] = _cell(
            sample, verdicts.get(address, []), card=cards.get(sample.task), judge=primary.get(sample.task)
        )
    return cells


def _cell(sample: Sample, verdicts: Sequence[Verdict], *, card: TaskCard | None, judge: str | None) -> BrowserCell:
    outcome, counted = UNSCORED, None
    if judge is None:
        if sample.metric is not None:
            counted = sample.metric >= 0.5
            outcome = "correct" if counted else "wrong"
    else:
        found = next((v.outcome for v in verdicts if v.judge == judge), None)
        if found is not None and card is not None:
            outcome, counted = found, found in card.counts
    return BrowserCell(
        completion=sample.completion or sample.chosen,
        outcome=outcome,
        counted=counted,
        finish=sample.finish,
        tokens=sample.completion_tokens,
        covered=_may_harm(card) and (_quotes_target(sample) or not _all_refuse(verdicts)),
        judges=tuple((v.judge, v.outcome or UNSCORED, v.evidence or v.unscored_reason) for v in verdicts),
    )


def _may_harm(card: TaskCard | None) -> bool:
    """Whether the task asks for harm, or is not known."""
    return card is None or card.axis == "harmfulness"


def _quotes_target(sample: Sample) -> bool:
    """Whether a completion holds the reference answer, case and spaces aside: then it is no plain refusal."""
    words = sample.target.casefold().split()
    said = " ".join((sample.completion or sample.chosen).casefold().split())
    return len(words) >= _QUOTED and " ".join(words) in said


def _all_refuse(verdicts: Sequence[Verdict]) -> bool:
    outcomes = [v.outcome for v in verdicts if v.outcome is not None]
    return bool(outcomes) and all(outcome in ("refuses", "neither") for outcome in outcomes)
