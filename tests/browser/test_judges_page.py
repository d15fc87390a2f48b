"""Method, judges and provenance in a browser: they fit a phone, links lead to samples, hostile text stays text."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Open, until

pytestmark = pytest.mark.browser

FOLDS = "#method details, #judges details, #provenance details"
UNFOLD = f"document.querySelectorAll('{FOLDS}').forEach(d => d.open = true)"


@pytest.mark.parametrize("name", ["judged", "misjudged"])
@pytest.mark.parametrize("width", [400, 1440])
def test_unfolded_sections_need_no_sideways_scroll(open_report: Open, name: str, width: int) -> None:
    opened = open_report(name, width=width)
    opened.page.evaluate(UNFOLD)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.complaints == [] and opened.page.evaluate("window.hacked") is None
    assert all(url.startswith(("file:", "data:")) for url in opened.requests)


def test_a_disagreement_leads_to_its_sample_still_covered(open_report: Open) -> None:
    page = open_report("judged").page
    page.evaluate(UNFOLD)
    link = page.locator("#judges .answers a").first
    sample = link.inner_text()
    link.click()
    until(page, "id => document.querySelector('#detail')?.textContent.includes(id)", sample)
    assert page.locator("#detail .cover").count() > 0


def test_print_shows_no_covered_completion_in_the_list_of_disagreements(open_report: Open) -> None:
    page = open_report("judged").page
    page.emulate_media(media="print")
    page.evaluate(UNFOLD)
    harmful = page.locator("#judges details.differ", has_text="Harmful requests").all_inner_texts()
    assert harmful and not any("take bucket" in text for text in harmful)


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (400, True)])
def test_the_unfolded_sections_are_clean(open_report: Open, width: int, dark: bool) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page = open_report("judged", width=width, dark=dark).page
    page.evaluate(UNFOLD)
    response = axe.Axe().run(page, options={}).response
    assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in response["violations"]] == []
