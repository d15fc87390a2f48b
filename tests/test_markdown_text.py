"""Text that is shown as it is by GitHub's Markdown."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from harness.markdown_text import block, plain, rows

MARKS = ("*a*", "_a_", "**a**", "`a`", "~~a~~", "[a](b)", "![a](b)", "<b>a</b>", "&lt;a&gt;", "# a", "- a", "+ a",
         "1. a", "10) a", "---", "===", "> a", "a | b", "\\*a", "<!-- a", "$a$", "[^1]: a", "a\\", "``a``")  # fmt: skip


@pytest.mark.parametrize("text", MARKS)
def test_markup_is_shown_as_text(text: str) -> None:
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(plain(text))
    assert [t.type for t in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    inner = tokens[1].children or []
    assert {t.type for t in inner} <= {"text", "text_special"}
    assert "".join(t.content for t in inner).replace("\u200b", "") == text


@pytest.mark.parametrize("text", ["@user", "a@b.org", "#12", "GH-3", "https://x.org", "www.x.org", ":smile:"])
def test_what_github_finds_in_rendered_text_is_broken_up(text: str) -> None:
    assert "&#8203;" in plain(text) and plain(text).replace("&#8203;", "").lstrip("\\") == text


def test_a_cell_cannot_leave_its_table() -> None:
    html = MarkdownIt("commonmark").enable("table").render(rows(["a", "b"], [["x", plain("1 | 2\n\n# 3")]]))
    assert html.count("<td") == 2 and "<h1" not in html and "1 | 2 # 3" in html


def test_a_block_cannot_be_closed_from_within() -> None:
    tokens = MarkdownIt("commonmark").parse(block("a\n```\n````\n<script>"))
    assert [t.type for t in tokens] == ["fence"] and "<script>" in tokens[0].content


def test_long_text_is_cut_openly() -> None:
    assert plain("x" * 1000, most=10) == "xxxxxxxxxx… (990 characters more)"
    assert "(96 characters more)" in block("y" * 100, most=4)
