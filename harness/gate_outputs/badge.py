"""A badge: a small SVG with the gate's answer; no script, no font, no network."""

from __future__ import annotations

from xml.etree import ElementTree

from harness.gate_outputs import GateReport
from harness.gate_words import GATE_WORDS, gate_title
from harness.hostile import one_line

_COLOURS = {"pass": "#1a7f37", "fail": "#c62828", "cant_say": "#8a6100"}
"""White text on each has a contrast of at least 4.5 (WCAG 2.2, 1.4.3)."""
_LONGEST = 30
"""Characters of variants' names; of longer ones it gives the number."""
_HEIGHT, _CHARACTER, _PADDING = 20, 7, 12


def badge(report: GateReport) -> str:
    """`gate`, with the variants where it is not of all, beside `pass`, `fail` or `can’t say`.

    The names of the run and of its baseline are its title.
    """
    word = GATE_WORDS[report.decision.outcome]
    name = one_line(gate_title(report.decision, first="gate", most=_LONGEST))
    left, right = (_CHARACTER * len(text) + _PADDING for text in (name, word))
    title = f"{report.heading}: {word}"
    root = ElementTree.Element(
        "svg",
        {"xmlns": "http://www.w3.org/2000/svg", "width": str(left + right), "height": str(_HEIGHT), "role": "img",
         "aria-label": title},
    )  # fmt: skip
    ElementTree.SubElement(root, "title").text = title
    for x, width, colour, text in (
        (0, left, "#444", name),
        (left, right, _COLOURS[report.decision.outcome], word),
    ):
        size = {"x": str(x), "width": str(width), "height": str(_HEIGHT), "fill": colour}
        ElementTree.SubElement(root, "rect", size)
        place = {"x": str(x + width / 2), "y": "14", "fill": "#fff", "font-family": "sans-serif", "font-size": "11"}
        ElementTree.SubElement(root, "text", {**place, "text-anchor": "middle"}).text = text
    return ElementTree.tostring(root, encoding="unicode") + "\n"
