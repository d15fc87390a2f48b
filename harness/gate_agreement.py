"""What a stored decision of the gate says otherwise than the same scores give now. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.gate_words import GATE_WORDS
from harness.records import GateDecision, RuleResult

_NUMBERS = ("outcome", "measured", "threshold", "variant", "task", "reference")
"""What a rule says beside its words. The last three are empty in the files of earlier versions."""


def decision_differences(
    said: GateDecision | None, now: GateDecision | None, *, words: bool
) -> tuple[str, ...]:
    """One line for each thing that a stored decision says and today's does not; None is no decision.

    `words`: whether the wording must be the same too; it is another with every version.
    """
    if said is None or now is None:
        if said is now:
            return ()
        gives = "the config has no gate" if now is None else f"the config’s gate gives {GATE_WORDS[now.outcome]}"
        return (f"{'is missing' if said is None else f'says {GATE_WORDS[said.outcome]}'}; {gives}",)
    lines = []
    if said.outcome != now.outcome:
        gives = f"the policy on the stored scores gives {GATE_WORDS[now.outcome]}"
        lines.append(f"says {GATE_WORDS[said.outcome]}; {gives}")
    lines += rule_differences(said.rules, now.rules, words=words)
    if said.baseline != now.baseline:
        lines.append("names another baseline than the run keeps")
    if not lines and words and said != now:
        rest = [name for name in type(said).model_fields if getattr(said, name) != getattr(now, name)]
        lines.append(f"its {', '.join(rest)} is not what the run’s own is")
    return tuple(lines)


def rule_differences(said: Sequence[RuleResult], now: Sequence[RuleResult], *, words: bool) -> tuple[str, ...]:
    """The same of a decision's rules."""
    if len(said) != len(now):
        return (f"has {len(said):,} rules; the policy asks {len(now):,}",)
    pairs = zip(said, now, strict=True)
    return tuple(line for number, pair in enumerate(pairs, start=1) for line in _rule(number, *pair, words=words))


def _rule(number: int, said: RuleResult, now: RuleResult, *, words: bool) -> Iterator[str]:
    own, given = said.model_dump(), now.model_dump()
    wrong = [name for name in _NUMBERS if own[name] != given[name] and own[name] != ""]
    for name in wrong:
        yield f"rule {number}: its {name} is {own[name]}; the policy on the stored scores gives {given[name]}"
    if words and not wrong:
        for name in (name for name in own if own[name] != given[name]):
            yield f"rule {number}: its {name} is not what the policy gives on the stored scores"
