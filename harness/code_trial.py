"""Runs Python that a model wrote, with tests, in a subprocess: limited time and memory, no inherited environment.

It is no sandbox: the code may read files and reach the network as the user can. So only a config that says
`allow_code_execution: true` gets here.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

SECONDS = 10.0
"""Wall time; the processor's is bounded by the same number."""
MEMORY = 512 << 20
"""Bytes of address space."""
WRITTEN = 1 << 20
"""Bytes of a file that it may write."""

_BOOT = """
import resource, sys
for kind, most in ((resource.RLIMIT_AS, {memory}), (resource.RLIMIT_CPU, {seconds}), (resource.RLIMIT_CORE, 0),
                   (resource.RLIMIT_FSIZE, {written}), (resource.RLIMIT_NOFILE, 32)):
    resource.setrlimit(kind, (most, most))
del resource
exec(compile(open("program.py", encoding="utf-8").read(), "program.py", "exec"), {{"__name__": "__main__"}})
open("passed", "w").write("{token}")
"""


def passes(code: str, tests: Sequence[str]) -> bool:
    """Whether the code runs to its end with the tests after it; leaving early is not passing."""
    token = secrets.token_hex(16)
    boot = _BOOT.format(memory=MEMORY, seconds=int(SECONDS), written=WRITTEN, token=token)
    with tempfile.TemporaryDirectory(prefix="harness-code-") as folder:
        program = "\n".join((code, *tests)).encode("utf-8", errors="replace")
        (Path(folder) / "program.py").write_bytes(program)
        _run([sys.executable, "-I", "-S", "-B", "-c", boot], folder)
        passed = Path(folder) / "passed"
        return passed.is_file() and passed.read_text(encoding="utf-8", errors="replace") == token


def code_in(reply: str) -> str:
    """A reply's code: what its first fence holds, else the whole reply."""
    fenced = re.search(r"```[ \t]*\w*[ \t]*\n(.*?)(?:```|\Z)", reply, flags=re.DOTALL)
    return fenced.group(1) if fenced else reply


def _run(command: Sequence[str], folder: str) -> None:
    """Run a command in a session of its own, and end all of it when it is done or the time is up."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
