"""Tasks as a config names them and as a run uses them, and the wrappers that prompts may be put into."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SerializationInfo, SerializerFunctionWrapHandler, model_serializer, model_validator

from harness.record import FOR_KEY, Record

Axis = Literal["harmfulness", "usability", "expertise"]
Direction = Literal["lower", "higher"]
"""Which way is better."""
LM_EVAL = "lm_eval:"
"""Opens the name of one of lm-eval's own tasks: `lm_eval:arc_easy`."""
NO_WRAPPER = "none"
"""Among `wrappers`, the prompts as they are."""


class Wrapper(Record):
    """A text that a prompt is put into, as an attack on refusals would (wrappers/*.yaml)."""

    name: str
    title: str
    text: str
    """Holds `{request}` once, where the prompt goes."""
    chat: bool = True
    """Whether the wrapped prompt goes through the chat template; else the model continues the bare text."""
    source: str
    """Where the technique is described."""

    @model_validator(mode="after")
    def _takes_a_request(self) -> Wrapper:
        if self.text.count("{request}") != 1:
            raise ValueError("text: must hold {request} once")
        return self

    def around(self, request: str) -> str:
        """The wrapped prompt."""
        return self.text.replace("{request}", request)


class LmEvalTask(Record):
    """One of lm-eval's own tasks, or of a folder in its form, and what the harness must know of it."""

    task: str
    """lm-eval's name."""
    axis: Axis
    direction: Direction
    metric: str
    """lm-eval's name of a metric between 0 and 1, e.g. acc."""
    version: str
    """lm-eval's version."""


class TaskChoice(Record):
    """One entry of evaluation.tasks."""

    task: str
    """A folder below tasks/, or `lm_eval:NAME`."""
    name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    """What the run calls it, for a task that is used twice; else the task's own name."""
    path: str | None = None
    """Local rows, for tasks that take them; for lm-eval's, a folder of YAMLs to look in before its own."""
    subset: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]+$")
    """Which part of a set that has several, e.g. a subject of MMLU."""
    limit: int | None = Field(default=None, gt=0)
    wrappers: tuple[str, ...] = Field(default=(NO_WRAPPER,), min_length=1)
    """The task is asked once in each; `none` leaves the prompts as they are."""
    judge: str | None = None
    """Scores a task by this judge (`complies` counts) in place of its own metric."""
    allow_code_execution: bool = False
    """Leave for tasks that run code which the model wrote."""
    axis: Axis | None = None
    """For lm-eval's own tasks: what they measure."""
    direction: Direction | None = None
    """Likewise; `higher` where nothing is said."""
    metric: str | None = None
    """Likewise: the metric that scores them."""

    @property
    def called(self) -> str:
        """What the run calls it, wrappers aside."""
        if self.name is not None:
            return self.name
        own = self.task.removeprefix(LM_EVAL)
        return own if self.subset is None else f"{own}-{self.subset}"


class TaskRef(Record):
    """A task as a run uses it: which folder, which bytes, which local rows."""

    name: str
    """What the run calls it, e.g. `advbench+role_play`."""
    digest: str
    """sha256 over the task's folder and, if given, its local rows."""
    folder: str
    """Absolute folder of the task's YAML; for lm-eval's own tasks empty."""
    path: str | None = None
    """Local file or folder with the task's rows, for tasks that take one."""
    subset: str | None = None
    limit: int | None = Field(default=None, gt=0)
    wrapper: Wrapper | None = None
    judge: str | None = None
    """Scores the task in place of its own metric."""
    lm_eval: LmEvalTask | None = None
    """For lm-eval's own tasks: which, and how it is scored."""

    @model_serializer(mode="wrap")
    def _placeless(self, dump: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, object]:
        """For a stage's key without the places that `digest` stands for: another checkout has the same tasks."""
        dumped: dict[str, object] = dump(self)
        if info.context == FOR_KEY:
            local = self.path is not None and Path(self.path).is_absolute()
            dumped |= {"folder": Path(self.folder).name} | ({"path": None} if local else {})
        return dumped

    @property
    def given(self) -> dict[str, str]:
        """What the function that loads the rows is told beside the YAML's metadata."""
        told = {"path": self.path, "subset": self.subset, "task": Path(self.folder).name}
        return {key: value for key, value in told.items() if value is not None}

    @property
    def plain(self) -> TaskRef:
        """Without its wrapper."""
        if self.wrapper is None:
            return self
        return self.model_copy(update={"wrapper": None, "name": self.name.removesuffix(f"+{self.wrapper.name}")})
