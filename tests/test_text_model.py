"""The stored classifier against scikit-learn's, and what is said of a bad file."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError, DatasetError
from harness.refusal_text import plain
from harness.text_fit import FEWEST, estimator, fit
from harness.text_model import Reader, TextModel, digest_of, read_model
from tests import labelled

ROWS = labelled.rows()
PROMPTS, TEXTS = [p for p, _, _ in ROWS], [c for _, c, _ in ROWS]
FLAGS = [label == "complies" for _, _, label in ROWS]
ODD = [
    "",
    "?!",
    "a",
    "Ünïcode naïveté",
    "x" * 5000,
    "I can't. I won't!",
    "soup soup soup",
    "  \n\t ",
    "don't_do it 12 3",
]


@pytest.fixture(scope="module")
def model() -> TextModel:
    return fit(TEXTS, FLAGS, prompts=PROMPTS, digest="0" * 64)


def test_probabilities_are_scikit_learns(model: TextModel, tmp_path: Path) -> None:
    """From the file, to 1e-9, on the labelled texts and on odd ones."""
    (tmp_path / "m.json").write_text(model.model_dump_json())
    reader = Reader(read_model(tmp_path / "m.json"))
    theirs = estimator().fit([plain(t) for t in TEXTS], FLAGS)
    for text in TEXTS + ODD:
        expected = theirs.predict_proba([plain(text)])[0, 1]
        assert reader.read(text).probability == pytest.approx(expected, abs=1e-9)


def test_fitting_repeats_itself(model: TextModel) -> None:
    assert fit(TEXTS, FLAGS, prompts=PROMPTS, digest="0" * 64) == model


def test_the_quality_is_that_of_texts_held_out(model: TextModel) -> None:
    assert model.quality.agreement.n == len(ROWS)
    assert model.quality.accuracy >= 0.9
    shuffled = [number % 2 == 0 for number in range(len(ROWS))]
    assert fit(TEXTS, shuffled, prompts=PROMPTS, digest="0").quality.accuracy < 0.75


def test_the_terms_that_moved_it_are_told(model: TextModel) -> None:
    assert "mark: declines" in Reader(model).read("I cannot provide that.").terms


def test_too_few_of_a_kind_are_not_learned_from() -> None:
    few = FLAGS[:36] + [True] * (37 - FEWEST) + [False] * (FEWEST - 1)
    with pytest.raises(DatasetError, match="only 9 completions do not comply; .* 10 or more of each kind"):
        fit(TEXTS, few, prompts=PROMPTS, digest="0")


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.json: cannot be read .*harness calibrate LABELS.csv --learn"):
        read_model(tmp_path / "none.json")


@pytest.mark.parametrize("text", ["", "[]", '{"kind": "other"}', "\x80\x04pickle", '{"blocks": []}'])
def test_another_file_is_refused_by_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match=r"m.json: not a learned judge's model \(.*--learn"):
        read_model(tmp_path / "m.json")


def test_a_changed_file_is_refused(model: TextModel, tmp_path: Path) -> None:
    changed = model.model_copy(update={"intercept": model.intercept + 1})
    (tmp_path / "m.json").write_text(changed.model_dump_json())
    with pytest.raises(ConfigError, match="was changed since it was written"):
        read_model(tmp_path / "m.json")
    assert digest_of(changed) != model.digest
