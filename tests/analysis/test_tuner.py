"""The joint test by tuning: the base learns with a set, is measured and put back."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from harness.analysis.tuner import Tuner, between
from harness.analysis_records import Drift
from harness.analysis_specs import MeasureSettings, PromptSource, SearchSettings, TuneParams
from harness.chat import EncodedExample
from harness.loop_specs import EarlyStopSettings
from harness.specs import LoopSettings, LoraSpec
from harness.stages import StageContext
from harness.stages.analyze import Bench, set_up
from harness.training.examples import load_examples, save_examples
from tests import one_module

LOOP = LoopSettings(steps=60, batch_size=4)
SET = ("gate.1", "up.1", "down.1")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[PromptSource, ...]]:
    folder = tmp_path_factory.mktemp("tuner")
    for name in ("base", "dataset"):
        (folder / name).mkdir()
    model = one_module.save_model(folder / "base")
    one_module.save_update(folder / "update-0", model, seed=0)
    rows = [EncodedExample((1, 5 + n, 9, 7 + n), (False, False, True, True)) for n in range(12)]
    save_examples(rows, folder / "dataset")
    return folder, one_module.save_prompts(folder)


@pytest.fixture
def bench(world: tuple[Path, tuple[PromptSource, ...]]) -> Bench:
    folder, prompts = world
    inputs = tuple((name, folder / name) for name in ("base", "dataset", "update-0"))
    params = one_module.params(prompts)
    perturbation = params.perturbation.model_copy(update={"seeds": (0,)})
    measures = MeasureSettings(refusal=False, gain=12)
    context = StageContext(folder, inputs, lambda _: None)
    return set_up(params.model_copy(update={"perturbation": perturbation}), context, measures=measures)


def tuned(
    bench: Bench, folder: Path, *, gain: float = 0.2, modules: tuple[str, ...] = SET, lora: LoraSpec | None = None
) -> Drift:
    params = TuneParams(learning_rate=1.5e-2, loop=LOOP, lora=lora)
    tuner = Tuner(bench.gauge, load_examples(folder / "dataset"), params, SearchSettings(), gain)
    return tuner.measure(modules, seed=0, tick=lambda _: None)


@pytest.mark.parametrize("lora", [None, LoraSpec(rank=2)])
def test_the_model_learns_and_its_weights_are_put_back(
    bench: Bench, world: tuple[Path, tuple[PromptSource, ...]], lora: LoraSpec | None
) -> None:
    before = {name: p.detach().clone() for name, p in bench.model.named_parameters()}
    drift = tuned(bench, world[0], lora=lora)
    assert drift.gain is not None and drift.gain > 0.1
    after = dict(bench.model.named_parameters())
    assert list(after) == list(before)
    assert all(torch.equal(after[name], weight) for name, weight in before.items())


def test_the_drift_is_read_where_the_gain_is_as_asked(
    bench: Bench, world: tuple[Path, tuple[PromptSource, ...]]
) -> None:
    assert tuned(bench, world[0], gain=0.2).gain == pytest.approx(0.2)


def test_a_set_that_cannot_learn_as_much_tells_so(bench: Bench, world: tuple[Path, tuple[PromptSource, ...]]) -> None:
    drift = tuned(bench, world[0], modules=("q.0",), gain=5.0)
    assert drift.gain is not None and drift.gain < 1.0


def test_the_same_seed_gives_the_same_drift(bench: Bench, world: tuple[Path, tuple[PromptSource, ...]]) -> None:
    assert tuned(bench, world[0]) == tuned(bench, world[0])


def test_the_base_measures_as_itself(bench: Bench) -> None:
    now = bench.gauge.now()
    assert (now.harmful, now.benign, now.gain) == pytest.approx((0, 0, 0), abs=1e-5)


def test_readings_are_interpolated_at_the_gain() -> None:
    low, high = (Drift(harmful=x, benign=0, accuracy=1, weight_change=0, gain=x) for x in (1.0, 3.0))
    assert between(low, high, gain=1.5).harmful == pytest.approx(1.5)
    assert between(low, high, gain=9.0) == high


def test_early_stopping_is_left_to_training(bench: Bench, world: tuple[Path, tuple[PromptSource, ...]]) -> None:
    """A trial stops by its gain; held-out examples would only make it learn from fewer."""
    stopping = LOOP.model_copy(update={"early_stop": EarlyStopSettings(share=0.5, every=1, patience=1)})
    drifts = []
    for loop in (LOOP, stopping):
        params = TuneParams(learning_rate=1.5e-2, loop=loop)
        tuner = Tuner(bench.gauge, load_examples(world[0] / "dataset"), params, SearchSettings(), 0.1)
        drifts.append(tuner.measure(SET, seed=0, tick=lambda _: None))
    assert drifts[0] == drifts[1]
