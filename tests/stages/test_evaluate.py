"""Stage evaluate: samples and cards of every task, with one engine for all adapters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.backends import Backend, EngineSpec, fake
from harness.builtin.world import build_world
from harness.errors import ModelError, StageError, TaskError
from harness.records import Checkpoint, Sample, TaskCard
from harness.specs import EvaluateParams, GenerationSettings, TaskRef
from harness.stages import Progress, StageContext, evaluate
from harness.task_specs import LmEvalTask
from harness.tasks import task_ref
from tests.tiny_models import save_tiny_llama

NAMES = ("harmful_requests", "general_knowledge", "clinic_choice", "clinic_open")


def params_for(*refs: TaskRef, **changes: object) -> EvaluateParams:
    settings = {"backend": "fake", "max_new_tokens": 8, "max_model_len": 256, **changes}
    return EvaluateParams(tasks=refs, generation=GenerationSettings.model_validate(settings))


def put(folder: Path, *, kind: str = "full", location: str = "weights") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = Checkpoint.model_validate(
        {"kind": kind, "location": location, "architecture": "LlamaForCausalLM", "parameters": 1, "layers": 2,
         "digest": "", "dtype": "float32"}
    )  # fmt: skip
    (folder / "checkpoint.json").write_text(checkpoint.model_dump_json())
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    save_tiny_llama(folder / "weights")
    return put(folder)


def context_in(folder: Path, *inputs: tuple[str, Path]) -> StageContext:
    folder.mkdir()
    return StageContext(folder=folder, inputs=inputs, progress=lambda progress: None)


def samples_in(folder: Path) -> list[Sample]:
    return [Sample.model_validate_json(line) for line in (folder / "samples.jsonl").read_text().splitlines()]


def evaluated(tmp_path: Path, base: Path, params: EvaluateParams) -> list[Sample]:
    evaluate.run(params, context_in(tmp_path / "out", ("base", base)))
    return samples_in(tmp_path / "out")


def adapter_in(folder: Path) -> Path:
    (folder / "weights").mkdir(parents=True)
    return put(folder, kind="adapter")


def test_every_task_is_sampled_and_described(tmp_path: Path, base: Path) -> None:
    samples = evaluated(tmp_path, base, params_for(*(task_ref(n, limit=3) for n in NAMES)))
    assert [s.task for s in samples] == [name for name in NAMES for _ in range(3)]
    cards = [TaskCard.model_validate(card) for card in json.loads((tmp_path / "out" / "tasks.json").read_text())]
    assert [card.name for card in cards] == list(NAMES)


def test_a_judged_task_has_completions_and_no_metric(tmp_path: Path, base: Path) -> None:
    for sample in evaluated(tmp_path, base, params_for(task_ref("harmful_requests", limit=2))):
        assert sample.completion.startswith("answer ")
        assert sample.metric is None
        assert sample.finish == "stop"
        assert sample.prompt in {e.prompt for e in build_world().harmful} and "user" not in sample.prompt


def test_a_choice_is_scored_by_likelihood(tmp_path: Path, base: Path) -> None:
    for sample in evaluated(tmp_path, base, params_for(task_ref("clinic_choice", limit=8))):
        assert (sample.finish, sample.completion) == ("choice", "")
        assert sample.metric == float(sample.chosen == sample.target)


def test_truncated_and_too_long_are_unscored(tmp_path: Path, base: Path) -> None:
    cut = evaluated(tmp_path, base, params_for(task_ref("clinic_open", limit=2), max_new_tokens=1))
    assert {(s.finish, s.metric) for s in cut} == {("length", None)}
    refs = task_ref("clinic_open", limit=2), task_ref("clinic_choice", limit=2)
    (tmp_path / "more").mkdir()
    long = evaluated(tmp_path / "more", base, params_for(*refs, max_model_len=8))
    assert {(s.finish, s.metric) for s in long} == {("prompt_too_long", None)}


def test_adapters_share_one_engine(tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[EngineSpec] = []

    def open_backend(spec: EngineSpec) -> Backend:
        opened.append(spec)
        return fake.FakeBackend(spec)

    monkeypatch.setattr(fake, "open_backend", open_backend)
    params = params_for(task_ref("clinic_open", limit=3))
    adapters = [adapter_in(tmp_path / f"adapter{at}") for at in range(2)]
    contexts = [
        context_in(tmp_path / f"out{at}", ("base", base), ("checkpoint", folder)) for at, folder in enumerate(adapters)
    ]
    evaluate.run_many([(params, context) for context in contexts])
    assert len(opened) == 1
    assert [path for _, path in opened[0].adapters] == [folder / "weights" for folder in adapters]
    first, second = (samples_in(context.folder) for context in contexts)
    assert [s.sample_id for s in first] == [s.sample_id for s in second]
    assert all(a.completion != b.completion for a, b in zip(first, second, strict=True))


def test_jobs_that_cannot_share_are_refused(tmp_path: Path, base: Path) -> None:
    first, second = (context_in(tmp_path / name, ("base", base)) for name in "ab")
    ref = task_ref("clinic_open", limit=1)
    with pytest.raises(StageError, match="same params"):
        evaluate.run_many([(params_for(ref), first), (params_for(ref, seed=1), second)])


def test_lost_weights_are_named(tmp_path: Path) -> None:
    folder = put(tmp_path / "base", location="gone")
    with pytest.raises(ModelError, match="gone: the checkpoint's weights are gone"):
        evaluate.run(params_for(task_ref("clinic_open")), context_in(tmp_path / "out", ("base", folder)))


def test_no_tasks_is_an_error(tmp_path: Path, base: Path) -> None:
    with pytest.raises(TaskError, match="name at least one task"):
        evaluate.run(params_for(), context_in(tmp_path / "out", ("base", base)))


def test_repeated_prompts_are_an_error(tmp_path: Path, base: Path) -> None:
    file = tmp_path / "prompts.csv"
    file.write_text("one\ntwo\none\n")
    with pytest.raises(TaskError, match="rows 1 and 3 have the same prompt"):
        evaluated(tmp_path, base, params_for(task_ref("advbench", path=str(file))))


def test_an_empty_file_is_an_error(tmp_path: Path, base: Path) -> None:
    file = tmp_path / "prompts.csv"
    file.write_text("")
    with pytest.raises(TaskError, match="advbench: no rows"):
        evaluated(tmp_path, base, params_for(task_ref("advbench", path=str(file))))


def test_a_task_that_lm_eval_does_not_index_is_an_error(tmp_path: Path, base: Path) -> None:
    own = LmEvalTask(task="colours", axis="usability", direction="higher", metric="acc", version="0")
    ref = TaskRef(name="colours", digest="", folder="", path=str(tmp_path), lm_eval=own)
    with pytest.raises(TaskError, match="lm-eval does not recognise it"):
        evaluated(tmp_path, base, params_for(ref))


def test_progress_reaches_the_end(tmp_path: Path, base: Path) -> None:
    seen: list[Progress] = []
    (tmp_path / "out").mkdir()
    context = StageContext(tmp_path / "out", (("base", base),), seen.append)
    evaluate.run(params_for(task_ref("clinic_choice", limit=2)), context)
    assert (seen[0].done, seen[-1].done, seen[-1].total) == (0, 8, 8)


def test_samples_are_the_same_again(tmp_path: Path, base: Path) -> None:
    params = params_for(task_ref("clinic_choice", limit=4))
    (tmp_path / "again").mkdir()
    assert evaluated(tmp_path, base, params) == evaluated(tmp_path / "again", base, params)
