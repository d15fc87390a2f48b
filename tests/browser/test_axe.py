"""The pages against axe-core's rules: no violation, in light and dark, on desk and phone, with every fold open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Open

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PAGES = [("usual", 1440, False), ("usual", 400, True), ("many", 1440, True)]


def violations(page: Page) -> list[object]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    response = axe.Axe().run(page, options={}).response
    assert len(response["passes"]) > 20
    return [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in response["violations"]]


@pytest.mark.parametrize(("name", "width", "dark"), PAGES)
def test_the_page_is_clean(open_report: Open, name: str, width: int, dark: bool) -> None:
    page = open_report(name, width=width, dark=dark).page
    page.select_option("#f-variant", index=1)
    page.wait_for_selector("#detail .pairs")
    page.locator("#list button").first.focus()
    page.keyboard.press("u")
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert violations(page) == []


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (400, True)])
def test_the_page_of_several_runs_is_clean(open_report: Open, width: int, dark: bool) -> None:
    page = open_report("runs", width=width, dark=dark).page
    assert violations(page) == []
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert violations(page) == []
