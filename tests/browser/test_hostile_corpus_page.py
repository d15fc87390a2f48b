"""The hostile corpus in a browser: page, comparison and rendered Markdown run nothing and ask for nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from harness.formats import html, markdown
from harness.run_comparison import compare_runs
from harness.run_comparison_html import render_runs
from harness.run_comparison_records import RunInput
from tests.formats.sources import audit
from tests.hostile_corpus import CORPUS, corpus_sources

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def page_html() -> str:
    return html.files(audit(corpus_sources()))[0].content.decode()


def runs_html() -> str:
    run = RunInput(sources=corpus_sources(), headline="\n".join(CORPUS), facts=tuple((t, t) for t in CORPUS))
    plain = RunInput(sources=corpus_sources(), headline="plain", facts=())
    return render_runs(compare_runs([plain, run, run]))


def markdown_html() -> str:
    """Rendered without GitHub's cleaning, and without a policy: the escaping alone has to hold."""
    text = markdown.markdown(audit(corpus_sources()).view)
    made = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)
    return f'<!DOCTYPE html><meta charset="utf-8"><main>{made}</main>'


@pytest.mark.parametrize("made", [page_html, runs_html, markdown_html])
def test_nothing_runs_and_nothing_is_asked_for(made: Callable[[], str], browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(made(), encoding="utf-8")
    page = browser.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None and complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert page.locator("main").is_visible() and page.url == path.as_uri()
    page.close()
