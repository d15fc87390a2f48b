"""The terminal summary of an analysis: the map fits, marks stand without colour, hostile text is escaped."""

from __future__ import annotations

import io

from rich.console import Console

from harness.analysis_summary import print_analysis
from harness.report_robustness import robustness_views
from harness.report_robustness_records import AnalysisOutputs
from tests.robustness_sources import SEARCH, Shape, analysis

ALONE = SEARCH.model_copy(update={"order": "drift"})


def printed(outputs: AnalysisOutputs, *, width: int = 100) -> str:
    stream = io.StringIO()
    (view,) = robustness_views([outputs])
    print_analysis(view, Console(file=stream, width=width, no_color=True))
    return stream.getvalue()


def test_the_map_marks_every_chosen_module() -> None:
    outputs = analysis()
    table = printed(outputs).split("Margin, in context")[1].split("✓ chosen")[0]
    assert table.count("✓") == len(outputs.searches[0].outcome.chosen.modules)


def test_set_budget_and_classifier_are_told() -> None:
    text = printed(analysis())
    for words in ("Mods_Robust: 25 of 42", "q, k, v.5", "The budget is 12 %", "right on 99.5", "the other way round"):
        assert words in text
    assert "! The complement control has 17 modules" in text


def test_eighty_layers_fit_a_terminal() -> None:
    text = printed(analysis(Shape(layers=80, options=False, seeds=(0,), context=False), settings=[ALONE]), width=100)
    table = text.split("layer", 1)[1].split("✓ chosen")[0]
    assert all(any(line.strip().startswith(f"{n}│") for line in table.splitlines()) for n in (0, 41, 79))


def test_markup_in_a_name_is_shown_as_text() -> None:
    outputs = analysis()
    tasks = ("[bold]x[/] \x1b[31m",)
    hostile = outputs.robustness.model_copy(update={"checked_tasks": tasks})
    text = printed(AnalysisOutputs(outputs.key, outputs.params, hostile, outputs.update, outputs.searches))
    assert "[bold]x[/]" in text and "\x1b" not in text
