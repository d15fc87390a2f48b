"""Exit codes, one line per error, and what `harness --help` may load."""

from __future__ import annotations

import errno
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness import errors
from harness.cli import app, ls

HEAVY = (
    "torch",
    "transformers",
    "vllm",
    "lm_eval",
    "datasets",
    "peft",
    "sklearn",
    "pandas",
    "altair",
    "vl_convert",
    "numpy",
    "scipy",
    "pydantic",
)


def loaded_by(*arguments: str) -> set[str]:
    """Heavy packages, and verbs, that a command line leaves in sys.modules."""
    code = (
        "import sys\nfrom harness.cli.app import main\ncode = main(sys.argv[1:])\n"
        f"names = {{n.split('.')[0] for n, m in sys.modules.items() if m is not None}} & {set(HEAVY)!r}\n"
        "verbs = {n for n in sys.modules if n.startswith('harness.cli.')}\n"
        "print('LOADED', *sorted(names | verbs))\nsys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("LOADED")[2].split())


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """`harness ls tasks` raises what is put in here."""
    raised: list[BaseException] = []

    def rows(kind: str) -> tuple[tuple[str, str], ...]:
        raise raised[0]

    monkeypatch.setattr(ls, "rows", rows)
    return raised


def test_help_imports_no_verb_and_nothing_heavy() -> None:
    assert loaded_by("--help") == {"harness.cli.app"}


@pytest.mark.parametrize("verb", app.VERBS)
def test_help_of_a_verb_imports_that_verb_alone(verb: str) -> None:
    """Typer itself may bring pydantic, to convert a verb's arguments."""
    assert loaded_by(verb, "--help") - {"pydantic"} <= {
        f"harness.cli.{name}" for name in ("app", "options", "display", verb)
    }


@pytest.mark.parametrize("kind", ls.KINDS)
def test_ls_loads_no_library_of_models(kind: str) -> None:
    assert loaded_by("ls", kind) & set(HEAVY) <= {"pydantic"}


@pytest.mark.parametrize("verb", app.VERBS)
def test_help_of_a_verb_has_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main([verb, "--help"]) == 0
    assert f"Example: harness {verb}" in capsys.readouterr().out


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["--help"]) == 0
    words = capsys.readouterr().out.split()
    assert set(app.VERBS) <= set(words)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["--version"]) == 0
    assert re.fullmatch(r"harness \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_an_unknown_verb_is_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["rnu"]) == 2
    assert "Did you mean 'run'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigError("a.yaml: x"), 2),
        (errors.StageError("died"), 1),
        (errors.SilentFailureError("same"), 1),
        (errors.GateClosed("no"), 3),
        (errors.CantSay("unsettled"), 4),
    ],
)
def test_our_errors_are_one_line_and_their_exit_code(
    error: Exception, code: int, failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(error)
    assert app.main(["ls", "tasks"]) == code
    assert capsys.readouterr().err == f"error: {error}\n"


def test_several_lines_and_control_characters_become_one_plain_line(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(errors.DatasetError("row 3:\n  \x1b[31mred\x07"))
    assert app.main(["ls", "tasks"]) == 2
    assert capsys.readouterr().err == "error: row 3: [31mred\n"


def test_a_full_disk_is_one_line(failing: list[BaseException], capsys: pytest.CaptureFixture[str]) -> None:
    failing.append(OSError(errno.ENOSPC, "No space left on device", "store/x"))
    assert app.main(["ls", "tasks"]) == 1
    assert (
        capsys.readouterr().err
        == "error: the disk is full (store/x); make room and run the same command again\n"
    )


def test_no_memory_is_one_line(failing: list[BaseException], capsys: pytest.CaptureFixture[str]) -> None:
    failing.append(MemoryError())
    assert app.main(["ls", "tasks"]) == 1
    assert capsys.readouterr().err.startswith("error: out of memory;")


def test_any_other_os_error_is_one_line(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(PermissionError(errno.EACCES, "Permission denied", "store"))
    assert app.main(["ls", "tasks"]) == 1
    assert capsys.readouterr().err == "error: [Errno 13] Permission denied: 'store'\n"


def test_an_interrupt_says_that_nothing_is_lost(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(KeyboardInterrupt())
    assert app.main(["ls", "tasks"]) == 130
    assert capsys.readouterr().err.strip() == "interrupted; nothing lost; run the same command again to go on"


def test_a_fault_of_ours_is_one_line(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(ZeroDivisionError("x"))
    assert app.main(["ls", "tasks"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: unexpected ZeroDivisionError: x;")
    assert "Traceback" not in err


@pytest.mark.parametrize("line", [["--debug", "ls", "tasks"], ["ls", "tasks", "--debug"]])
def test_debug_lets_the_error_through(line: list[str], failing: list[BaseException]) -> None:
    failing.append(errors.ConfigError("a.yaml: x"))
    with pytest.raises(errors.ConfigError):
        app.main(line)


def test_the_module_runs_as_the_command_does(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "ls", "nothing"], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
