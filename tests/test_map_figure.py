"""The standalone figure: well-formed SVG in which every module and every mark can be found."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from harness.analysis_files import map_svg
from harness.map_figure import figure_svg
from harness.report_measures import MARGIN, heat_map
from tests.report_sources import HOSTILE
from tests.robustness_sources import FUSED, Shape, analysis, robustness

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("shape", [Shape(), Shape(types=FUSED, layers=40, options=False, seeds=(0,)), Shape(layers=1)])
def test_every_module_has_a_square_with_a_title(shape: Shape) -> None:
    root = ElementTree.fromstring(map_svg(analysis(shape), name="run"))
    titles = [node.text or "" for node in root.iter(f"{SVG}title")][1:]
    assert [title.partition(":")[0].partition(" ")[0] for title in titles] == [
        f"{kind}.{layer}" for kind in shape.types for layer in range(shape.layers)
    ]


def test_chosen_modules_have_a_tick_beside_the_legends() -> None:
    outputs = analysis()
    ticks = texts(map_svg(outputs, name="run")).count("✓")
    assert ticks == len(outputs.searches[0].outcome.chosen.modules) + 1


def test_every_number_is_shown_in_its_square() -> None:
    heat = heat_map(robustness(Shape(layers=12)), MARGIN)
    shown = texts(figure_svg(heat, title="t", words="w"))
    cells = [cell.text for row in heat.rows for cell in row.cells if cell]
    assert [text for text in shown if text in cells][: len(cells)] == cells


def test_the_figure_has_room_for_layers_title_and_words() -> None:
    heat = heat_map(robustness(Shape(layers=12)), MARGIN)
    sizes = [
        float(ElementTree.fromstring(figure_svg(heat, title=title, words=words)).get(side, "0"))
        for title, words, side in (("t", "w", "width"), ("t" * 90, "w", "width"), ("t", "w", "height"),
                                   ("t", "word " * 60, "height"))
    ]  # fmt: skip
    assert sizes[0] >= 76 + 12 * 58 and sizes[1] >= 900 and sizes[3] > sizes[2]


def test_the_figure_fetches_and_runs_nothing() -> None:
    root = ElementTree.fromstring(map_svg(analysis(), name="run"))
    names = {name for node in root.iter() for name in node.attrib}
    assert not {name for name in names if name.startswith("on") or "href" in name or name == "style"}
    assert {node.tag.removeprefix(SVG) for node in root.iter()} == {
        "svg", "title", "desc", "rect", "path", "text", "g"
    }  # fmt: skip


def test_hostile_text_stays_text() -> None:
    rows = robustness(Shape(layers=1)).modules
    hostile = robustness(Shape(layers=1)).model_copy(
        update={"modules": (rows[0].model_copy(update={"module": "<script>alert(1)</script>\u202e.0"}), *rows[1:])}
    )
    svg = figure_svg(heat_map(hostile, MARGIN), title=HOSTILE[0], words=f"{HOSTILE[1]} \x07")
    assert "<script" not in svg and "<img" not in svg and "\u202e" not in svg and "\x07" not in svg
    assert HOSTILE[0] in texts(svg) and "<script>alert(1)</script>⟦U+202E⟧" in texts(svg)


def test_the_same_analysis_gives_the_same_bytes() -> None:
    assert map_svg(analysis(), name="run") == map_svg(analysis(), name="run")
