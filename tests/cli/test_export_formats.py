"""`harness export --to`: what axolotl cannot say is told on one line, and TRL takes transformers' snippet."""

from __future__ import annotations

from typing import Any

import pytest

from harness import export_source, run
from harness.cli.app import main
from harness.export import ExportedModules

FOUND = {
    "run": "r", "variant": "ml-lr", "strategy": "ml_lr", "base": "builtin", "base_revision": None, "base_digest": None,
    "search": None, "drift": None, "modules": ("q.0", "norm", "head"), "every": ("embed", "q.0", "norm", "head"),
    "matrices": ("model.layers.0.self_attn.q_proj", "model.norm", "lm_head"), "learning_rate": 4e-4, "rest_ratio": 0.1,
    "weight_decay": 0.0, "lora": False,
}  # fmt: skip


@pytest.fixture(autouse=True)
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose search found norms and the head, as the quickstart's does."""
    made = ExportedModules.model_validate(FOUND)
    monkeypatch.setattr(run, "read_run", lambda folder: None)
    monkeypatch.setattr(export_source, "exported", lambda finished, variant: made)


def exported(capsys: Any, *options: str) -> tuple[str, str]:
    assert main(["export", "r", "--variant", "ml-lr", *options]) == 0
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_one_line_says_what_differs(capsys: pytest.CaptureFixture[str]) -> None:
    text, said = exported(capsys)
    assert "model.layers.0.self_attn.q_proj." in text
    assert said == (
        "not as in the run, at the rest's rate: norm (axolotl gives norms no rate of their own); head (axolotl gives "
        "embed_tokens and lm_head one rate); --to transformers keeps all rates\n"
    )


def test_trl_is_transformers(capsys: pytest.CaptureFixture[str]) -> None:
    assert exported(capsys, "--to", "trl") == exported(capsys, "--to", "transformers")
    assert exported(capsys, "--to", "trl")[1] == ""
