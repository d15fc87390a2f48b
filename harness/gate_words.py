"""A rule's margin in words."""

from __future__ import annotations

from harness.gate_records import RuleMargin


def margin_words(margin: RuleMargin) -> str:
    """Such as `margin: 5.0 points on the allowed side (bound 15.0)`."""
    if margin.margin is None or margin.bound is None:
        return "margin: none, nothing was measured"
    side = "on the allowed side" if margin.margin >= 0 else "beyond the threshold"
    return f"margin: {abs(100 * margin.margin):.1f} points {side} (bound {100 * margin.bound:.1f})"
