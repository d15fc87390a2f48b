"""What a strategy is; one file each beside this one: `Settings` (a StrategySettings) and `train_spec(settings)`.

`train_spec(settings: Settings) -> TrainSpec | CheckpointSpec` is pure: a strategy is a delta on the one training loop,
not a script. What a TrainSpec has no words for is a function of the same file, and a strategy has neither, one or both:

- `token_loss(settings, tokens: TokenLogits) -> Tensor`: the loss of a batch in place of the cross-entropy, summed over
  its tokens, a float32 scalar;
- `restored(settings, weights: ModuleWeights) -> Tensor`: the weights to evaluate, parameter by parameter, after
  training, float32 in the shape of `weights.tuned`. It costs no training of its own: a variant that is trained alike
  and restored otherwise shares its training.

The first line of a strategy's docstring is what `harness ls strategies` prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from harness.errors import ConfigError, did_you_mean
from harness.modules import validate_pattern
from harness.specs import Record

if TYPE_CHECKING:
    from torch import Tensor

SETS = ("found", "random", "complement")
"""Mods_Robust by name: what the search found, and its two controls of the same size."""


@dataclass(frozen=True)
class TokenLogits:
    """What the loss of a batch is made of; n tokens with loss, in the order in which the batch holds them."""

    logits: Tensor
    """(n, vocabulary) float32, with gradient."""
    labels: Tensor
    """(n,) int64."""
    places: Tensor
    """(n,) int64: place of the token in its completion, from 0."""
    base: Tensor | None
    """(n, vocabulary) float32 of the base model, without gradient; None unless the TrainSpec asks for base_logits."""


@dataclass(frozen=True)
class ModuleWeights:
    """One parameter before and after training, float32 on one device."""

    name: str
    """Of the parameter, as the model calls it."""
    module: str
    """Module name, `q.3`, `embed`."""
    base: Tensor
    tuned: Tensor
    unaligned: Tensor | None
    """Of the unaligned sibling; None unless the TrainSpec asks for it."""


class StrategySettings(Record):
    """Base of every strategy's settings."""

    trains: ClassVar[bool] = True
    """Whether a variant is trained, and so needs the data and the section training."""


class TunedSettings(StrategySettings):
    """Of a strategy that trains."""

    learning_rate: float = Field(gt=0)
    """Peak learning rate."""


def _known(value: Any) -> Any:
    """Raises ValueError for an unknown set or a malformed pattern, so that the config's reader can name the key."""
    if isinstance(value, str) and value not in SETS:
        known = f"{', '.join(SETS)}{did_you_mean(value, SETS)}"
        raise ValueError(f"{value!r} is no set of modules ({known}); patterns go in a list, e.g. [q, k]")
    try:
        return value if isinstance(value, str) else tuple(validate_pattern(str(pattern)) for pattern in value)
    except (ConfigError, TypeError) as error:
        raise ValueError(str(error)) from None


class RobustSettings(TunedSettings):
    """Of a strategy that treats Mods_Robust apart."""

    modules: Annotated[
        Literal["found", "random", "complement"] | Annotated[tuple[str, ...], Field(min_length=1)],
        BeforeValidator(_known),
    ]
    """Mods_Robust: `found` by the search; `random` modules of the same size, drawn by the training seed; as many of its
    `complement`, most sensitive first; or patterns: `q`, `q.0-3`, `q.2`, `*.0`."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """For a GroupRule."""
        return (f"@{self.modules}",) if isinstance(self.modules, str) else self.modules
