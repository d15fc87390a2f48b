"""KL-regularised IFT: where the model's next-token distribution leaves the base's on the IFT data, that costs.

    L = Σ_t [ −log π_θ(y_t) + β · KL(π_θ(·|y_<t) ‖ π_base(·|y_<t)) ]        β = `weight`

Source: the penalty of RLHF (Ouyang et al. 2022), used on IFT data in Qi et al. 2024, "Safety Alignment Should Be Made
More Than Just a Few Tokens Deep". [ours] β = 0.1 by default, the same for all tokens of the completion, the divergence
over the whole vocabulary. Needs a forward pass of the base for each batch, and the base's memory once more, but not
under LoRA.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from harness.specs import TrainSpec
from harness.strategies import TokenLogits, TunedSettings
from harness.train_specs import EVERYTHING

if TYPE_CHECKING:
    from torch import Tensor


class Settings(TunedSettings):
    """How strongly the base pulls."""

    weight: float = Field(default=0.1, gt=0)
    """β."""


def train_spec(settings: Settings) -> TrainSpec:
    """One group, `all`, with the base's logits at hand."""
    return TrainSpec(
        learning_rate=settings.learning_rate,
        groups=EVERYTHING,
        base_logits=True,
    )


def token_loss(settings: Settings, tokens: TokenLogits) -> Tensor:
    """Cross-entropy plus β KL, summed over the tokens."""
    from torch.nn.functional import cross_entropy, kl_div

    assert tokens.base is not None
    ours, before = tokens.logits.log_softmax(-1), tokens.base.log_softmax(-1)
    away = kl_div(before, ours, reduction="sum", log_target=True)  # Σ π_θ (log π_θ − log π_base)
    return cross_entropy(tokens.logits, tokens.labels, reduction="sum") + settings.weight * away
