"""Entry point of `harness`: finds the verb, imports that verb's file alone, and turns errors into exit codes.

Exit codes: 0 done, 1 the world failed (memory, disk, network), 2 the input is wrong, 3 done and the gate says
no, 4 done and the gate can't say, 130 interrupted.
"""

from __future__ import annotations

import ast
import errno
import importlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from harness import __version__
from harness.errors import HarnessError

VERBS = (
    "run", "plan", "audit", "analyze", "validate", "fetch", "calibrate", "report", "gate", "show", "export", "ls",
    "init", "doctor",
)  # fmt: skip
"""In the order that `harness --help` prints them; each is a function in harness/cli/<verb>.py."""

INTERRUPTED = 130
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; `arguments` default to the process's own."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [word for word in given if word != "--debug"]
    try:
        build(next((word for word in given if not word.startswith("-")), None))(given, prog_name="harness")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        return _interrupted() if code == INTERRUPTED else code
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as error:
        if debug:
            raise
        return _fail(error)
    return 0


def build(called: str | None) -> typer.Typer:
    """The app with `called` imported; of the other verbs it knows the name and the first line of the help."""
    app = typer.Typer(
        name="harness",
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for verb in VERBS:
        if verb == called:
            app.command(verb)(getattr(importlib.import_module(f"harness.cli.{verb}"), verb))
        else:
            app.command(verb, help=_summary(verb))(_elsewhere)
    return app


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"harness {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", is_eager=True, callback=_version)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something fails.")] = False,
) -> None:
    """Measure how much benign fine-tuning harms an aligned chat model, and which way of tuning avoids it.

    Example: harness run configs/quickstart.yaml
    """


def _elsewhere() -> None:
    """Stands for a verb that was not called."""


def _summary(verb: str) -> str:
    """First line of a verb's help, read without importing its file."""
    tree = ast.parse(Path(__file__).with_name(f"{verb}.py").read_text(encoding="utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == verb)
    return (ast.get_docstring(next(functions)) or "").partition("\n")[0]


def _fail(error: Exception) -> int:
    """Say in one red line what went wrong; returns the exit code."""
    code, line = _in_words(error)
    typer.secho(f"error: {_one_line(line)}", fg=typer.colors.RED, err=True)
    return code


def _in_words(error: Exception) -> tuple[int, str]:
    if isinstance(error, HarnessError):
        return error.exit_code, str(error)
    if isinstance(error, MemoryError):
        return 1, "out of memory; use a smaller batch or fewer --jobs and run the same command again"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        where = f" ({error.filename})" if error.filename else ""
        return 1, f"the disk is full{where}; make room and run the same command again"
    if isinstance(error, OSError):
        return 1, str(error)
    return (
        1,
        f"unexpected {type(error).__name__}: {error}; this is a fault of the harness (--debug shows where)",
    )


def _one_line(text: str) -> str:
    return _CONTROL.sub("", " ".join(text.split()))


def _interrupted() -> int:
    typer.secho(
        "interrupted; nothing lost; run the same command again to go on", fg=typer.colors.YELLOW, err=True
    )
    return INTERRUPTED
