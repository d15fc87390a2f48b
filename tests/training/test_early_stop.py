"""Early stopping: what is held out, when it stops, and which weights are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from harness.chat import EncodedExample
from harness.errors import ConfigError
from harness.loop_specs import EarlyStopSettings
from harness.records import HeldOutLoss
from harness.specs import GroupRule, LoopSettings, TrainSpec
from harness.stages import Progress
from harness.strategies import swat
from harness.training.early_stop import EarlyStop, hold_out, mean_loss
from harness.training.examples import IGNORED, Examples, load_examples, save_examples
from harness.training.groups import build_groups
from harness.training.loop import Trained, Training, train
from harness.training.losses import PLAIN
from tests.tiny_models import save_tiny

STOP = EarlyStopSettings(share=0.2, every=2, patience=2)
SPEC = TrainSpec(learning_rate=2e-2, groups=(GroupRule(name="all", modules=("*",), scale=1),))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, and examples of random tokens, of which nothing that holds for others can be learnt."""
    root = tmp_path_factory.mktemp("early")
    draw = torch.Generator().manual_seed(0)
    rows = [
        EncodedExample(tuple(torch.randint(5, 400, (n,), generator=draw).tolist()), (False,) * 3 + (True,) * (n - 3))
        for n in range(6, 26)
    ]
    save_examples(rows, root)
    save_tiny(root / "llama", "llama")
    return root


@pytest.fixture
def examples(folder: Path) -> Examples:
    return load_examples(folder)


@pytest.fixture
def model(folder: Path) -> PreTrainedModel:
    loaded: PreTrainedModel = AutoModelForCausalLM.from_pretrained(folder / "llama")
    return loaded


def tuned(model: PreTrainedModel, examples: Examples, spec: TrainSpec = SPEC, **loop: object) -> Trained:
    settings = LoopSettings(steps=40, batch_size=4, schedule="constant", early_stop=STOP).model_copy(update=loop)
    return train(Training(model, build_groups(model, spec), spec, settings, 1), examples, lambda _: None)


def test_the_share_is_drawn_by_the_seed_and_parts_the_examples(examples: Examples) -> None:
    first, again, other = (hold_out(examples, STOP, seed=seed) for seed in (1, 1, 2))
    assert len(first.held_out) == 4 and len(first.tuning) == 16
    assert sorted([*first.held_out.starts.tolist(), *first.tuning.starts.tolist()]) == examples.starts.tolist()
    assert torch.equal(first.held_out.starts, again.held_out.starts)
    assert not torch.equal(first.held_out.starts, other.held_out.starts)


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_a_share_that_leaves_nobody_on_one_side_is_an_error(examples: Examples, share: float) -> None:
    with pytest.raises(ConfigError, match="training.early_stop.share: 0.[09][19] of 20 examples is (0|20); at least"):
        hold_out(examples, STOP.model_copy(update={"share": share}), seed=0)


def test_mean_loss_is_that_of_all_tokens_at_once_and_leaves_the_model_as_it_was(
    model: PreTrainedModel, examples: Examples
) -> None:
    model.train()
    batch = examples.batch(torch.arange(20))
    whole = float(PLAIN.summed(model, batch).detach()) / int((batch.labels != IGNORED).sum())
    for loop in (LoopSettings(steps=1, batch_size=3), LoopSettings(steps=1, batch_size=3, packing=True)):
        assert mean_loss(model, examples, loop) == pytest.approx(whole, rel=1e-5)
    assert model.training


def test_it_stops_where_the_held_out_loss_rises_and_keeps_the_best_weights(
    model: PreTrainedModel, examples: Examples
) -> None:
    trained = tuned(model, examples)
    assert trained.best_step and trained.stopped_at == trained.steps == trained.best_step + 4 < 40
    assert trained.steps * 4 == trained.examples
    best = min(trained.held_out, key=lambda reading: reading.loss)
    assert best.step == trained.best_step < trained.held_out[-1].step
    now = mean_loss(model, hold_out(examples, STOP, seed=1).held_out, LoopSettings(steps=1, batch_size=4))
    assert now == best.loss


def test_the_weights_are_those_of_a_training_without_the_held_out_examples(
    model: PreTrainedModel, examples: Examples, folder: Path
) -> None:
    best = tuned(model, examples).best_step

    def stop(at: Progress) -> None:
        if at.done == best:
            raise KeyboardInterrupt

    alone = AutoModelForCausalLM.from_pretrained(folder / "llama")
    loop = LoopSettings(steps=40, batch_size=4, schedule="constant")
    training = Training(alone, build_groups(alone, SPEC), SPEC, loop, 1)
    with pytest.raises(KeyboardInterrupt):
        train(training, hold_out(examples, STOP, seed=1).tuning, stop)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), alone.parameters(), strict=True))


def test_the_final_loss_is_that_of_the_weights_that_are_kept(model: PreTrainedModel, examples: Examples) -> None:
    trained = tuned(model, examples)
    logged = {point.step: point.loss for point in trained.losses}
    assert trained.best_step is not None and trained.best_step < 10
    assert trained.final_loss == logged[trained.best_step]


def test_a_training_that_never_stops_early_says_so(model: PreTrainedModel, examples: Examples) -> None:
    trained = tuned(model, examples, steps=5, early_stop=STOP.model_copy(update={"patience": 99}))
    assert [reading.step for reading in trained.held_out] == [2, 4, 5]
    assert trained.stopped_at is None and trained.steps == 5 and trained.best_step is not None


def test_the_schedule_is_laid_out_over_all_steps(model: PreTrainedModel, examples: Examples) -> None:
    trained = tuned(model, examples, schedule="linear", warmup_ratio=0.0)
    assert trained.stopped_at is not None
    assert trained.losses[-1].learning_rate == pytest.approx(2e-2 * (1 - (trained.steps - 1) / 40))


def test_swat_neither_stops_nor_is_best_before_its_last_phase(model: PreTrainedModel, examples: Examples) -> None:
    spec = swat.train_spec(swat.Settings(learning_rate=2e-2, modules=("q",), warmup_fraction=0.5))
    trained = tuned(model, examples, spec)
    assert trained.held_out[0].step == 2 and trained.best_step is not None and trained.best_step > 20


def test_patience_counts_readings_since_the_best() -> None:
    early, weight = EarlyStop(STOP, 0, [torch.nn.Parameter(torch.zeros(1))]), []
    for step, loss in enumerate((3.0, 2.0, 2.5, 1.0, 1.0), start=1):
        early.note(HeldOutLoss(step=step, loss=loss))
        weight.append(early.stops)
    assert weight == [False] * 5
    early.note(HeldOutLoss(step=6, loss=1.5))
    assert early.stops and early.best is not None and early.best.step == 4
