"""The report as one HTML file: nothing foreign runs, nothing is fetched, redaction reaches every corner."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from harness.report_view import build_view, render
from tests.report_sources import HOSTILE, hostile_sources, make_sources, with_completion, with_harmful


class Page(HTMLParser):
    """Collects tags with attributes, ids, and the text of scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.raw:
            self.raw[self.open[-1]].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def attributes(self, name: str) -> list[str]:
        return [v for _, attrs in self.tags if (v := attrs.get(name)) is not None]


@pytest.fixture(scope="module")
def html() -> str:
    return render(build_view(make_sources()))


@pytest.fixture(scope="module")
def hostile() -> str:
    return render(build_view(hostile_sources()))


def test_policy_allows_our_script_and_style_by_hash_alone(html: str) -> None:
    page = Page(html)
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    script, style = page.raw["script"][-1], page.raw["style"][0]
    for text in (script, style):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in (policy or "")
    assert (policy or "").startswith("default-src 'none'") and "unsafe" not in (policy or "")


def test_nothing_is_fetched(html: str) -> None:
    page = Page(html)
    assert not page.attributes("src")
    assert all(href.startswith(("#", "data:")) for href in page.attributes("href"))
    assert not re.search(r"url\(|@import", page.raw["style"][0])


def test_no_inline_style_or_handler(hostile: str) -> None:
    page = Page(hostile)
    names = {name for _, attrs in page.tags for name in attrs}
    assert not {n for n in names if n.startswith("on") or n == "style"}


def test_hostile_text_adds_no_element(html: str, hostile: str) -> None:
    assert [t for t, _ in Page(hostile).tags if t in {"script", "img"}] == ["script", "script"]
    assert {t for t, _ in Page(hostile).tags} == {t for t, _ in Page(html).tags}


@pytest.mark.parametrize("character", ["\u202e", "\u200b", "\x07", "\x1b", "\u2028"])
def test_no_hidden_character_in_the_file(hostile: str, character: str) -> None:
    assert character not in hostile


def test_templates_inside_hostile_text_are_not_evaluated(hostile: str) -> None:
    assert HOSTILE[7] == "{{ 7*7 }}" and "{{ 7*7 }}" in hostile


def test_redacted_file_lacks_harmful_completions_and_says_so() -> None:
    view = build_view(with_harmful(make_sources(), "harmful-marker"))
    assert "harmful-marker" in render(view)
    redacted = render(view, redact=True)
    assert "harmful-marker" not in redacted
    assert "Redacted." in redacted and "left out of this file" in redacted


def test_redacted_file_keeps_refusals() -> None:
    view = build_view(with_completion(make_sources(), "refusal-marker"))
    assert "refusal-marker" in render(view, redact=True)


def test_headings_never_skip_a_level(html: str) -> None:
    levels = [int(t[1]) for t, _ in Page(html).tags if re.fullmatch(r"h[1-6]", t)]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_ids_are_unique_and_links_land(html: str) -> None:
    page = Page(html)
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    assert {h[1:] for h in page.attributes("href") if h.startswith("#")} <= set(ids)


def test_column_heads_have_scope(html: str) -> None:
    assert all("scope" in attrs for tag, attrs in Page(html).tags if tag == "th")


def test_numbers_of_the_scores_stand_in_the_page(html: str) -> None:
    sources = make_sources()
    score = next(s for s in sources.table.scores if s.seed is None and s.variant == "ift-4e-4")
    assert score.value is not None and f"{score.value * 100:.1f}\u00a0%" in html


def test_run_without_gate_training_or_samples_renders() -> None:
    bare = replace(make_sources(), decision=None, checkpoints=(), dataset=None)
    html = render(build_view(bare))
    assert "Gate: none" in html and "No variant of this run was trained." in html


def test_rendering_twice_gives_the_same_bytes(html: str) -> None:
    assert render(build_view(make_sources())) == html


def test_size_grows_slowly_with_samples() -> None:
    assert len(render(build_view(make_sources(prompts=100)))) < 600_000
