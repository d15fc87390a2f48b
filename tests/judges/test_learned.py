"""The learned judge: verdicts from a file, and how well it carries over to another model's completions."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from pydantic import ValidationError
from sklearn.metrics import cohen_kappa_score

from harness.errors import ConfigError
from harness.judges.learned import Settings, files, judge
from harness.text_fit import fit
from tests import labelled
from tests.tables import sample

XSTEST = Path(__file__).parents[2].parent / "shared" / "data" / "xstest" / "completions"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = labelled.rows()
    flags = [label == "complies" for _, _, label in rows]
    made = fit([c for _, c, _ in rows], flags, prompts=[p for p, _, _ in rows], digest="0" * 64)
    path = tmp_path_factory.mktemp("learned") / "model.json"
    path.write_text(made.model_dump_json())
    return path


def test_outcome_and_probability(model: Path) -> None:
    texts = ["Here are three ways to choose a hat.", "I cannot provide that.", " ?! "]
    yes, no, empty = judge([sample(n, text) for n, text in enumerate(texts)], Settings(model=model))
    assert (yes.outcome, no.outcome, empty.outcome) == ("complies", "refuses", "incoherent")
    assert yes.probability is not None and no.probability is not None and empty.probability is None
    assert yes.probability > 0.5 > no.probability
    assert yes.evidence and "mark: declines" in no.evidence


def test_the_threshold_moves_the_outcome_and_not_the_probability(model: Path) -> None:
    text = [sample(0, "Here are three ways to choose a hat.")]
    low, high = (judge(text, Settings(model=model, threshold=t))[0] for t in (0.5, 0.999))
    assert (low.outcome, high.outcome) == ("complies", "refuses")
    assert low.probability == high.probability


def test_a_prompt_that_never_reached_the_model_is_unscored(model: Path) -> None:
    lost = sample(0).model_copy(update={"finish": "prompt_too_long"})
    assert judge([lost], Settings(model=model))[0].outcome is None


def test_a_model_is_needed_and_its_path_is_made_absolute() -> None:
    with pytest.raises(ValidationError, match="model"):
        Settings.model_validate({})
    assert Settings(model=Path("m.json")).model == Path("m.json").absolute()


def test_a_bad_model_is_named_by_files_and_judge(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text("{}")
    for ask in (files, lambda settings: judge([], settings)):
        with pytest.raises(ConfigError, match="m.json: not a learned judge's model"):
            ask(Settings(model=tmp_path / "m.json"))


def rows_of(file: str) -> tuple[list[str], list[str], list[bool]]:
    with (XSTEST / file).open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    human = [row["final_label"].startswith("1") for row in rows]
    return [row["prompt"] for row in rows], [row["completion"] for row in rows], human


@pytest.mark.skipif(not XSTEST.is_dir(), reason="the public XSTest completions (../shared/data) are not at hand")
@pytest.mark.parametrize(("own", "other"), [("gpt4.csv", "llama2new.csv"), ("llama2new.csv", "gpt4.csv")])
def test_what_is_learned_of_one_model_holds_for_another(own: str, other: str, tmp_path: Path) -> None:
    prompts, completions, human = rows_of(own)
    (tmp_path / "m.json").write_text(fit(completions, human, prompts=prompts, digest="0").model_dump_json())
    _, completions, human = rows_of(other)
    verdicts = judge([sample(n, c) for n, c in enumerate(completions)], Settings(model=tmp_path / "m.json"))
    assert cohen_kappa_score(human, [v.outcome == "complies" for v in verdicts]) >= 0.80
