"""Vega's SVG as it lies in a page: classes in place of colours, titles in place of roles, nothing else."""

from __future__ import annotations

from xml.etree import ElementTree

import altair as alt
import pytest

from harness.chart_svg import file_svg, page_svg

HOSTILE = "<script>x</script> & \"'"


@pytest.fixture(scope="module")
def chart() -> alt.Chart:
    rows = [{"x": 1 / 3, "y": 0.5, "paint": ".point.m2", "title": HOSTILE}]
    points = alt.Chart(alt.InlineData(values=rows)).mark_point().encode(
        x=alt.X("x:Q", axis=alt.Axis(gridColor=".grid")), y="y:Q", fill=alt.Fill("paint:N", scale=None),
        description="title:N",
    )  # fmt: skip
    made: alt.Chart = points
    return made


@pytest.fixture(scope="module")
def page(chart: alt.Chart) -> ElementTree.Element:
    return ElementTree.fromstring(page_svg(chart, classes="scatter wide", label=HOSTILE, description=HOSTILE))


def test_a_page_keeps_what_is_painted_with_classes(page: ElementTree.Element) -> None:
    classes = {node.get("class") for node in page.iter() if node.tag not in {"svg", "g", "title", "desc"}}
    assert classes == {"point m2", "grid"}


def test_a_page_keeps_no_colour_role_style_id_or_namespace(page: ElementTree.Element) -> None:
    kept = {"class", "viewBox", "role", "aria-label", "transform", "d", "x2", "y2"}
    assert {name for node in page.iter() for name in node.attrib} <= kept
    assert [node.tag for node in page.iter() if node.get("role")] == ["svg"]
    assert not [node.tag for node in page.iter() if node.tag.startswith("{")]


def test_words_of_a_mark_are_its_title(page: ElementTree.Element) -> None:
    (mark,) = (node for node in page.iter("path") if node.get("class") == "point m2")
    assert [title.text for title in mark.findall("title")] == [HOSTILE]
    assert page.findtext("desc") == HOSTILE and page.get("aria-label") == HOSTILE


def test_numbers_are_rounded(page: ElementTree.Element) -> None:
    assert not [v for node in page.iter() for v in node.attrib.values() if "33333" in v or "66667" in v]


def test_a_file_keeps_the_colours_and_names_itself(chart: alt.Chart) -> None:
    red: alt.Chart = chart.encode(fill=alt.value("#ff0000"))
    root = ElementTree.fromstring(file_svg(red, font="serif", title=HOSTILE, description="words"))
    assert [node.text for node in root][:2] == [HOSTILE, "words"] and root.get("role") == "img"
    assert "#ff0000" in {node.get("fill") for node in root.iter()}
