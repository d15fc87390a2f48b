"""What a judge is; one file each beside this one: `Settings` (a JudgeSettings) and `judge(samples, settings)`.

`judge(samples: Sequence[Sample], settings: Settings) -> list[Verdict]`, in the order of the samples. A judge whose
verdicts hang on other files (shared code, a model) also has `files(settings) -> tuple[Path, ...]`: their bytes go
into the judge stage's key. One that was fitted to labels has `fitted_on(settings) -> str`, their file's sha256.
"""

from __future__ import annotations

from harness.specs import Record


class JudgeSettings(Record):
    """Base of every judge's settings; a judge without settings uses it as it is."""
