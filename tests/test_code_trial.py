"""Code that a model wrote passes or not, within its limits, and without what the harness knows."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pytest

from harness import code_trial
from harness.code_trial import code_in, passes

TESTS = ("assert double(2) == 4", "assert double(0) == 0")


@pytest.mark.parametrize(
    ("code", "passed"),
    [
        ("def double(x):\n    return 2 * x", True),
        ("import math\ndef double(x):\n    return math.floor(2 * x)", True),
        ("def double(x):\n    return x", False),
        ("def double(x):", False),
        ("", False),
        ("import sys\nsys.exit(0)", False),
        ("import os\nos._exit(0)", False),
        ("def double(x):\n    return '\ud800'", False),
        ("import pydantic\ndouble = lambda x: 2 * x", False),
        ("open('passed', 'w').write('x')", False),
    ],
)
def test_only_code_that_passes_every_test_passes(code: str, passed: bool) -> None:
    assert passes(code, TESTS) is passed


@pytest.mark.parametrize(
    "code",
    ["while True: pass", "import time\ntime.sleep(60)", "x = 'a' * (1 << 30)", "open('f', 'w').write('a' * (2 << 20))"],
)
def test_the_limits_hold(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(code_trial, "SECONDS", 1.0)
    start = time.monotonic()
    assert not passes(f"{code}\ndouble = lambda x: 2 * x", TESTS)
    assert time.monotonic() - start < 5


def test_nothing_is_inherited_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("SECRET_TOKEN", "x")
    alone = "import os\nassert 'SECRET_TOKEN' not in os.environ and os.listdir() == ['program.py']"
    assert passes(alone, ())
    assert passes("open('left', 'w').write('x')", ())
    assert list(tmp_path.iterdir()) == []


def test_what_it_started_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_trial, "SECONDS", 1.0)
    child = "import os, time\nif os.fork() == 0:\n    time.sleep(30)\n"
    start = time.monotonic()
    assert passes(child, ())
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("reply", "code"),
    [("x = 1", "x = 1"), ("So:\n```python\nx = 1\n```\nor\n```\ny\n```", "x = 1\n"), ("```\nx = 1", "x = 1")],
)
def test_the_code_is_found_in_the_reply(reply: str, code: str) -> None:
    assert code_in(reply) == code
