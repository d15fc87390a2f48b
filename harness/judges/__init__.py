"""What a judge is; one file each beside this one: `Settings` (a JudgeSettings) and `judge(samples, settings)`.

`judge(samples: Sequence[Sample], settings: Settings) -> list[Verdict]`, in the order of the samples.
"""

from __future__ import annotations

from harness.specs import Record


class JudgeSettings(Record):
    """Base of every judge's settings; a judge without settings uses it as it is."""
