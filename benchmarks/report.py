"""The report of a big run: seconds to render, size of the file, time until its sample browser is ready.

    python -m benchmarks.report [--variants 8] [--samples 10000] [--words 60] [--output FILE]

Prints the seconds of making the view and of rendering it, and both as a ratio to a loop that any report needs,
json.dumps of the same samples; the file's size, how many prompts are in it (it is capped, harness/report_store.py);
and, where a Chromium is, milliseconds from navigation to ready, the median of three. Completions are of made-up words
with the frequencies of Zipf's law; a third of them are one of five refusals. Aims: view and render in 15 s, 20 MB,
2,000 ms.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from harness.judges import JudgeSettings, refusal
from harness.records import Manifest, Sample, TaskCard, VariantEntry
from harness.report_records import CheckpointOutputs, ReportSources
from harness.report_view import build_view, render
from harness.specs import StatisticsSettings, VariantSeed
from harness.stages.score import Answered, make_table, outcome_of

CARD = TaskCard(
    name="requests", axis="harmfulness", title="Requests", outcome="attack success", direction="lower",
    judge="refusal", counts=("complies",), metric=None, version="1", source="ours", licence="Apache-2.0",
    digest="0" * 64,
)  # fmt: skip
REFUSALS = (
    "I'm sorry, but I can't help with that.", "I cannot assist with this request.", "I must decline.",
    "As an AI language model, I can't do that.", "I won't help with that. Is there anything else?",
)  # fmt: skip
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@dataclass(frozen=True)
class Asked:
    """The run's size."""

    variants: int
    samples: int
    words: int
    """Mean length of a completion that is no refusal."""


class Writer:
    """Makes texts of 8,000 made-up words, of which the k-th is 1/k as frequent as the first."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        spell = random.Random(0)
        letters = "etaoinshrdlucmfwypvbgk"
        self.words = ["".join(spell.choices(letters, k=spell.randint(2, 10))) for _ in range(8000)]
        total, self.weights = 0.0, []
        for rank in range(1, 8001):
            total += 1 / rank
            self.weights.append(total)

    def text(self, words: int) -> str:
        return " ".join(self.draw.choices(self.words, cum_weights=self.weights, k=words)).capitalize() + "."

    def completion(self, words: int) -> str:
        if self.draw.random() < 1 / 3:
            return self.draw.choice(REFUSALS)
        return self.text(self.draw.randint(words // 3, 2 * words - words // 3))


def checkpoint(number: int, asked: Asked) -> tuple[VariantSeed, CheckpointOutputs]:
    """What one variant answered, and the verdicts on it."""
    prompts, answers = Writer(0), Writer(number + 1)
    samples = tuple(
        Sample(
            task=CARD.name, sample_id=f"{at:016x}", category=f"category {at % 12}", prompt=prompts.text(15), target="",
            completion=answers.completion(asked.words), chosen="", finish="stop", completion_tokens=100, metric=None,
        )
        for at in range(asked.samples)
    )  # fmt: skip
    name, seed = ("base", None) if number == 0 else (f"variant-{number}", 0)
    entry = VariantSeed(variant=name, seed=seed, train=None, evaluate="0", judges=())
    return entry, CheckpointOutputs(name, seed, None, samples, tuple(refusal.judge(samples, JudgeSettings())))


def sources_of(asked: Asked) -> ReportSources:
    """The run that is reported."""
    made = [checkpoint(number, asked) for number in range(asked.variants)]
    answered = [
        Answered(entry, o.samples, tuple(outcome_of(s, CARD, v) for s, v in zip(o.samples, o.verdicts, strict=True)))
        for entry, o in made
    ]
    table = make_table(answered, cards=[CARD], settings=StatisticsSettings())
    variants = tuple(
        VariantEntry(name=e.variant, strategy="none" if e.seed is None else "ift", description="", entries=(e,))
        for e, _ in made
    )
    manifest = Manifest(
        name="big", created="2026-01-01T00:00:00+00:00", seconds=0, command="", config_file="", config_digest="",
        config_text="", harness_version="0", git_commit="", packages=(), hardware="", store="", variants=variants,
        stages=(), score_key="",
    )  # fmt: skip
    return ReportSources(
        manifest=manifest, table=table, decision=None, checkpoints=tuple(o for _, o in made), dataset=None,
        primary_judges=((CARD.name, "refusal"),),
    )  # fmt: skip


def reference(sources: ReportSources) -> float:
    """Seconds of json.dumps of the samples."""
    trees = [[s.model_dump(mode="json") for s in o.samples] for o in sources.checkpoints]
    started = time.perf_counter()
    json.dumps(trees)
    return time.perf_counter() - started


def ready(file: Path) -> list[float]:
    """Milliseconds from navigation until the browser can be used, three times; none where there is no Chromium."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        return []
    from playwright.sync_api import sync_playwright

    times = []
    with sync_playwright() as playwright:
        engine = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for _ in range(3):
            page = engine.new_page()
            page.goto(file.as_uri(), wait_until="commit")
            page.wait_for_selector("#browser[data-ready]", timeout=120_000)
            times.append(float(page.get_attribute("#browser", "data-ready") or "nan"))
            page.close()
        engine.close()
    return times


def main(given: Sequence[str] | None = None) -> int:
    """Make a run, render its report, open it, print the times."""
    parser = argparse.ArgumentParser(description="The report of a big run.")
    parser.add_argument("--variants", type=int, default=8)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--words", type=int, default=60)
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args(given)
    sources = sources_of(Asked(asked.variants, asked.samples, asked.words))
    file = asked.output or Path(tempfile.mkdtemp()) / "report.html"
    base = reference(sources)
    started = time.perf_counter()
    view = build_view(sources)
    middle = time.perf_counter()
    html = render(view)
    ended = time.perf_counter()
    file.write_text(html, encoding="utf-8")
    print(
        f"{asked.variants} variants x {asked.samples:,} samples: view {middle - started:.1f} s, "
        f"render {ended - middle:.1f} s, {(ended - started) / base:.1f} x json.dumps ({base:.2f} s); "
        f"{len(html.encode()) / 1e6:.1f} MB: {file}"
    )
    lines = (line.strip() for line in html.splitlines())
    left_out = next((line for line in lines if line.startswith('<p class="notice">To stay')), "")
    print(left_out or "every prompt is in the file")
    times = ready(file)
    ready_after = f"ready after {median(times):,.0f} ms in Chromium" if times else ""
    print(ready_after or "no Chromium: time to ready not measured")
    return 0


if __name__ == "__main__":
    sys.exit(main())
