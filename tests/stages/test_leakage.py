"""Stage leakage on a tiny tokenizer: what is found, where, and when the run ends for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.analysis_specs import PromptSource
from harness.builtin.world import build_world
from harness.errors import DatasetError
from harness.leakage_records import Leakage
from harness.specs import DatasetParams, DatasetSource, LeakageParams, LeakageSettings
from harness.stages import StageContext, leakage
from harness.tasks import task_ref
from tests.tiny_models import save_base_stage

HARMFUL = build_world().harmful[0].prompt
CLINIC = build_world().clinic[0].question


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_base_stage(tmp_path_factory.mktemp("base") / "base", "llama")


def source(folder: Path, name: str, *rows: tuple[str, str]) -> DatasetSource:
    path = folder / name
    path.write_text("".join(json.dumps({"prompt": p, "response": r}) + "\n" for p, r in rows))
    return DatasetSource(kind="file", location=str(path))


def run(folder: Path, base: Path, *datasets: DatasetParams, **more: object) -> Leakage:
    tasks = (task_ref("harmful_requests", limit=20), task_ref("clinic_open"))
    settings = LeakageSettings(fail=False)
    params = LeakageParams(tasks=tasks, datasets=datasets, prompts=(), settings=settings).model_copy(update=more)
    leakage.run(params, StageContext(folder, (("base", base),), lambda _: None))
    return Leakage.model_validate_json((folder / leakage.FILE).read_text())


def leaking(folder: Path) -> DatasetParams:
    """A harmful request in the data mixed in, and a clinic question that an answer repeats."""
    first = source(folder, "first.jsonl", ("Where is it?", "There."), ("Say it.", CLINIC.upper()))
    return DatasetParams(source=first, also=(source(folder, "safe.jsonl", (HARMFUL, "No.")),))


def test_prompts_are_found_in_every_source_with_their_place(tmp_path: Path, base: Path) -> None:
    found = run(tmp_path, base, leaking(tmp_path))
    assert [(t.task, t.prompts, t.exact, t.near) for t in found.tasks] == [
        ("harmful_requests", 20, 1, 0),
        ("clinic_open", 216, 1, 0),
    ]
    harm, clinic = found.overlaps
    assert (harm.source, harm.place, harm.text) == (str(tmp_path / "safe.jsonl"), "line 1", HARMFUL)
    assert (clinic.source, clinic.place, clinic.text) == (str(tmp_path / "first.jsonl"), "line 2", "")
    assert [s.texts for s in found.sources if s.source.endswith("first.jsonl")] == [4]


def test_the_built_in_data_teach_the_clinic_in_other_words(tmp_path: Path, base: Path) -> None:
    found = run(tmp_path, base, DatasetParams(source=DatasetSource(kind="builtin", location="builtin")))
    assert (found.leaked, found.overlaps) == (0, ())
    assert found.sources[0].texts == 2 * len(build_world().ift)


def test_a_prompt_of_the_classifier_counts_as_well(tmp_path: Path, base: Path) -> None:
    path = tmp_path / "probe.csv"
    path.write_text(f"prompt\nWhere is the harbour?\n{HARMFUL}\n")
    own = PromptSource(label="harmful", location=str(path), digest="0")
    (harm,) = run(tmp_path, base, prompts=(own,)).overlaps
    assert (harm.among, harm.source, harm.place) == ("classifier", f"{path} (harmful)", "prompt 2")


def test_a_row_in_two_mixtures_counts_once(tmp_path: Path, base: Path) -> None:
    rows = source(tmp_path, "rows.jsonl", (HARMFUL, "No."))
    found = run(tmp_path, base, DatasetParams(source=rows), DatasetParams(source=rows, max_tokens=9))
    assert (found.overlaps[0].found, found.sources[0].texts) == (1, 2)


def test_it_is_the_same_again(tmp_path: Path, base: Path) -> None:
    params = leaking(tmp_path)
    assert run(tmp_path, base, params) == run(tmp_path, base, params)


def test_the_run_ends_with_one_line_that_says_where(tmp_path: Path, base: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        run(tmp_path, base, leaking(tmp_path), settings=LeakageSettings())
    line = str(caught.value)
    assert "2 of 236 scored prompts" in line and "(2 the same, 0 nearly; allowed: 0)" in line
    assert f"{tmp_path / 'safe.jsonl'} line 1 (the same)" in line and "leakage.fail: false" in line
    assert "\n" not in line and not (tmp_path / leakage.FILE).exists()


@pytest.mark.parametrize(("allow", "ends"), [(1, True), (2, False)])
def test_so_many_are_allowed(tmp_path: Path, base: Path, allow: int, ends: bool) -> None:
    settings = LeakageSettings(allow=allow)
    if ends:
        with pytest.raises(DatasetError, match="allowed: 1"):
            run(tmp_path, base, leaking(tmp_path), settings=settings)
    else:
        assert run(tmp_path, base, leaking(tmp_path), settings=settings).leaked == 2


def test_a_turn_of_a_long_conversation_is_named(tmp_path: Path, base: Path) -> None:
    path = tmp_path / "talk.jsonl"
    turns = [("user", "Hi."), ("assistant", "Hello."), ("user", HARMFUL), ("assistant", "No.")]
    path.write_text(json.dumps({"messages": [{"role": r, "content": c} for r, c in turns]}))
    talk = DatasetParams(source=DatasetSource(kind="file", location=str(path)))
    assert run(tmp_path, base, talk).overlaps[0].place == "line 1, turn 3"
