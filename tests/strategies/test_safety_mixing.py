"""Safety mixing."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from harness.strategies.safety_mixing import Settings, train_spec


def test_the_share_is_asked_of_the_mixture() -> None:
    spec = train_spec(Settings(learning_rate=1e-3, share=0.05))
    assert (spec.safety_share, spec.needs_safety_data, spec.turns) == (0.05, True, None)


@pytest.mark.parametrize("share", [0, 1])
def test_a_share_of_none_or_all_is_refused(share: float) -> None:
    with pytest.raises(ValidationError, match="share"):
        Settings(learning_rate=1e-3, share=share)
