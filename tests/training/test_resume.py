"""A training that is stopped and gone on with ends in the same bits as one that never was."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from harness.chat import EncodedExample
from harness.errors import StageError
from harness.loop_specs import EarlyStopSettings
from harness.specs import GroupRule, LoopSettings, LoraSpec, Phase, TrainSpec
from harness.stages import Progress
from harness.train_specs import Proximal, Turns
from harness.training import resume
from harness.training.batches import TurnsWith
from harness.training.checkpoints import add_adapter
from harness.training.examples import Examples, load_examples, save_examples
from harness.training.groups import build_groups
from harness.training.loop import Trained, Training, train
from tests.tiny_models import save_tiny

ALL = GroupRule(name="all", modules=("*",), scale=1)
LOOP = LoopSettings(steps=9, batch_size=3)
STOP = EarlyStopSettings(share=0.25, every=2, patience=9)


class Stopped(Exception):
    """The process is killed."""


@dataclass(frozen=True)
class Case:
    """One kind of training."""

    spec: TrainSpec
    lora: LoraSpec | None = None
    loop: LoopSettings = LOOP


def swat() -> TrainSpec:
    groups = (GroupRule(name="robust", modules=("q",), scale=1), GroupRule(name="rest", modules=("*",), scale=0.1))
    phases = (Phase(name="warm-up", fraction=0.5, groups=("robust",)), Phase(name="all", fraction=0.5))
    return TrainSpec(learning_rate=1e-2, groups=groups, phases=phases)


PLAIN = TrainSpec(learning_rate=1e-2, groups=(ALL,))
LISA = PLAIN.model_copy(
    update={"turns": Turns(tuning_steps=3, safety_steps=2), "proximal": Proximal(weight=0.5, anchor="turn")}
)
CASES = {
    "full": Case(PLAIN),
    "mixed": Case(PLAIN, loop=LOOP.model_copy(update={"dtype": "mixed"})),
    "packed": Case(PLAIN, loop=LOOP.model_copy(update={"packing": True, "gradient_accumulation": 2})),
    "lora with dropout": Case(PLAIN, LoraSpec(rank=2, dropout=0.3)),
    "swat": Case(swat()),
    "anchored to the base": Case(PLAIN.model_copy(update={"proximal": Proximal(weight=0.5, anchor="base")})),
    "lisa": Case(LISA),
    "lisa by lora": Case(LISA, LoraSpec(rank=2, dropout=0.3)),
    "early stop": Case(PLAIN, LoraSpec(rank=2, dropout=0.3), LOOP.model_copy(update={"early_stop": STOP})),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("resume")
    rows = [EncodedExample(tuple(range(5, 5 + n)), (False,) * 3 + (True,) * (n - 3)) for n in range(5, 17)]
    save_examples(rows, folder)
    save_tiny(folder / "llama", "llama")
    return folder


@pytest.fixture(autouse=True)
def at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Save whenever there is something to save."""
    monkeypatch.setattr(resume, "_SECONDS", 0.0)
    monkeypatch.setattr(resume, "_TIMES", 0.0)


@dataclass(frozen=True)
class End:
    """What a training ends in."""

    weights: dict[str, torch.Tensor]
    trained: Trained
    began: int
    """The first step that it reported."""


def run(world: Path, case: Case, kept: Path | None = None, *, stop_after: int | None = None, seed: int = 3) -> End:
    """Train from nothing but the file `kept`, as a process of its own would."""
    examples: Examples = load_examples(world)
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(world / "llama")
    adapted = add_adapter(model, case.lora) if case.lora else None
    other = TurnsWith(examples, case.spec.turns) if case.spec.turns else None
    training = Training(
        model, build_groups(adapted or model, case.spec), case.spec, case.loop, seed, other=other, kept=kept
    )
    reported: list[int] = []

    def progress(at: Progress) -> None:
        reported.append(at.done)
        if at.done == stop_after:
            raise Stopped

    trained = train(training, examples, progress)
    return End({n: p.detach().clone() for n, p in model.named_parameters()}, trained, reported[0])


def stopped(world: Path, case: Case, kept: Path, *, after: int) -> None:
    with pytest.raises(Stopped):
        run(world, case, kept, stop_after=after)


@pytest.mark.parametrize(
    ("name", "after"), [*((name, 4) for name in CASES), ("swat", 7), ("lisa", 1), ("lisa", 5), ("early stop", 7)]
)
def test_stopped_and_gone_on_with_equals_unbroken_bit_for_bit(
    world: Path, tmp_path: Path, name: str, after: int
) -> None:
    unbroken = run(world, CASES[name])
    stopped(world, CASES[name], tmp_path / resume.FILE, after=after)
    torch.rand(5)
    going_on = run(world, CASES[name], tmp_path / resume.FILE)
    assert unbroken.began == 1 and going_on.began == after
    assert going_on.trained == unbroken.trained
    assert [n for n, weight in unbroken.weights.items() if not torch.equal(weight, going_on.weights[n])] == []


def test_dropout_draws_on_so_that_the_random_numbers_matter(world: Path, tmp_path: Path) -> None:
    """Were they not restored, the test above could not pass by chance."""
    case, kept = CASES["lora with dropout"], tmp_path / resume.FILE
    stopped(world, case, kept, after=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "set_rng_state", lambda _: None)
        others = run(world, case, kept).weights
    assert any(not torch.equal(weight, others[name]) for name, weight in run(world, case).weights.items())


def test_it_may_be_stopped_many_times(world: Path, tmp_path: Path) -> None:
    for after in (2, 4, 6):
        stopped(world, CASES["swat"], tmp_path / resume.FILE, after=after)
    going_on, unbroken = run(world, CASES["swat"], tmp_path / resume.FILE), run(world, CASES["swat"])
    assert all(torch.equal(weight, going_on.weights[name]) for name, weight in unbroken.weights.items())


@pytest.mark.parametrize("harm", ["cut", "flipped", "empty", "text"])
def test_a_damaged_file_is_noted_and_training_starts_again(
    world: Path, tmp_path: Path, harm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, case = tmp_path / resume.FILE, CASES["full"]
    stopped(world, case, kept, after=4)
    whole = kept.read_bytes()
    at = len(whole) // 2
    harmed = {"cut": whole[:at], "flipped": whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]}
    kept.write_bytes(harmed.get(harm, b"" if harm == "empty" else b"not safetensors"))
    again, unbroken = run(world, case, kept), run(world, case)
    assert "training.safetensors is left out of account, training starts again: " in capsys.readouterr().out
    assert all(torch.equal(weight, again.weights[name]) for name, weight in unbroken.weights.items())


def test_a_file_of_another_training_is_noted_and_not_used(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / resume.FILE
    stopped(world, CASES["full"], kept, after=4)
    other = run(world, CASES["full"], kept, seed=4)
    assert "starts again: it is of another training" in capsys.readouterr().out
    assert other.trained == run(world, CASES["full"], seed=4).trained


def test_half_written_files_are_swept_and_never_seen(world: Path, tmp_path: Path) -> None:
    (tmp_path / f".{resume.FILE}.123").write_bytes(b"half")
    stopped(world, CASES["full"], tmp_path / resume.FILE, after=2)
    assert [path.name for path in tmp_path.iterdir()] == [resume.FILE]


def test_a_full_disk_is_noted_and_training_goes_on(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(resume, "save_file", full)
    assert run(world, CASES["full"], tmp_path / resume.FILE).trained.steps == 9
    assert "could not be saved half-way ([Errno 28] No space left on device)" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_training_that_fails_leaves_nothing_to_go_on_from(world: Path, tmp_path: Path) -> None:
    case = Case(PLAIN.model_copy(update={"learning_rate": 1e30}))
    with pytest.raises(StageError, match="the loss became nan at step"):
        run(world, case, tmp_path / resume.FILE)
    assert list(tmp_path.iterdir()) == []


def test_it_is_saved_by_wall_time_and_never_takes_more_than_a_twentieth(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resume, "_SECONDS", 60.0)
    monkeypatch.setattr(resume, "_TIMES", 20.0)
    now, writes = [0.0], list[float]()

    def write(path: Path, *_: object) -> None:
        writes.append(now[0])
        now[0] += 10
        path.touch()

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(resume, "_write", write)
    keeper = resume.Keeper(tmp_path / resume.FILE, "", _saved=0.0)
    for second in range(0, 500, 10):
        now[0] = max(now[0], second)
        keeper.tick(None)  # type: ignore[arg-type]
    assert writes == [60, 270, 480]
