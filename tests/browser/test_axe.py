"""The report against axe-core's rules: no violation, in light and dark, on a desk and on a phone."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Open

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("name", "width", "dark"), [("usual", 1440, False), ("usual", 400, True), ("many", 1440, True)]
)
def test_the_page_is_clean(open_report: Open, name: str, width: int, dark: bool) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page = open_report(name, width=width, dark=dark).page
    page.select_option("#f-variant", index=1)
    page.wait_for_selector("#detail .pairs")
    page.locator("#list button").first.focus()
    page.keyboard.press("u")
    response = axe.Axe().run(page, options={}).response
    found = response["violations"]
    assert len(response["passes"]) > 20
    assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found] == []
