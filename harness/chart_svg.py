"""Vega-Lite → SVG without script, style attribute, font, id or anything fetched; hover words as <title>.

A chart that is to follow a page's style paints with class names: `.point.m2` in place of a colour. What it paints so
carries these classes and no colours; what it does not is Vega's scaffolding, and is left out. Where a mark has a
`description`, it becomes the mark's <title>.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from altair import TopLevelMixin

_SVG = "{http://www.w3.org/2000/svg}"
_GEOMETRY = ("d", "transform", "x2", "y2", "text-anchor", "stroke-dasharray")
_PAINT = ("width", "height", "fill", "stroke", "stroke-width", "font-size", "font-weight")
_STILL = "translate(0,0)"
_NUMBER = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")


def page_svg(chart: TopLevelMixin, *, classes: str, label: str, description: str) -> str:
    """An <svg> to lie in an HTML page, styled by the page."""
    made = _drawn(chart)
    attributes = {"class": classes, "viewBox": made.get("viewBox", ""), "role": "img", "aria-label": label}
    root = ElementTree.Element("svg", attributes)
    if description:
        ElementTree.SubElement(root, "desc").text = description
    root.extend(_themed(made))
    return ElementTree.tostring(root, encoding="unicode")


def file_svg(chart: TopLevelMixin, *, font: str, title: str, description: str) -> str:
    """An SVG file of its own, in the chart's own colours."""
    made = _drawn(chart)
    sizes = {name: made.get(name, "") for name in ("width", "height", "viewBox")}
    named = {"role": "img", "aria-labelledby": "title words", "font-family": font}
    root = ElementTree.Element("svg", {"xmlns": _SVG[1:-1], **sizes, **named})
    ElementTree.SubElement(root, "title", id="title").text = title
    ElementTree.SubElement(root, "desc", id="words").text = description
    root.extend(_painted(made))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _drawn(chart: TopLevelMixin) -> ElementTree.Element:
    """Vega's own SVG. It holds no markup but Vega's: whatever the data say is escaped there."""
    import vl_convert

    spec = chart.to_dict(validate=False)  # its parts were checked as they were made; the whole takes as long as drawing
    return ElementTree.fromstring(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def _themed(node: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """What a node's children become in a page."""
    for child in node:
        paints = [child.get(name, "") for name in ("fill", "stroke")]
        classes = " ".join(dict.fromkeys(c for p in paints if p.startswith(".") for c in p[1:].split(".")))
        if classes:
            yield _copy(child, {"class": classes}, _GEOMETRY)
        elif child.tag == f"{_SVG}g":
            yield from _group(child, list(_themed(child)))


def _painted(node: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """What a node's children become in a file: all that can be seen."""
    for child in node:
        if child.tag == f"{_SVG}g":
            yield from _group(child, list(_painted(child)))
        elif (child.get("fill") or child.get("stroke")) and (child.tag != f"{_SVG}text" or child.text):
            yield _copy(child, {} if child.get("fill") else {"fill": "none"}, (*_GEOMETRY, *_PAINT))


def _group(node: ElementTree.Element, inner: list[ElementTree.Element]) -> Iterator[ElementTree.Element]:
    """A group where it moves something; else what is in it."""
    moved = node.get("transform", _STILL)
    if not inner or moved == _STILL:
        yield from inner
        return
    group = ElementTree.Element("g", {"transform": _rounded(moved)})
    group.extend(inner)
    yield group


def _copy(node: ElementTree.Element, attributes: dict[str, str], names: tuple[str, ...]) -> ElementTree.Element:
    kept = {name: _rounded(value) for name in names if (value := node.get(name)) and value != _STILL}
    made = ElementTree.Element(node.tag.removeprefix(_SVG), {**attributes, **kept})
    made.text = node.text
    words = node.get("aria-label")
    if words:
        ElementTree.SubElement(made, "title").text = words
    return made


def _rounded(value: str) -> str:
    """The numbers of a value to a hundredth: no eye tells them apart, and they are the same on every machine."""
    return _NUMBER.sub(lambda found: f"{float(found.group()):.2f}".rstrip("0").rstrip("."), value)
