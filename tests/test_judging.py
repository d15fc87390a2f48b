"""Judges' settings and the digest of all that a verdict hangs on."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import refusal_phrases, tasks
from harness.digests import digest_file
from harness.errors import ConfigError, PluginError
from harness.judging import settings_of, source_digest
from harness.text_fit import fit
from tests import labelled


def write_model(path: Path, *, upto: int) -> Path:
    rows = labelled.rows()[36 - upto : 36 + upto]
    flags = [label == "complies" for _, _, label in rows]
    made = fit([c for _, c, _ in rows], flags, prompts=[p for p, _, _ in rows], digest="0")
    path.write_text(made.model_dump_json())
    return path


@pytest.mark.parametrize(
    ("judge", "given", "words"),
    [
        ("refusal", {"floor": 1}, "x: judge refusal: floor: unknown setting; it takes no settings"),
        ("learned", {}, "x: judge learned: model: is required; it takes model, threshold"),
        ("learned", {"model": "m", "treshold": 1}, r"unknown setting; did you mean 'threshold'\?"),
        ("learned", {"model": "m", "threshold": 2}, "threshold: Input should be less than 1"),
    ],
)
def test_settings_that_a_judge_does_not_take_are_one_line(judge: str, given: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        settings_of(judge, given, where="x")


def test_an_unknown_judge_is_named() -> None:
    with pytest.raises(PluginError, match="did you mean 'refusal'"):
        settings_of("refusl", {}, where="x")


def test_the_digest_holds_the_tables_of_the_refusal_rules() -> None:
    digest = source_digest("refusal", settings_of("refusal", {}, where="x"))
    assert digest_file(Path(refusal_phrases.__file__)) in digest.split("+")


def test_a_changed_model_changes_the_digest(tmp_path: Path) -> None:
    settings = settings_of("learned", {"model": str(write_model(tmp_path / "m.json", upto=36))}, where="x")
    first = source_digest("learned", settings)
    assert first == source_digest("learned", settings)
    write_model(tmp_path / "m.json", upto=33)
    assert first != source_digest("learned", settings)


def test_the_worlds_judge_hangs_on_the_world(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of("world", {}, where="x")
    before = source_digest("world", settings)
    monkeypatch.setattr(tasks, "builtin_digest", lambda: "other")
    assert before != source_digest("world", settings)
