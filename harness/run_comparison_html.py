"""RunComparison → one self-contained HTML file: no script, no network, everything escaped (report_html.py)."""

from __future__ import annotations

from harness import resources
from harness.report_html import environment, policy
from harness.run_comparison_records import RunComparison


def render_runs(comparison: RunComparison) -> str:
    """The runs side by side as HTML."""
    style = (resources.folder("reports") / "report.css").read_text(encoding="utf-8")
    template = environment().get_template("runs.html")
    return template.render(found=comparison, style=style, policy=policy(style))
