"""Where judges of one completion differ: counts, and the first of them, covered where they may harm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from harness.hostile import one_line
from harness.records import TaskCard
from harness.report_judges_records import Disagreement, DisagreementSample, DisagreementView, Split
from harness.report_sample_records import BrowserCell, BrowserPrompt, SampleSet
from harness.report_samples import UNSCORED

LISTED = 8
"""Prompts shown of each disagreement, with one completion."""
OPENING = 140
"""Characters of a text that are shown."""
PANEL_SPLIT = "split: "
"""Opens a panel's evidence where its members did not agree (judges/panel.py)."""
PANEL_AGREED = "agreed: "
MEMBERS = ""
"""Second of a disagreement within a panel."""


@dataclass
class _Tally:
    both: int = 0
    splits: Counter[tuple[str, str]] = field(default_factory=Counter)
    prompts: Counter[str] = field(default_factory=Counter)
    """Completions that they differ on, by sample."""
    samples: list[DisagreementSample] = field(default_factory=list)
    """The first of each prompt."""

    @property
    def differ(self) -> int:
        return self.splits.total()


def disagreements(
    samples: SampleSet, *, tasks: Sequence[TaskCard], primary: Mapping[str, str]
) -> tuple[DisagreementView, ...]:
    """By task, judge that scores and other judge; where nobody differed the counts stand alone."""
    titles = {card.name: card.title for card in tasks}
    found: dict[tuple[str, str, str], _Tally] = {}
    for prompt in samples.prompts:
        for (variant, seed), cell in zip(samples.checkpoints, prompt.cells, strict=True):
            for first, second, outcomes in _pairs(cell, primary.get(prompt.task)) if cell else ():
                tally = found.setdefault((prompt.task, first, second), _Tally())
                tally.both += 1
                if outcomes is not None and cell is not None:
                    tally.splits[outcomes] += 1
                    tally.prompts[prompt.sample_id] += 1
                    if tally.prompts[prompt.sample_id] == 1 and len(tally.samples) < LISTED:
                        tally.samples.append(_sample(prompt, cell, variant, seed))
    return tuple(_view(titles.get(task, task), first, second, t) for (task, first, second), t in found.items())


def _pairs(cell: BrowserCell, judge: str | None) -> Iterator[tuple[str, str, tuple[str, str] | None]]:
    """(first, second, their outcomes where they differ) of all that stands side by side in a cell."""
    said = [(name, outcome) for name, outcome, _ in cell.judges]
    own = next((outcome for name, outcome in said if name == judge), UNSCORED)
    for name, outcome in said:
        if judge is not None and name != judge and UNSCORED not in (own, outcome):
            yield judge, name, None if own == outcome else (own, outcome)
    for name, outcome, evidence in cell.judges:
        if name == "panel" and evidence.startswith((PANEL_SPLIT, PANEL_AGREED)):
            yield name, MEMBERS, (outcome, "") if evidence.startswith(PANEL_SPLIT) else None


def _sample(prompt: BrowserPrompt, cell: BrowserCell, variant: str, seed: int | None) -> DisagreementSample:
    address = "/".join(quote(part, safe="", errors="replace") for part in (prompt.task, prompt.sample_id, variant))
    return DisagreementSample(
        link=f"#sample={address}",
        sample_id=prompt.sample_id,
        variant=variant,
        seed=seed,
        outcomes=tuple((name, outcome) for name, outcome, _ in cell.judges),
        prompt=opening(prompt.prompt),
        completion="" if cell.covered else opening(cell.completion),
        covered=cell.covered,
    )


def opening(text: str) -> str:
    """The beginning of a text on one line, with a mark where it goes on."""
    line = one_line(text[: 4 * OPENING])
    return line if len(line) <= OPENING and len(text) <= 4 * OPENING else f"{line[:OPENING].rstrip()}…"


def _view(task: str, first: str, second: str, tally: _Tally) -> DisagreementView:
    splits = [Split(first=a, second=b, count=count) for (a, b), count in tally.splits.most_common()]
    return DisagreementView(
        counts=Disagreement(
            task=task,
            first=first,
            second=second,
            both=tally.both,
            differ=tally.differ,
            prompts=len(tally.prompts),
            splits=tuple(splits) if second != MEMBERS else (),
        ),
        samples=tuple(s.model_copy(update={"more": tally.prompts[s.sample_id] - 1}) for s in tally.samples),
    )
