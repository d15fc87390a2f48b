"""How the marks of a drawing look: a colour and a shape, both from one number."""

from __future__ import annotations

COLOURS = 9
"""0 the base, 1 plain IFT, 2..7 mitigations by strategy, 8 controls: classes m0..m8 of report.css."""
OUTLINES = (
    "M1,0A1,1,0,1,1,-1,0A1,1,0,1,1,1,0Z",
    "M-0.86,-0.86L0.86,-0.86L0.86,0.86L-0.86,0.86Z",
    "M0,-1.14L1.14,0.86L-1.14,0.86Z",
    "M0,-1.14L1.14,0L0,1.14L-1.14,0Z",
    "M0,1.14L1.14,-0.86L-1.14,-0.86Z",
    "M-0.5,-1L0.5,-1L1,0L0.5,1L-0.5,1L-1,0Z",
    "M-0.4,-1.15L0.4,-1.15L0.4,-0.4L1.15,-0.4L1.15,0.4L0.4,0.4L0.4,1.15L-0.4,1.15L-0.4,0.4"
    "L-1.15,0.4L-1.15,-0.4L-0.4,-0.4Z",
    "M0,-1.3L0.33,-0.45L1.24,-0.4L0.53,0.17L0.76,1.05L0,0.56L-0.76,1.05L-0.53,0.17L-1.24,-0.4L-0.33,-0.45Z",
)
"""Circle, square, triangle, diamond, triangle on its tip, hexagon, cross, star: paths around 0, about alike in size."""
_ACTIONS = {"grow": 0, "bisect": 1, "extend": 2, "single": 3, "repair": 4}
"""What a search does → its outline."""


def mark_of(colour: int, number: int) -> int:
    """The mark of the `number`th variant (from 0) in a colour; each has a shape of its own, up to eight in a colour."""
    return colour + COLOURS * number


def hue(mark: int) -> int:
    """The colour of a mark, 0..8."""
    return mark % COLOURS


def shape(mark: int) -> int:
    """The shape of a mark, an index of OUTLINES."""
    return (mark % COLOURS + mark // COLOURS) % len(OUTLINES)


def outline(mark: int) -> str:
    """The shape of a mark as an SVG path."""
    return OUTLINES[shape(mark)]


def trial_outline(action: str) -> str:
    """The shape of what a search did."""
    return OUTLINES[_ACTIONS[action]]
