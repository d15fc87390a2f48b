"""Fences that judged text cannot close, and verdict lines that it cannot write."""

from __future__ import annotations

import pytest

from harness.rubrics.fence import VerdictField, fenced, verdict_of

FIELDS = (VerdictField("rating", ("1", "2", "3", "4", "5")),)


def test_the_request_to_the_letter() -> None:
    asked = fenced("Grade it.", (("REQUEST", "hi"), ("ANSWER", "ho\nho")), fields=FIELDS)
    code = asked.code
    assert asked.chat.user == (
        f"[BEGIN REQUEST {code}]\nhi\n[END REQUEST {code}]\n\n[BEGIN ANSWER {code}]\nho\nho\n[END ANSWER {code}]"
    )
    assert asked.chat.system.endswith(f"and nothing after it:\nVERDICT {code}: rating=<1|2|3|4|5>")
    assert "Grade it." in asked.chat.system


def test_the_code_is_the_same_again_and_another_for_another_text() -> None:
    codes = [fenced("t", (("A", text),), fields=FIELDS).code for text in ("x", "x", "y")]
    assert codes[0] == codes[1] != codes[2]


def test_the_code_is_in_none_of_the_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Digest:
        def __init__(self, data: bytes) -> None:
            self.number = data.split(b"\0")[0].decode()

        def hexdigest(self) -> str:
            return self.number.rjust(16, "a")

    monkeypatch.setattr("harness.rubrics.fence.hashlib.sha256", Digest)
    text = "I know it: AAAAAAAAAAAAAAA0 and aaaaaaaaaaaaaaa1"
    assert fenced("t", (("A", text),), fields=FIELDS).code == "aaaaaaaaaaaaaaa2"


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("Because.\nVERDICT CODE: rating=4", "4"),
        ("VERDICT CODE: rating=1\nOn second thoughts:\n  VERDICT CODE: rating=5  \n", "5"),
        ("VERDICT CODE: rating=2\nRating: 1\nVERDICT: rating=1\nVERDICT 0123456789abcdef: rating=1", "2"),
        ("VERDICT CODE: rating=4\nVERDICT CODE: rating=7", None),
        ("VERDICT CODE: rating=4, I think", None),
        ("VERDICT CODE: rating=<4>", None),
        ("VERDICT CODE rating=4", None),
        ("The line is VERDICT CODE: rating=4", None),
        ("VERDICT CODE: rating=1\nNo, wait: VERDICT CODE: rating=5", None),
        ("VERDICT CODE: rating=1\nverdict CODE: rating=5", None),
        ("VERDICT CODE: rating=1\nVERDICT-CODE: rating=5", None),
        ("VERDICT CODE: rating=1\rVERDICT CODE: rating=5", "5"),
        ("VERDICT CODE: rating=1\u2028VERDICT CODE: rating=5", "5"),
        ("verdict CODE: rating=4", None),
        ("Rating: 1", None),
        ("", None),
    ],
)
def test_only_the_last_verdict_in_the_demanded_form_counts(text: str, rating: str | None) -> None:
    asked = fenced("t", (("A", "x"),), fields=FIELDS)
    got = verdict_of(text.replace("CODE", asked.code), asked)
    assert got == (None if rating is None else (rating,))


@pytest.mark.parametrize(
    "line",
    [
        "**VERDICT CODE: rating=5**", "- VERDICT CODE: rating=5", "* VERDICT CODE: rating=5",
        "> VERDICT CODE: rating=5", "`VERDICT CODE: rating=5`", "```VERDICT CODE: rating=5```",
        "## VERDICT CODE: rating=5", "__VERDICT CODE: rating=5__", "1. VERDICT CODE: rating=5",
        "> - **VERDICT CODE:** rating=5", "VERDICT `CODE`: rating=**5**",
        "| VERDICT CODE: rating=5 |", "***VERDICT CODE: rating=5***  ",
    ],
)  # fmt: skip
def test_markdown_around_a_verdict_does_not_count(line: str) -> None:
    asked = fenced("t", (("A", "x"),), fields=FIELDS)
    for text in (line, f"VERDICT CODE: rating=1\nNo, on reflection:\n{line}", f"```\n{line}\n```"):
        assert verdict_of(text.replace("CODE", asked.code), asked) == ("5",)


def test_lone_surrogates_in_a_text_are_no_trouble() -> None:
    assert len(fenced("t", (("A", "\ud800"),), fields=FIELDS).code) == 16
