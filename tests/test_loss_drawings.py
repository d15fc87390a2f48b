"""Charts of losses: lines, values under the pointer, ends."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

from harness import resources
from harness.loss_charts import loss_chart, loss_overview, loss_scale
from harness.loss_drawings import loss_svg, losses_svg
from harness.train_records import LossPoint
from tests.report_sources import HOSTILE
from tests.test_chart_drawings import drawn, of_class, spot

RUN = [LossPoint(step=s, loss=3 - s / 10, learning_rate=0) for s in (0, 10, 20)]


def losses(*seeds: int) -> ElementTree.Element:
    chart = loss_chart([(seed, RUN) for seed in seeds], mark=2, scale=loss_scale([RUN]))
    return drawn(loss_svg(chart, label="loss"))


def overview(*names: str) -> ElementTree.Element:
    chart = loss_chart([(0, RUN)], mark=2, scale=loss_scale([RUN]))
    both = loss_overview([(name, "", chart) for name in names])
    assert both is not None
    return drawn(losses_svg(both.wide, classes="wide", label="losses"))


def test_every_seed_has_a_line_of_its_own_dashes_over_its_raw_losses() -> None:
    root = losses(*range(4))
    lines = [node for node in of_class(root, "line") if node.findtext("title")]
    assert [(node.findtext("title") or "").partition(":")[0] for node in lines] == [f"seed {n}" for n in range(4)]
    assert len({node.get("stroke-dasharray") for node in lines}) == 4 and len(of_class(root, "raw")) == 4


def test_values_stand_under_the_pointer_and_ends_beside_the_lines() -> None:
    root = losses(7)
    titles = [node.findtext("title") for node in of_class(root, "spot")]
    assert titles == [f"seed 7, step {s}: loss {v}" for s, v in ((0, 3), (10, 2), (20, 1))]
    words = [node.text for node in of_class(root, "tick")]
    assert {"7: 1", "seed: end", "loss", "20 steps"} <= set(words)


def test_falling_loss_falls_in_the_drawing() -> None:
    heights = [spot(node)[1] for node in of_class(losses(7), "spot")[1:]]
    assert heights == sorted(set(heights)) and heights[0] > 0


def test_ends_of_many_seeds_are_left_to_the_pointer() -> None:
    assert "seed: end" not in {node.text for node in of_class(losses(*range(9)), "tick")}


def test_a_chart_of_nothing_is_drawn() -> None:
    assert of_class(losses(), "line") == []


def test_every_variant_has_a_line_and_its_name_at_the_end() -> None:
    root = overview("a", "b", "c")
    assert [node.text for node in of_class(root, "label")] == ["a", "b", "c"]
    assert len(of_class(root, "line")) == len(of_class(root, "leader")) == 3
    heights = [spot(node)[1] for node in of_class(root, "label")]
    assert min(abs(a - b) for a, b in pairwise(heights)) >= 13


def test_hostile_names_are_text_and_every_class_is_styled() -> None:
    root = overview(*HOSTILE, "a")
    assert {node.tag for node in root.iter()} <= {"svg", "desc", "g", "path", "line", "text", "title"}
    style = (resources.folder("reports") / "report.css").read_text(encoding="utf-8")
    classes = {name for r in (root, losses(0)) for node in r.iter() for name in node.get("class", "").split()}
    assert {name for name in classes if not re.search(rf"\.{name}\b", style)} == set()
