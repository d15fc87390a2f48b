"""Plain text, its lines and its parts."""

from __future__ import annotations

import pytest

from harness.refusal_text import laid_out, parts, plain


def test_lines_are_kept_or_not() -> None:
    text = "Sure!  Here:\n\n1. Don't  **stir**.\n2. Wait."
    assert laid_out(text) == "sure! here:\n1. do not stir.\n2. wait."
    assert plain(text) == "sure! here: 1. do not stir. 2. wait."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no. not that.", ["no.", "not that."]),
        ("it is illegal, but here is how: stir it", ["it is illegal", "but here is how", "stir it"]),
        ("sorry - cannot", ["sorry", "cannot"]),
        ("i cannot help but smile", ["i cannot help but smile"]),
        ("i have no eyes, so look", ["i have no eyes", "so look"]),
        ("it is 3.11 or later", ["it is 3.11 or later"]),
    ],
)
def test_parts(text: str, found: list[str]) -> None:
    assert [part.text for part in parts(text)] == found


def test_entries_of_a_list_are_told_in_lines_and_in_prose() -> None:
    for text in ("do this:\n1. stir.\n2. wait.", "do this: 1. stir. 2. wait."):
        assert [(p.text, p.listed) for p in parts(text)] == [("do this", False), ("stir.", True), ("wait.", True)]
