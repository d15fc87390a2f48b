"""Every error the harness raises on purpose, and the exit code each one carries.

    HarnessError                      exit code
    ├── InputError                    2   what the user gave is wrong
    │   ├── ConfigError                   a key, type or value in a YAML config or --set
    │   ├── DatasetError                  a row of benign IFT data or prompts
    │   ├── TaskError                     a task folder
    │   ├── ModelError                    a base model, checkpoint, tokenizer or chat template
    │   ├── PluginError                   an unknown strategy, judge or backend
    │   └── MissingExtraError             a package that an extra would install
    ├── WorldError                    1   the world failed: memory, disk, network, a killed process
    │   ├── StoreError                    the store could not be read or written
    │   └── StageError                    a stage died; names the stage and its log
    ├── SilentFailureError            1   outputs that cannot be right (an adapter never applied, ...)
    └── GateClosed                    3   done, and the gate says no (CantSay: 4)

One line per message: the file, line or key, what is wrong, and what would be right.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class HarnessError(Exception):
    """Root of the tree; `exit_code` is what the process ends with."""

    exit_code = 1


class InputError(HarnessError):
    """What the user gave is wrong; the message names file, line or key, and what would be right."""

    exit_code = 2


class ConfigError(InputError):
    """A key, type or value in a config."""


class DatasetError(InputError):
    """A row of benign IFT data or of a prompt file."""


class TaskError(InputError):
    """A task folder that is malformed, unknown or empty."""


class ModelError(InputError):
    """A base model, checkpoint, tokenizer or chat template that cannot be used."""


class PluginError(InputError):
    """An unknown or malformed strategy, judge or backend."""


class MissingExtraError(InputError):
    """A package is absent that one of our extras would install."""

    def __init__(self, package: str, *, extra: str) -> None:
        super().__init__(f"{package} is not installed; run: pip install 'benign-ift-harness[{extra}]'")


class WorldError(HarnessError):
    """Memory, disk, network or another process failed; the same command may work later."""

    exit_code = 1


class StoreError(WorldError):
    """The store could not be read or written."""


class StageError(WorldError):
    """A stage died without a reason of its own."""


class SilentFailureError(HarnessError):
    """Every part ended well and the outputs still cannot be right."""

    exit_code = 1


class GateClosed(HarnessError):
    """The run is done and the gate says no."""

    exit_code = 3


class CantSay(GateClosed):
    """The run is done and the evidence does not settle the gate's question."""

    exit_code = 4


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint such as `; did you mean 'rest_ratio'?`, or an empty string where nothing is near.

    A name that others go on from with `-` is that of a sweep: then the first three of those.
    """
    names = list(known)
    swept = [name for name in names if word and name.startswith(f"{word}-")]
    if swept:
        more = f" or another of {len(swept)}" if len(swept) > 3 else ""
        return f"; did you mean {' or '.join(repr(name) for name in swept[:3])}{more}?"
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def by_name(name: str, *, message: str) -> HarnessError:
    """The error class called `name` with `message`, for errors that crossed a process border.

    An unknown name (a foreign exception) becomes a StageError.
    """
    stack: list[type[HarnessError]] = [HarnessError]
    while stack:
        cls = stack.pop()
        if cls.__name__ == name:
            error = cls.__new__(cls)
            Exception.__init__(error, message)
            return error
        stack.extend(cls.__subclasses__())
    return StageError(message)


def first_line(error: Exception) -> str:
    """The first line of a foreign error's text, or the name of its class where it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
