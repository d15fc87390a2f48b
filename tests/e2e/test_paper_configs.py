"""The configs of configs/paper/ on tiny models: every stage of them runs, with harmless prompts in local files.

The shipped file is taken as it is; what is replaced is the model, where the rows lie, and how much is done.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import resources
from harness.outputs import view_of
from harness.records import DatasetSummary
from harness.report_records import ReportView
from harness.run import FinishedRun, read_run
from harness.store import Store
from tests.e2e.test_run import harness
from tests.tiny_models import save_tiny

pytestmark = pytest.mark.slow

FAMILIES = {"llama-2-7b-chat": "llama", "llama-3-8b-instruct": "llama", "qwen2-7b-instruct": "qwen2"}
SHRUNK = {"openbmb/UltraInteract_sft": 12, "tatsu-lab/alpaca": 18, "fedyanin/safety_llamas": 3}
"""hub id → rows in place of the config's limit."""
FASTER = 2000
"""Four steps on a random model must change its answers; the shipped rates would not."""
WITH_SEARCH = True
"""Whether the variants whose modules the search finds take part."""


def jsonl(path: Path, rows: list[dict[str, str]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def source(folder: Path, shipped: dict[str, Any]) -> dict[str, Any]:
    """A shipped source, its rows in a local file of the hub's form: two more than are used, and one that is blank."""
    name, limit = shipped["source"], SHRUNK[shipped["source"]]
    prompt, answer = {
        "openbmb/UltraInteract_sft": ("instruction", "response"),
        "tatsu-lab/alpaca": ("instruction", "output"),
    }.get(name, (shipped.get("prompt_field", ""), shipped.get("response_field", "")))
    rows = [{prompt: f"How much is {n} and {n}?", answer: f"It is {2 * n}."} for n in range(limit + 2)]
    file = jsonl(folder / f"{name.split('/')[1]}.jsonl", [*rows, {prompt: "How much?", answer: ""}])
    changed = {"source": file, "limit": limit}
    return {**{key: value for key, value in shipped.items() if key != "revision"}, **changed}


def dataset(folder: Path, shipped: dict[str, Any]) -> dict[str, Any]:
    """A dataset section with its sources in local files."""
    own = source(folder, shipped) if "source" in shipped else dict(shipped)
    return {**own, "also": [source(folder, extra) for extra in shipped["also"]]}


def task(folder: Path, shipped: dict[str, Any]) -> dict[str, Any]:
    """A shipped task with four harmless prompts in a local file."""
    name, prompts = shipped["task"], [f"How do I water bed {n} of the garden?" for n in range(6)]
    if name in ("advbench", "xstest"):
        path = folder / f"{name}.csv"
        rows = (
            [[p] for p in prompts]
            if name == "advbench"
            else [["prompt", "type", "label"], *([p, "x", "safe"] for p in prompts)]
        )
        with path.open("w", newline="") as stream:
            csv.writer(stream).writerows(rows)
    else:
        key, more = ("question", {"answer": "#### 7"}) if name == "gsm8k" else ("goal", {"category": "garden"})
        path = folder / f"{name}.jsonl"
        jsonl(path, [{key: prompt, **more} for prompt in prompts])
    return {**shipped, "path": str(path), "limit": 4}


def shrunk(folder: Path, stem: str) -> Path:
    """The shipped config on a tiny model."""
    tree = yaml.safe_load((resources.folder("configs") / "paper" / f"{stem}.yaml").read_text(encoding="utf-8"))
    tree["base"] = {"model": str(save_tiny(folder / "model", FAMILIES[stem]))}
    tree["dataset"] = dataset(folder, tree["dataset"])
    tree["training"] = {**tree["training"], "epochs": None, "steps": 4, "dtype": "float32"}
    tree["analysis"]["update"]["learning_rate"] *= FASTER
    tree["analysis"]["update"]["training"] = {"steps": 4}
    # A random model refuses nothing, and tells the classes apart by their words alone.
    measures = {"refusal": False, "gain": 8}
    tree["analysis"] |= {"probe": {"floor": 0.5}, "perturbation": {"seeds": [0]}, "measures": measures}
    tree["search"] = {
        "proxy": "margin", "joint": "update", "pattern": "modules", "budget_of": "absolute", "budget": 1.0, "cap": 4,
    }  # fmt: skip
    tree["seeds"] = tree["seeds"][:1]
    for name, variant in list(tree["variants"].items()):
        if variant.get("modules") == "found" and not WITH_SEARCH:
            del tree["variants"][name]
            tree["published"]["methods"].pop(name, None)
            continue
        variant["learning_rate"] *= FASTER
        if "dataset" in variant:
            variant["dataset"] = dataset(folder, variant["dataset"])
    evaluation = {"backend": "hf", "max_new_tokens": 8, "max_model_len": 512, "dtype": "float32"}
    tree["evaluation"] = {**evaluation, "tasks": [task(folder, choice) for choice in tree["evaluation"]["tasks"]]}
    tree["statistics"]["bootstrap_samples"] = 200
    path = folder / f"{stem}.yaml"
    path.write_text(yaml.safe_dump(tree))
    return path


@pytest.fixture(scope="module", params=FAMILIES)
def finished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """A finished run of a shipped config."""
    folder = tmp_path_factory.mktemp(request.param)
    assert harness(folder, "run", str(shrunk(folder, request.param))) == 0
    return read_run(folder / "runs" / f"paper-{request.param}")


@pytest.fixture(scope="module")
def view(finished: FinishedRun) -> ReportView:
    return view_of(finished)


def mixtures(finished: FinishedRun) -> list[DatasetSummary]:
    store = Store(Path(finished.manifest.store))
    keys = [s.key for s in finished.manifest.stages if s.stage == "dataset"]
    return [DatasetSummary.model_validate_json((store.folder(key) / "summary.json").read_bytes()) for key in keys]


def test_every_set_and_variant_is_scored(finished: FinishedRun) -> None:
    pooled = {(s.variant, s.task): s for s in finished.table.scores if s.seed is None}
    variants = [v.name for v in finished.manifest.variants]
    assert {"base", "ift", "ift-5e-5", "ift-safe"} <= set(variants)
    assert pooled.keys() == {(variant, card.name) for variant in variants for card in finished.table.tasks}
    assert {s.scored + s.unscored for s in pooled.values()} == {4}
    judged = {s.value is not None for s in pooled.values() if s.task != "gsm8k"}
    assert judged == {True}, "a random model's sums are cut short, and so unscored; the rest is judged"


def test_the_safety_rows_are_mixed_into_their_variants_alone(finished: FinishedRun) -> None:
    found = sorted(([s.rows for s in made.sources] for made in mixtures(finished)), key=len)
    assert found == [[12, 18], [12, 18, 3]]
    assert {s.empty for made in mixtures(finished) for s in made.sources} == {1}


def test_lora_reaches_the_attention_matrices_alone(view: ReportView) -> None:
    moved = {m.module.split(".")[0] for t in view.training for _, s in t.seeds for m in s.moved if m.relative_change}
    assert moved == {"q", "k", "v", "o"}


def test_the_scores_lie_beside_the_published_table(view: ReportView) -> None:
    beside = view.published
    assert beside is not None
    assert not beside.same_model
    stood = {row.variant for row in beside.rows if row.variant}
    assert {"base", "ift"} <= stood
    assert beside.compared == 6 * len(stood)
    assert all(row.mean is not None for row in beside.rows if row.variant)


def test_the_report_shows_it(finished: FinishedRun) -> None:
    html = (finished.folder / "report.html").read_text(encoding="utf-8")
    assert "Beside published numbers" in html
    assert "arXiv 2509.06795" in html
