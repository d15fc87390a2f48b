"""Safety mixing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from harness.specs import DatasetParams, DatasetSource
from harness.stages import StageContext, dataset
from harness.strategies import ift, safety_mixing
from harness.strategies.safety_mixing import Settings, train_spec
from harness.training.checkpoints import load_model, read_checkpoint
from harness.training.early_stop import mean_loss
from harness.training.examples import load_examples
from tests.tuned import QUICK, Bench


def test_the_share_is_asked_of_the_mixture() -> None:
    spec = train_spec(Settings(learning_rate=1e-3, share=0.05))
    assert (spec.safety_share, spec.needs_safety_data, spec.turns) == (0.05, True, None)


def test_the_refusals_are_learnt_that_plain_ift_does_not_see(on: Bench) -> None:
    """On the mixture that the plan asks of the stage dataset: the IFT rows, and the share out of the safety data."""
    settings, loop = Settings(learning_rate=1e-2, share=0.4), QUICK.model_copy(update={"steps": 20})
    share = train_spec(settings).safety_share
    files = [DatasetSource(kind="file", location=str(on.root / f"{name}.jsonl")) for name in ("dataset", "safety")]
    mixture = DatasetParams(source=files[0], also=(files[1].model_copy(update={"share": share}),))
    folder = on.folder()
    dataset.run(mixture, StageContext(folder, (("base", on.base),), lambda _: None))
    assert len(load_examples(folder)) == 17  # 10, and 7 that are 0.4 of them all
    mixed = replace(on, dataset=folder).train(safety_mixing, settings, loop=loop)
    plain = on.train(ift, ift.Settings(learning_rate=1e-2), loop=loop)
    losses = []
    for trained in (mixed, plain):
        model = load_model(read_checkpoint(trained), dtype="float32")
        losses.append(mean_loss(model, load_examples(on.safety), loop))
    assert losses[0] < losses[1] - 0.5


@pytest.mark.parametrize("share", [0, 1])
def test_a_share_of_none_or_all_is_refused(share: float) -> None:
    with pytest.raises(ValidationError, match="share"):
        Settings(learning_rate=1e-3, share=share)
