"""ReportView → one self-contained HTML file: no network, and a policy that runs our script alone.

Jinja escapes everything; samples travel as JSON that the script inserts by textContent only.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, ParamSpec

from harness import chart_marks, resources
from harness import report_layout as layout
from harness import report_words as words
from harness.gate_groups import rule_groups
from harness.gate_words import gate_title
from harness.hostile import one_line, visible
from harness.report_links import flip_link, score_link
from harness.report_outcomes import meanings
from harness.report_records import ReportView
from harness.report_store import LIMIT, Marks, pack

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

P = ParamSpec("P")
_REPORTS = "reports"
_SCRIPTS = ("store.js", "words.js", "texts.js", "samples.js", "links.js", "cards.js", "report.js")
"""One script, in this order."""
_STYLES = ("report.css", "wide.css", "print.css")
"""One style, in this order."""


def render(view: ReportView, *, redact: bool = False) -> str:
    """The report as HTML.

    With `redact`, completions of harmfulness tasks that are not plain refusals, and their reference answers, are left
    out, and it says so.
    """
    from harness import chart_drawings, loss_drawings

    folder = resources.folder(_REPORTS)
    style = stylesheet()
    script = "\n".join((folder / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    hues = {variant.name: chart_marks.hue(variant.mark) for variant in view.variants}
    return (
        environment()
        .get_template("report.html")
        .render(
            view=view,
            redact=redact,
            limit=LIMIT,
            style=style,
            script=script,
            policy=policy(style, script),
            scatter_svg=_markup(chart_drawings.scatter_svg),
            loss_svg=_markup(loss_drawings.loss_svg),
            losses_svg=_markup(loss_drawings.losses_svg),
            step_svg=_markup(chart_drawings.step_svg),
            samples=pack(view.samples, marks=Marks(view.tasks, hues), redact=redact, limit=LIMIT),
        )
    )


@cache
def environment() -> Environment:
    """Our templates, with everything escaped and made visible; compiled once."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = resources.folder(_REPORTS)
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        percent=words.percent, points=words.points, p_number=words.p_number, visible=visible, line=one_line,
        hue=chart_marks.hue, outline=chart_marks.outline, trial_outline=chart_marks.trial_outline,
        short=layout.short, digests=layout.cut_digests,
    )
    made.globals.update(
        interval=words.interval,
        point_interval=words.point_interval,
        plural=words.plural,
        gate_words=words.gate_words,
        gate_title=gate_title,
        rule_groups=rule_groups,
        score_link=score_link,
        flip_link=flip_link,
        gate_outcomes=words.GATE_WORDS,
        outcome_meanings=meanings,
        columns=layout.columns,
    )
    made.finalize = lambda value: (
        visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
    )
    return made


def stylesheet() -> str:
    """The style of every page."""
    folder = resources.folder(_REPORTS)
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in _STYLES)


def _markup(draw: Callable[P, str]) -> Callable[P, Markup]:
    """A drawing that Jinja takes as it is: whatever the data say is escaped in it already."""
    from markupsafe import Markup

    return lambda *args, **named: Markup(draw(*args, **named))


def policy(style: str, script: str = "") -> str:
    """A content security policy that lets this style and script in, by their hashes, and nothing else."""
    runs = f"'{_hash(script)}'" if script else "'none'"
    return (
        f"default-src 'none'; script-src {runs}; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
