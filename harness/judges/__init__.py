"""What a judge is; one file each beside this one: `Settings` (a JudgeSettings) and `judge(samples, settings)`.

`judge(samples: Sequence[Sample], settings: Settings) -> list[Verdict]`, in the order of the samples. A judge may also
define

- `files(settings) -> tuple[Path, ...]`: files and folders, beside its own file, whose bytes its verdicts depend on: a
  local model, shared code. They go into the stage's key.
- `tells(settings) -> frozenset[Outcome]`: the outcomes that it can tell, where those are not all. A judge that does
  not tell what a task counts cannot decide that task's score.
- `outcome(settings) -> str`: what the score of a task is called that it decides, where that is not the task's own word.
- `misfit(settings, card: TaskCard) -> str`: why it must not decide that task's score although it tells the outcomes:
  what they mean is something else than the task counts. Empty where it may.
- `opened(settings, *, scratch: Path | None) -> AbstractContextManager[Ask]`: for a judge that holds something from one
  batch of samples to the next: a model, a budget. `scratch` is a folder of the store that all judging shares and that
  stays: what was paid for is kept there, by a digest of all that was asked.
- `opened_against(reference: Sequence[Sample], settings, *, scratch)`: in the place of `opened`, for a judge that lays a
  completion beside the base model's to the same prompt; `reference` are the base's samples.
- `decisive(settings) -> Settings`: the settings with those at their defaults that cannot change a verdict (limits of
  time or money). Only the others are in the stage's key.
- `expenses(settings) -> tuple[Expense, ...]`: for a judge that pays for requests, what one sample may cost; shown by
  `harness plan` before anything is spent.
- `fitted_on(settings) -> frozenset[str]`: of a judge that was fitted to labels, the sha256 of their files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, get_args

from pydantic import SerializeAsAny, SerializerFunctionWrapHandler, model_serializer

from harness.records import Outcome, Sample, TaskCard, Verdict
from harness.specs import Record

if TYPE_CHECKING:
    from harness.rubrics import ChatRequest
    from harness.rubrics.ask_settings import AskSettings

Ask = Callable[[Sequence[Sample]], list[Verdict]]
"""One verdict for each sample, in order."""


TOO_LONG = "the prompt is longer than max_model_len"
"""Why a sample without a completion is unscored."""


class JudgeSettings(Record):
    """Base of every judge's settings; a judge without settings uses it as it is."""


class NamedJudge(Record):
    """A judge as a config asks it: `{judge: FILE, and that judge's settings}`."""

    judge: str
    """Name of its file."""
    settings: SerializeAsAny[JudgeSettings]

    @model_serializer(mode="wrap")
    def _flat(self, dump: SerializerFunctionWrapHandler) -> dict[str, object]:
        """As it is written in a config."""
        settings: dict[str, object] = dump(self)["settings"]
        return {"judge": self.judge, **settings}


@dataclass(frozen=True)
class Expense:
    """A paid request that a judge makes for each sample. Money is in the currency of its prices."""

    payee: str
    """Who is asked, e.g. `gpt-x at https://host/v1`."""
    attempts: int
    """Times that the request is sent at most."""
    worst: float | None
    """The most that it costs, the judged text left out; None where no prices are set."""
    text_price: float
    """Of a million tokens of the judged text."""
    cap: float | None
    """For each judged checkpoint; None is no cap."""
    requests: int = 1
    """For each sample."""


def expense_of(settings: AskSettings, blank: ChatRequest, *, requests: int = 1) -> Expense:
    """Of a judge that asks an LLM behind an endpoint; `blank` is what it sends about empty texts."""
    priced = settings.price_per_million_in or settings.price_per_million_out
    return Expense(
        payee=f"{settings.model} at {settings.base_url}",
        attempts=1 + settings.retries,
        worst=settings.budget.worst(blank) if priced else None,
        text_price=settings.price_per_million_in,
        cap=settings.max_cost,
        requests=requests,
    )


def unscored(sample: Sample, *, judge: str, reason: str = TOO_LONG) -> Verdict:
    """The verdict of a judge that cannot say, with the reason."""
    return Verdict(
        task=sample.task, sample_id=sample.sample_id, judge=judge, outcome=None, unscored_reason=reason
    )


def compares(module: ModuleType) -> bool:
    """Whether the judge lays completions beside the base model's."""
    return hasattr(module, "opened_against")


def open_judge(
    module: ModuleType, settings: JudgeSettings, *, scratch: Path | None, reference: Sequence[Sample] = ()
) -> AbstractContextManager[Ask]:
    """A judge ready to be asked; what it holds is freed at the end of the context. Raises what the judge raises."""
    held: AbstractContextManager[Ask]
    if compares(module):
        held = module.opened_against(reference, settings, scratch=scratch)
        return held
    if hasattr(module, "opened"):
        held = module.opened(settings, scratch=scratch)
        return held

    def ask(samples: Sequence[Sample]) -> list[Verdict]:
        verdicts: list[Verdict] = module.judge(samples, settings)
        return verdicts

    return nullcontext(ask)


def files_of(module: ModuleType, settings: JudgeSettings) -> tuple[Path, ...]:
    """What beside its own file the judge's verdicts depend on."""
    named: tuple[Path, ...] = module.files(settings) if hasattr(module, "files") else ()
    return named


def decisive_of(module: ModuleType, settings: JudgeSettings) -> JudgeSettings:
    """The settings with those that cannot change a verdict at their defaults."""
    kept: JudgeSettings = module.decisive(settings) if hasattr(module, "decisive") else settings
    return kept


def outcomes_of(module: ModuleType, settings: JudgeSettings) -> frozenset[Outcome]:
    """The outcomes that the judge can tell."""
    all_but_neither = frozenset[Outcome](get_args(Outcome)) - {"neither"}
    told: frozenset[Outcome] = module.tells(settings) if hasattr(module, "tells") else all_but_neither
    return told


def misfit_of(module: ModuleType, settings: JudgeSettings, card: TaskCard) -> str:
    """Why the judge must not decide the task's score; empty where it may."""
    reason: str = module.misfit(settings, card) if hasattr(module, "misfit") else ""
    return reason


def fitted_on_of(module: ModuleType, settings: JudgeSettings) -> frozenset[str]:
    """sha256 of the files of labels that the judge was fitted to."""
    digests: frozenset[str] = module.fitted_on(settings) if hasattr(module, "fitted_on") else frozenset()
    return digests


def outcome_of(module: ModuleType, settings: JudgeSettings) -> str:
    """What the score is called where the judge decides it; empty for the task's own word."""
    word: str = module.outcome(settings) if hasattr(module, "outcome") else ""
    return word


def expenses_of(module: ModuleType, settings: JudgeSettings) -> tuple[Expense, ...]:
    """The paid requests that the judge makes for each sample; empty for one that asks nobody."""
    paid: tuple[Expense, ...] = module.expenses(settings) if hasattr(module, "expenses") else ()
    return paid
