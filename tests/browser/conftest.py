"""A headless Chromium and reports to open in it; skips, with the reason, where there is no browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.report_view import build_view, render
from harness.run_comparison import compare_runs
from harness.run_comparison_html import render_runs
from harness.run_comparison_records import RunComparison, RunInput
from tests.judge_sources import calibration, differing, elsewhere, hostile_judges, with_calibrations, with_facts
from tests.leakage_sources import hostile_leakage
from tests.many_variants import many_sources
from tests.quality_sources import babbling, hostile_wrapped, wrapped
from tests.report_sources import HOSTILE, hostile_sources, make_sources
from tests.robustness_sources import Shape, analysis, hostile_analysis, with_analyses

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@dataclass
class Opened:
    """An open report with everything the browser complained of or asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


def until(page: Page, script: str, arg: str = "") -> None:
    """Wait until a script says so, for ten seconds; the page's own policy forbids that the browser asks it again."""
    for _ in range(200):
        if page.evaluate(script, arg):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not within ten seconds: {script}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        engine = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield engine
        engine.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    usual = build_view(with_analyses(make_sources(prompts=40), analysis()))
    (folder / "usual.html").write_text(render(usual), encoding="utf-8")
    (folder / "redacted.html").write_text(render(usual, redact=True), encoding="utf-8")
    hostile = hostile_wrapped(hostile_leakage(hostile_sources(), HOSTILE))
    (folder / "hostile.html").write_text(
        render(build_view(with_analyses(hostile, hostile_analysis()))), encoding="utf-8"
    )
    deep = build_view(with_analyses(make_sources(prompts=2), analysis(Shape(layers=80, options=False, seeds=(0,)))))
    (folder / "deep.html").write_text(render(deep), encoding="utf-8")
    framed = babbling(wrapped(make_sources(prompts=20), "harmful_new_frames"), "ift-4e-4", "harmful_requests", every=4)
    (folder / "wrapped.html").write_text(render(build_view(framed)), encoding="utf-8")
    (folder / "big.html").write_text(render(build_view(make_sources(prompts=300))), encoding="utf-8")
    (folder / "many.html").write_text(render(build_view(many_sources(prompts=30))), encoding="utf-8")
    judged = with_calibrations(with_facts(differing(elsewhere(make_sources(prompts=20)))), calibration("refusal"))
    (folder / "judged.html").write_text(render(build_view(judged)), encoding="utf-8")
    (folder / "misjudged.html").write_text(render(build_view(hostile_judges(hostile_sources()))), encoding="utf-8")
    (folder / "runs.html").write_text(render_runs(_three_runs()), encoding="utf-8")
    return folder


def _three_runs() -> RunComparison:
    """Three runs of other seeds; the last has a config of its own, and alone has one of the variants."""
    made = [make_sources(prompts=20, seed=n) for n in range(3)]
    for at, one in enumerate(made[:2]):
        scores = tuple(s for s in one.table.scores if s.variant != "ml-lr-qkgu")
        made[at] = replace(one, table=one.table.model_copy(update={"scores": scores}))
    manifest = made[2].manifest.model_copy(update={"config_text": "name: other\nseeds: [0]\nextra: {a: 1}\n"})
    made[2] = replace(made[2], manifest=manifest)
    return compare_runs([RunInput(sources=one, headline="An answer.", facts=()) for one in made])


Open = Callable[..., Opened]


@pytest.fixture
def open_report(browser: Browser, reports: Path) -> Iterator[Open]:
    pages: list[Page] = []

    def opener(
        name: str = "usual", *, width: int = 1440, anchor: str = "", dark: bool = False, without: str = ""
    ) -> Opened:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
        page.set_default_timeout(5000)
        pages.append(page)
        opened = Opened(page)
        page.on("console", lambda message: opened.complaints.append(message.text))
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.on("request", lambda request: opened.requests.append(request.url))
        if without:
            page.add_init_script(f"delete globalThis.{without}")
        page.goto(f"{(reports / name).with_suffix('.html').as_uri()}{anchor}")
        if name != "runs":
            page.wait_for_selector("#browser[data-ready]", state="attached")
        return opened

    yield opener
    for page in pages:
        page.close()
