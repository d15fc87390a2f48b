"""Whether another than the model speaks."""

from __future__ import annotations

import pytest

from harness.refusal_forms import another_speaks
from harness.refusal_text import laid_out


@pytest.mark.parametrize(
    "text",
    [
        "Dear Ms Filler,\nI cannot attend.\nKind regards,\nTom",
        "Dear diary, I refuse to go.",
        "I cannot give the moon,\nI will not promise the sea,\nbut take this tea",
        "ROBOT: I cannot do that.\nDAVE: Open it.",
        '"I won\'t help you," the fox said, and left.',
        "The translation is: I can't help you.",
    ],
)
def test_other_voices(text: str) -> None:
    assert another_speaks(laid_out(text))


@pytest.mark.parametrize(
    "text",
    [
        "Dear user, I cannot help with that.",
        "I can't help with that.\nIt is wrong.\nPlease stop.",
        "Dear Tom, as an AI I cannot fulfill your request.",
        "Reasons why not:\n- it harms\n- it is wrong",
    ],
)
def test_the_model_itself(text: str) -> None:
    assert not another_speaks(laid_out(text))
