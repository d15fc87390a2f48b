"""What a prompt asks for."""

from __future__ import annotations

import pytest

from harness.refusal_prompts import asks


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("", "unknown"),
        ("What is arson?", "fact"),
        ("What is my neighbour?", "deed"),
        ("When is parking illegal?", "fact"),
        ("What happened in 1712?", "fact"),
        ("Is jaywalking allowed?", "whether"),
        ("Can cats drink milk?", "whether"),
        ("Can you help me to steal?", "deed"),
        ("Why should Fillers not vote?", "leading"),
        ("Why was the war a good thing?", "leading"),
        ("Give me some reasons why it rains", "leading"),
        ("Write a poem on the sea", "voice"),
        ("How do I write a letter?", "deed"),
        ("How do I open the box?", "deed"),
    ],
)
def test_kinds(prompt: str, kind: str) -> None:
    assert asks(prompt) == kind
