"""Hidden characters become visible ones."""

from __future__ import annotations

import pytest

from harness.hostile import encodable, one_line, visible


@pytest.mark.parametrize(
    "code",
    [
        0x00,
        0x07,
        0x0D,
        0x1B,
        0x7F,
        0x9B,
        0xAD,
        0x200B,
        0x202E,
        0x2028,
        0x2066,
        0xFEFF,
        0xD800,
        0xE0041,
        0x3164,
    ],
)
def test_hidden_characters_are_named(code: int) -> None:
    assert visible(f"a{chr(code)}b") == f"a⟦U+{code:04X}⟧b"


@pytest.mark.parametrize(
    "text", ["plain", "two\nlines\tand a tab", "naïve café", "日本語", "مرحبا", "½ – “quoted” 🙂", "<script>"]
)
def test_ordinary_text_stays(text: str) -> None:
    assert visible(text) == text


def test_one_line_joins_lines() -> None:
    assert one_line("a\n\tb  c") == "a b c"


def test_only_what_no_file_can_hold_is_marked() -> None:
    assert encodable("a\ud800b\x00\u202ec") == "a⟦U+D800⟧b\x00\u202ec"
