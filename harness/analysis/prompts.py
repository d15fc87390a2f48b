"""The classifier's prompts: read, checked against one another and the scored tasks, split into fitted and held out.

[ours] A prompt may be fitted on, held out, or used out of distribution, once; none may be a prompt of a scored
harmfulness task. Prompts are told apart by digest, after white space and case are evened out.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.analysis_specs import ProbeSettings, PromptSource
from harness.errors import DatasetError

LEAST = 20
"""Held-out prompts of a class under which nothing can be said of it."""


@dataclass(frozen=True)
class ProbePrompt:
    """One prompt, its class, and where it is from."""

    text: str
    harmful: bool
    source: str


@dataclass(frozen=True)
class ProbePrompts:
    """All prompts of an analysis; the three lists share none."""

    fitted: tuple[ProbePrompt, ...]
    held_out: tuple[ProbePrompt, ...]
    elsewhere: tuple[ProbePrompt, ...]
    """Out of distribution."""


def gather(sources: Sequence[PromptSource], elsewhere: Sequence[PromptSource], settings: ProbeSettings) -> ProbePrompts:
    """Read and split.

    Raises DatasetError for a file that cannot be read, a prompt that is in both classes or given twice, and classes
    too small to be held out.
    """
    rows = [prompt for source in sources for prompt in read_prompts(source)]
    others = [prompt for source in elsewhere for prompt in read_prompts(source)]
    _check_once([*rows, *others])
    fitted: list[ProbePrompt] = []
    held_out: list[ProbePrompt] = []
    for group in _groups(rows):
        shuffled = sorted(group, key=lambda p: digest(p.text))
        random.Random(f"probe split {settings.seed}").shuffle(shuffled)
        kept = round(len(shuffled) * settings.held_out)
        held_out += shuffled[:kept]
        fitted += shuffled[kept:]
    for harmful, word in ((True, "harmful"), (False, "benign")):
        for part, use in ((fitted, "fit on"), (held_out, "hold out")):
            count = sum(p.harmful == harmful for p in part)
            if count < LEAST:
                raise DatasetError(f"analysis.prompts.{word}: {count} prompts to {use}; give at least {LEAST} for each")
    return ProbePrompts(tuple(fitted), tuple(held_out), tuple(others))


def check_apart(prompts: ProbePrompts, task: str, scored: Iterable[str]) -> None:
    """Raise DatasetError where a prompt of the classifier is one of a scored task's."""
    own = {digest(p.text): p for p in (*prompts.fitted, *prompts.held_out, *prompts.elsewhere)}
    for text in scored:
        found = own.get(digest(text))
        if found is not None:
            raise DatasetError(
                f"{found.source}: the prompt {found.text[:60]!r} is scored by the task {task}; "
                "the classifier's prompts must not be scored"
            )


def digest(text: str) -> str:
    """sha256 of a prompt, white space and case evened out."""
    return hashlib.sha256(" ".join(text.lower().split()).encode()).hexdigest()


def _groups(rows: Sequence[ProbePrompt]) -> list[list[ProbePrompt]]:
    """By source and class, in the order of the config."""
    groups: dict[tuple[str, bool], list[ProbePrompt]] = {}
    for row in rows:
        groups.setdefault((row.source, row.harmful), []).append(row)
    return list(groups.values())


def _check_once(rows: Sequence[ProbePrompt]) -> None:
    seen: dict[str, ProbePrompt] = {}
    for row in rows:
        first = seen.setdefault(digest(row.text), row)
        if first is not row:
            raise DatasetError(
                f"{row.source}: the prompt {row.text[:60]!r} is given twice (first in {first.source}); "
                "each prompt is used once"
            )


def read_prompts(source: PromptSource) -> list[ProbePrompt]:
    """One source's prompts, unchecked. Raises TaskError for a file that cannot be read."""
    texts = _builtin(source) if source.location.partition(":")[0] == "builtin" else _file(source.location)
    return [ProbePrompt(text, source.label == "harmful", Path(source.location).name) for text in texts]


def _builtin(source: PromptSource) -> list[str]:
    from harness.builtin.world import build_world

    world = build_world()
    parts = {
        ("harmful", "builtin"): world.probe_harmful,
        ("benign", "builtin"): world.probe_benign,
        ("harmful", "builtin:new_frames"): world.probe_harmful_new_frames,
        ("benign", "builtin:new_frames"): world.probe_benign_new_frames,
        ("benign", "builtin:borderline"): world.probe_borderline,
    }
    return [exchange.prompt for exchange in parts[source.label, source.location]]


def _file(path: str) -> list[str]:
    from harness.task_rows import attack_prompts

    return [row["prompt"] for row in attack_prompts(path, task="analysis.prompts")]
