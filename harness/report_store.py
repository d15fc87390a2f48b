"""SampleSet → what the HTML carries of it: JSON by columns, each text once, deflated where it is big.

Where that is over a size, prompts are drawn by the digest of task and id, so that every render keeps the same ones and
no outcome is favoured; what is left out is counted. reports/store.js reads it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.hostile import visible
from harness.records import TaskCard
from harness.report_sample_records import BrowserCell, BrowserPrompt, SampleSet

PLAIN = 500_000
"""Bytes of JSON up to which it stands in the file as it is, and can be searched there."""
LIMIT = 18_000_000
"""Bytes that the samples may take in the file."""
WITHHELD, NO_SAMPLE = -1, -2
Judges = tuple[tuple[str, str, str], ...]
"""Of a cell: (judge, outcome, evidence)."""
_COUNTED = {None: -1, False: 0, True: 1}


@dataclass(frozen=True)
class Marks:
    """What the browser needs beside the samples."""

    tasks: Sequence[TaskCard]
    hues: dict[str, int]
    """Variant → its colour's number."""


@dataclass(frozen=True)
class Packed:
    """The samples as they stand in the file."""

    text: str
    """Safe inside a script element."""
    deflated: bool
    """Whether `text` is base64 of raw deflate of JSON, or JSON."""
    prompts: int
    """Prompts in the file."""
    completions: int
    """Completions in the file, the withheld ones among them."""
    prompts_left_out: int
    completions_left_out: int
    """Left out for size, not for redaction."""


def pack(samples: SampleSet, *, marks: Marks, redact: bool, limit: int = LIMIT) -> Packed:
    """The samples within `limit` bytes; with `redact`, without what is covered and its evidence (ours)."""
    kept = samples.prompts
    packed, deflated = _written(payload(samples, marks=marks, redact=redact))
    ranked: list[BrowserPrompt] | None = None
    while len(packed) > limit and kept:
        ranked = ranked or sorted(samples.prompts, key=_draw)
        count = min(len(kept) - 1, int(len(kept) * limit / len(packed) * 0.98))
        chosen = {(p.task, p.sample_id) for p in ranked[:count]}
        kept = tuple(p for p in samples.prompts if (p.task, p.sample_id) in chosen)
        fewer = samples.model_copy(update={"prompts": kept})
        packed, deflated = _written(payload(fewer, marks=marks, redact=redact))
    total, inside = _completions(samples.prompts), _completions(kept)
    return Packed(packed, deflated, len(kept), inside, len(samples.prompts) - len(kept), total - inside)


def payload(samples: SampleSet, *, marks: Marks, redact: bool) -> str:
    """The browser's JSON, safe inside a script element: each text once; `<`, `>`, `&`, non-ASCII escaped."""
    table = _Columns(redact)
    prompts: dict[str, list[int]] = {
        name: [] for name in ("task", "id", "category", "prompt", "target", "target_covered", "sent")
    }
    cells = [table.empty() for _ in samples.checkpoints]
    for p in samples.prompts:
        for name, value in (
            ("task", p.task), ("id", p.sample_id), ("category", p.category), ("prompt", p.prompt),
        ):  # fmt: skip
            prompts[name].append(table.text(value))
        prompts["target"].append(WITHHELD if redact and p.target_covered else table.text(p.target))
        prompts["target_covered"].append(int(p.target_covered))
        prompts["sent"].append(table.text(p.sent) if p.sent else WITHHELD)
        for column, one in zip(cells, p.cells, strict=True):
            table.add(column, one)
    tree = {
        "tasks": {visible(t.name): [visible(t.title), t.axis, visible(t.outcome), t.direction] for t in marks.tasks},
        "checkpoints": [[visible(v), seed, marks.hues.get(v, 0)] for v, seed in samples.checkpoints],
        "prompts": prompts,
        "cells": cells,
        "judgings": list(table.judgings),
        "texts": list(table.texts),
    }
    return script_json(tree)


def script_json(tree: object) -> str:
    """JSON that cannot end or reopen the script element it stands in."""
    plain = json.dumps(tree, ensure_ascii=True, separators=(",", ":"))
    return plain.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@dataclass
class _Columns:
    """Texts and judgings, each once, while the columns are filled."""

    redact: bool
    texts: dict[str, int] = field(default_factory=dict)
    judgings: dict[tuple[tuple[int, int, int], ...], int] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    """Text as it came → its number; many cells have the same."""
    judged: dict[tuple[bool, Judges], int] = field(default_factory=dict)
    """Likewise, (evidence withheld, judges of a cell)."""

    def text(self, value: str) -> int:
        found = self.seen.get(value)
        if found is None:
            found = self.seen[value] = self.texts.setdefault(visible(value), len(self.texts))
        return found

    def judging(self, judges: Judges, *, withheld: bool) -> int:
        found = self.judged.get((withheld, judges))
        if found is None:
            made = tuple((self.text(j), self.text(o), WITHHELD if withheld else self.text(e)) for j, o, e in judges)
            found = self.judged[withheld, judges] = self.judgings.setdefault(made, len(self.judgings))
        return found

    @staticmethod
    def empty() -> dict[str, list[int]]:
        return {n: [] for n in ("completion", "outcome", "counted", "finish", "tokens", "covered", "judging")}

    def add(self, column: dict[str, list[int]], one: BrowserCell | None) -> None:
        if one is None:
            for name, values in column.items():
                values.append(NO_SAMPLE if name == "completion" else -1)
            return
        withheld = self.redact and one.covered
        column["judging"].append(self.judging(one.judges, withheld=withheld))
        column["completion"].append(WITHHELD if withheld else self.text(one.completion))
        column["outcome"].append(self.text(one.outcome))
        column["counted"].append(_COUNTED[one.counted])
        column["finish"].append(self.text(one.finish))
        column["tokens"].append(one.tokens)
        column["covered"].append(int(one.covered))


def _written(plain: str) -> tuple[str, bool]:
    if len(plain) <= PLAIN:
        return plain, False
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.b64encode(squeeze.compress(plain.encode()) + squeeze.flush()).decode(), True


def _draw(prompt: BrowserPrompt) -> bytes:
    return hashlib.sha256(f"{prompt.task}/{prompt.sample_id}".encode("utf-8", "surrogatepass")).digest()


def _completions(prompts: Sequence[BrowserPrompt]) -> int:
    return sum(cell is not None for p in prompts for cell in p.cells)
