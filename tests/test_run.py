"""What a run records of the machine that made it."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from harness.run import processor


def test_the_processor_is_the_first_that_the_system_names(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "processor\t: 0\nmodel name\t: One CPU @ 2.0GHz\nmodel name\t: Other\n"
    monkeypatch.setattr(Path, "read_text", lambda self, **named: text)
    assert processor() == "One CPU @ 2.0GHz"


def test_where_the_system_names_none_python_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(self: Path, **named: str) -> str:
        raise FileNotFoundError(self)

    monkeypatch.setattr(Path, "read_text", gone)
    monkeypatch.setattr(platform, "processor", lambda: "arm")
    assert processor() == "arm"
