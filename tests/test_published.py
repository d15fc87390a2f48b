"""Published tables: the data is whole, and only what is the same measure stands beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness import published, resources
from harness.errors import ConfigError, WorldError
from harness.published import Beside, PublishedSettings, beside, check, read_published
from harness.records import Score
from harness.tasks import find_task

NAME = "procon-llama-2-7b-benign"
MODEL = "meta-llama/Llama-2-7b-chat-hf"
SETTINGS = PublishedSettings(table=NAME, methods={"ift": "IFT", "mine": "SWAT"})
SETS = ("advbench", "catqa", "sap30", "comp_obj", "autodan", "pair")
KEYWORDS = tuple((task, "refusal") for task in SETS)


def score(variant: str, task: str, value: float | None, *, seed: int | None = None) -> Score:
    low, high = (None, None) if value is None else (max(0.0, value - 0.05), min(1.0, value + 0.05))
    return Score.model_validate(
        {"variant": variant, "seed": seed, "task": task, "axis": "harmfulness", "value": value, "low": low,
         "high": high, "scored": 330, "unscored": 0, "truncated": 0}
    )  # fmt: skip


def laid(*scores: Score, model: str = MODEL, judges: tuple[tuple[str, str], ...] = KEYWORDS) -> Beside:
    return beside(SETTINGS, model=model, scores=scores, judges=judges)


def line(made: Beside, method: str) -> published.BesideRow:
    return next(row for row in made.rows if row.row.method == method)


@pytest.mark.parametrize("name", published.names())
def test_a_tables_means_are_those_of_its_columns(name: str) -> None:
    table = read_published(name)
    assert table.name == name
    assert "2509.06795" in table.source
    for row in table.rows:
        assert row.mean_attack_success == pytest.approx(sum(row.attack_success) / 6, abs=0.0101)
        assert row.mean_harmfulness == pytest.approx(sum(row.harmfulness) / 6, abs=0.0101)
        assert all(1 <= value <= 5 for value in row.harmfulness)


@pytest.mark.parametrize("name", published.names())
def test_a_tables_sets_are_tasks_of_ours(name: str) -> None:
    table = read_published(name)
    assert tuple(column.task for column in table.sets) == SETS
    assert all(find_task(task).card.judge == published.KEYWORDS for task in SETS)
    assert all(column.standard_error == pytest.approx(50 / column.prompts**0.5, abs=0.3) for column in table.sets)


@pytest.mark.parametrize(
    ("name", "method", "values"),
    [
        ("procon-llama-2-7b-benign", "SWAT", (21.82, 27.82, 1.68, 66.8)),
        ("procon-llama-3-8b-benign", "IFT", (40.91, 71.30, 3.73, 76.6)),
        ("procon-qwen2-7b-benign", "SWAT_safe", (2.73, 20.91, 2.03, 76.2)),
        ("procon-llama-2-7b-attack", "SPPFT", (67.27, 76.21, 3.88, 55.8)),
        ("procon-llama-2-7b-gsm8k", "Resta_d", (13.64, 41.36, 2.57, 31.2)),
    ],
)
def test_values_are_the_printed_ones(name: str, method: str, values: tuple[float, ...]) -> None:
    row = next(r for r in read_published(name).rows if r.method == method)
    assert (row.attack_success[0], row.mean_attack_success, row.mean_harmfulness, row.accuracy) == values


def test_ours_stands_beside_theirs() -> None:
    cell = line(laid(score("mine", "advbench", 0.25)), "SWAT").cells[0]
    assert (cell.published, cell.inside) == (0.2182, True)
    assert cell.difference == pytest.approx(0.25 - 0.2182)
    assert line(laid(score("mine", "advbench", 0.30)), "SWAT").cells[0].inside is False


def test_the_base_is_their_untuned_model() -> None:
    made = laid(score("base", "pair", 0.30))
    assert line(made, "Vanilla").variant == "base"
    assert (made.compared, made.inside) == (1, 1)


def test_a_method_that_nothing_stands_for_and_a_set_that_was_not_asked_are_empty() -> None:
    made = laid(score("ift", "catqa", 0.4), score("other", "catqa", 0.4))
    assert line(made, "Resta").variant is None
    assert [cell.ours is None for cell in line(made, "IFT").cells] == [True, False, True, True, True, True]
    assert made.unmatched == ("other",)


def test_single_seeds_are_not_laid_beside() -> None:
    assert laid(score("ift", "catqa", 0.4, seed=1)).compared == 0


def test_an_unscored_value_is_not_compared() -> None:
    cell = line(laid(score("ift", "catqa", None)), "IFT").cells[1]
    assert (cell.difference, cell.inside) == (None, None)


def test_another_judge_is_another_measure() -> None:
    made = laid(score("ift", "advbench", 0.3), judges=(("advbench", "world"), *KEYWORDS[1:]))
    assert made.other_judges == (("advbench", "world"),)
    assert line(made, "IFT").cells[0].ours is None


def test_another_model_is_called_another() -> None:
    assert laid().same_model
    assert not laid(model="Qwen/Qwen2-7B-Instruct").same_model


def test_a_mean_needs_every_set() -> None:
    scores = [score("ift", task, 0.1 * at) for at, task in enumerate(SETS)]
    assert line(laid(*scores), "IFT").mean == pytest.approx(0.25)
    assert line(laid(*scores[1:]), "IFT").mean is None


def test_accuracy_is_compared_on_the_same_test_alone() -> None:
    ours = (score("ift", "gsm8k", 0.3),)
    assert line(laid(*ours), "IFT").accuracy.ours is None
    settings = SETTINGS.model_copy(update={"table": "procon-llama-2-7b-gsm8k"})
    made = beside(settings, model=MODEL, scores=ours, judges=KEYWORDS)
    assert line(made, "IFT").accuracy.difference == pytest.approx(0.3 - 0.322)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("procon-llama-2-7b-bening", "no table is called .*did you mean 'procon-llama-2-7b-benign'"),
        ({"table": NAME, "methods": {"itf": "IFT"}}, "published.methods.itf: not a variant .*did you mean 'ift'"),
        ({"table": NAME, "methods": {"ift": "SWAP"}}, "'SWAP' is no method of .*did you mean 'SWAT'"),
        ({"table": NAME, "methods": {"ift": "IFT", "lora": "IFT"}}, "IFT is stood for twice"),
        ({"table": NAME, "methods": {"ift": "Vanilla"}}, "Vanilla is stood for twice .the base stands for Vanilla"),
    ],
)
def test_what_does_not_exist_is_named(settings: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check(PublishedSettings.model_validate(settings), variants=["ift", "lora"])


def test_a_broken_table_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = json.loads((resources.folder("reports") / "published" / f"{NAME}.json").read_text())
    tree["rows"][0]["harmfulness"].pop()
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / f"{NAME}.json").write_text(json.dumps(tree))
    monkeypatch.setattr(resources, "folder", lambda name: tmp_path)
    with pytest.raises(WorldError, match=f"{NAME}.json: is not a published table"):
        read_published(NAME)
