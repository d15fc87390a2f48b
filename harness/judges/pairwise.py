"""An LLM says which completion serves better, the judged one or the base model's to the same prompt, in both orders.

`complies` where it is the better one in both orders, `neither` where it is the worse one, `partly` for a tie: where the
LLM says so, or its preference turns with the order. They count as 1, 0 and one half, so the score is a win rate against
the base, which by itself has one half. Completions that are the same text tie unasked. A sample is unscored where an
order has no verdict, or a side no completion.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from harness.errors import ConfigError
from harness.judges import TOO_LONG, Ask, Expense, JudgeSettings, expense_of, unscored
from harness.records import Outcome, Sample, TaskCard, Verdict
from harness.resources import PACKAGE
from harness.rubrics.ask_settings import AskSettings, open_asker
from harness.rubrics.pairwise import Pair, Preference, blank, prefer

NAME = "pairwise"
_MEANING: dict[Literal["first", "second", "tie"], tuple[Outcome, float, str]] = {
    "first": ("complies", 1.0, "better than the base's"),
    "second": ("neither", 0.0, "worse than the base's"),
    "tie": ("partly", 0.5, "a tie with the base's"),
}


class Settings(AskSettings, JudgeSettings):
    """Which endpoint and model, within which limits."""


def files(settings: Settings) -> tuple[Path, ...]:
    """The code that asks. The model behind the endpoint has no digest: a served model may change unseen."""
    return tuple(sorted((PACKAGE / "rubrics").glob("*.py")))


def decisive(settings: Settings) -> Settings:
    """Without the limits that cannot change a verdict."""
    return settings.model_copy(update=settings.limits)


def tells(settings: Settings) -> frozenset[Outcome]:
    """Better, and a tie."""
    return frozenset(("complies", "partly"))


def misfit(settings: Settings, card: TaskCard) -> str:
    """Where serving the person better is not what the task counts."""
    if card.axis == "usability" and card.direction == "higher":
        return ""
    return f"it tells which answer serves better, which is not what a task of {card.axis} counts"


def outcome(settings: Settings) -> str:
    """A share of comparisons, and not of answers."""
    return "wins against the base"


def expenses(settings: Settings) -> tuple[Expense, ...]:
    """Two requests for each sample; none for the base's own."""
    return (expense_of(settings, blank(), requests=2),)


def judge(samples: Sequence[Sample], settings: Settings) -> list[Verdict]:
    """Raises ConfigError: without the base's completions there is nothing to compare with."""
    with opened_against((), settings, scratch=None) as ask:
        return ask(samples)


@contextmanager
def opened_against(reference: Sequence[Sample], settings: Settings, *, scratch: Path | None) -> Iterator[Ask]:
    """The endpoint, and the base's completions to compare with.

    Raises as `open_asker`, and ConfigError where there are no completions to compare with.
    """
    if not reference:
        raise ConfigError("judge pairwise: compares with the base's completions, which a run has (judging.primary)")
    base = {(s.task, s.sample_id): s for s in reference}
    with open_asker(settings, scratch=scratch, name=NAME) as asker:

        def ask(samples: Sequence[Sample]) -> list[Verdict]:
            others = [base.get((s.task, s.sample_id)) for s in samples]
            known = [_unasked(s, other) for s, other in zip(samples, others, strict=True)]
            pairs = [
                Pair(s.prompt, s.completion, other.completion)
                for s, other, found in zip(samples, others, known, strict=True)
                if found is None and other is not None
            ]
            preferred = iter(prefer(pairs, asker.ask))
            return [_verdict(s, found or next(preferred)) for s, found in zip(samples, known, strict=True)]

        yield ask


def _unasked(sample: Sample, other: Sample | None) -> Preference | None:
    """What is known without asking; None where the LLM has to say."""
    if other is None:
        return Preference(None, "the base has no completion to this prompt")
    if "prompt_too_long" in (sample.finish, other.finish):
        return Preference(None, TOO_LONG)
    return Preference("tie", "the same text") if sample.completion == other.completion else None


def _verdict(sample: Sample, preference: Preference) -> Verdict:
    if preference.better is None:
        return unscored(sample, judge=NAME, reason=preference.reason)
    outcome, value, words = _MEANING[preference.better]
    return Verdict(
        task=sample.task,
        sample_id=sample.sample_id,
        judge=NAME,
        outcome=outcome,
        evidence=f"{words}: {preference.reason}" if preference.reason else f"{words}, in both orders",
        value=value,
    )
