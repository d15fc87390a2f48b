"""RunComparison → one self-contained HTML file: no script, no network, everything escaped (report_html.py)."""

from __future__ import annotations

from harness.report_html import environment, policy, stylesheet
from harness.run_comparison_records import RunComparison


def render_runs(comparison: RunComparison) -> str:
    """The runs side by side as HTML."""
    from markupsafe import Markup

    from harness.chart_trends import course_svg

    style = stylesheet()
    template = environment().get_template("runs.html")
    return template.render(
        found=comparison,
        style=style,
        policy=policy(style),
        course_svg=lambda course, label: Markup(course_svg(course, label=label)),
    )
