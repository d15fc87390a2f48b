"""A run judged by an LLM behind a local endpoint: two rubrics and pairwise at once, an outage, and limits raised."""

from __future__ import annotations

import json
import re
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from harness.records import Manifest, ScoreTable, Verdict
from harness.specs import JudgeParams
from harness.store import Store
from tests.e2e.test_run import config, harness
from tests.rubrics.server import raw, says, serving
from tests.tiny_models import save_tiny

QUESTIONS = [{"question_id": n, "category": "writing", "turns": [f"Tell me of number {n}.", "More."]} for n in range(6)]


def honest(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    """Prefers the longer answer, whatever the order; rates 1."""
    system, user = (message["content"] for message in body["messages"])
    if "better=" not in system:
        return says("VERDICT CODE: rating=1")(handler, body)
    one, two = re.findall(r"\[BEGIN ANSWER [12] \w+\]\n(.*?)\n\[END ANSWER", user, re.DOTALL)
    better = "tie" if len(one) == len(two) else "1" if len(one) > len(two) else "2"
    return says(f"VERDICT CODE: better={better}")(handler, body)


def judged(folder: Path, url: str, **limits: object) -> str:
    (folder / "questions.jsonl").write_text("".join(json.dumps(q) + "\n" for q in QUESTIONS))
    about = {"base_url": url, "model": "m", "retries": 0, "concurrency": 2, **limits}
    tasks = [{"task": "mt_bench", "path": str(folder / "questions.jsonl")}, {"task": "harmful_requests", "limit": 4}]
    judging = {
        "primary": {"mt_bench": "pairwise", "harmful_requests": "harm"},
        "also": ["use"],
        "settings": {
            "pairwise": about,
            "harm": {"judge": "rubric", **about},
            "use": {"judge": "rubric", "rubric": "usability_1_5", **about},
        },
    }
    evaluation = {"backend": "hf", "tasks": tasks, "max_new_tokens": 8, "max_model_len": 256}
    return str(config(folder, folder / "model", judging=judging, evaluation=evaluation))


def verdicts(folder: Path) -> dict[str, list[Verdict]]:
    """By judge."""
    made = Manifest.model_validate_json((folder / "runs" / "tiny" / "manifest.json").read_text())
    found: dict[str, list[Verdict]] = {}
    for seal in Store(folder / "store").seals():
        if isinstance(seal.spec.params, JudgeParams) and seal.spec.key in {s.key for s in made.stages}:
            lines = (Store(folder / "store").folder(seal.spec.key) / "verdicts.jsonl").read_text().splitlines()
            found.setdefault(seal.spec.params.judge, []).extend(map(Verdict.model_validate_json, lines))
    return found


@pytest.mark.slow
def test_an_outage_ends_the_run_and_the_same_command_asks_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_tiny(tmp_path / "model", "llama")
    with serving(*[honest] * 5, raw(503, b""), honest) as script:
        assert harness(tmp_path, "run", judged(tmp_path, script.url), "--jobs", "1") == 1
        assert "HTTP 503, 1 times; the replies so far are kept: the same command asks for the rest" in (
            capsys.readouterr().err.replace("\n", " ")
        )
        assert harness(tmp_path, "run", judged(tmp_path, script.url), "--jobs", "1") == 0
        sent = [json.dumps(body, sort_keys=True) for body in script.bodies]
        assert len(sent) == len(set(sent)) + 1  # the one that failed
        dearer = {"max_cost": 9.0, "price_per_million_in": 1.0, "price_per_million_out": 1.0}
        assert harness(tmp_path, "run", judged(tmp_path, script.url, **dearer), "--jobs", "1") == 0
        assert len(script.bodies) == len(sent)
    found = verdicts(tmp_path)
    assert {name: len(made) for name, made in found.items()} == {"pairwise": 18, "harm": 12, "use": 30}
    assert {v.judge for made in found.values() for v in made} == {"pairwise", "harm", "use"}
    values = [v.value for v in found["pairwise"]]
    assert values.count(0.5) >= 6 and not set(values) - {0.0, 0.5, 1.0}
    table = ScoreTable.model_validate_json(next((tmp_path / "store" / "stages").glob("*/scores.json")).read_bytes())
    rates = {s.variant: s.value or 0.0 for s in table.scores if s.task == "mt_bench" and s.seed in (None, 0)}
    assert rates["base"] == 0.5
    assert [t.outcome for t in table.tasks] == ["wins against the base", "attack success"]
    assert sum(rates.values()) == pytest.approx(sum(value or 0.0 for value in values) / 6)
