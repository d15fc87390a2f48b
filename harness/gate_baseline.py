"""A run's outcomes laid against a baseline's, for the rules of a policy that ask for it. Pure; no model, no store.

Compared on the prompts that both runs asked, by the statistics of the run that is judged. Where the task, its judge or
what decides about completions is not the same, nothing is subtracted; what else differs is noted. Source: ours.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

from harness.gate_rules import judged, rule_cards
from harness.outcome_records import Against, BaselineTable, GivenBaseline, RunOutcomes, TaskOutcomes, VariantOutcomes
from harness.policy import BASELINE, Policy
from harness.prompt_outcomes import Answers, changed_card, on_shared, shared_words
from harness.specs import StatisticsSettings
from harness.stages.score import Pair, compare_pair

THERE = "in the baseline"
AGAIN = "make the baseline again with this run’s"
_NOTED = ("backend", "dtype", "max_model_len")
"""Of how completions are made: what changes few of them."""


def lay_against(
    ours: RunOutcomes, given: GivenBaseline, *, policy: Policy, settings: StatisticsSettings
) -> BaselineTable:
    """Every judged variant on every task that a rule with `reference: baseline` is on."""
    theirs = given.outcomes
    cards = [task.card for task in ours.tasks]
    asked = dict.fromkeys(c.name for rule in policy.rules if rule.on_baseline for c in rule_cards(rule, cards))
    digest = hashlib.sha256(theirs.model_dump_json().encode()).hexdigest()
    return BaselineTable(
        run=theirs.run.model_copy(update={"variant": given.variant, "outcomes_digest": digest}),
        pairs=tuple(
            _pair(ours, theirs, settings, (task, variant, given.variant or variant))
            for variant in judged(policy, ours.variants)
            for task in asked
        ),
    )


def _pair(
    ours: RunOutcomes, theirs: RunOutcomes, settings: StatisticsSettings, wanted: tuple[str, str, str]
) -> Against:
    """`wanted`: task, variant, and the baseline's variant."""
    name, variant, reference = wanted
    found = Against(variant=variant, task=name, reference=reference)
    left, right = ours.task(name), theirs.task(name)
    if left is None or (mine := left.of(variant)) is None:
        return _gap(found, "this run has no outcomes of it", "run the config again")
    if right is None:
        return _gap(found, f"the baseline does not ask {name}", f"{AGAIN} tasks")
    if (other := right.of(reference)) is None:
        known = f"it has {', '.join(theirs.variants)}"
        return _gap(found, f"the baseline has no variant {reference}; {known}", "name one: --baseline RUN:VARIANT")
    if gap := not_comparable(left, right) or _other_answers(ours, theirs, generated=left.generated):
        return _gap(found, *gap)
    sides = _answers(left, mine), _answers(right, other)
    if not sides[0].keys() & sides[1].keys():
        return _gap(found, "no prompt was asked in both runs", f"{AGAIN} prompts")
    shared = shared_words(*sides)
    notes = (*_notes(ours, theirs, (left, right)), *_prompt_notes(ours, theirs, (variant, reference)))
    made = compare_pair(variant, BASELINE, name, Pair(*on_shared(*sides)), settings)
    if made is None:
        return _gap(found, "no prompt was scored in both runs", "score what is unscored in either")
    measured = found.model_copy(update={"comparison": made, "notes": (*((shared,) if shared else ()), *notes)})
    return _with_evidence(measured, right, other)


def _with_evidence(found: Against, task: TaskOutcomes, other: VariantOutcomes) -> Against:
    """With what the baseline's side rests on."""
    outcomes = [value for row in other.outcomes for value in row]
    unscored = sum(value is None for value in outcomes)
    evidence = {"scored": len(outcomes) - unscored, "unscored": unscored, "seeds": len(other.outcomes)}
    return found.model_copy(update={**evidence, "prompts": len(task.prompts), "leaked": task.leaked})


def not_comparable(ours: TaskOutcomes, theirs: TaskOutcomes) -> tuple[str, str] | None:
    """Why a task is not the same instrument in both runs, and what would mend it; None where it is."""
    mine, other = ours.judge, theirs.judge
    if mine != other:
        if mine is None or other is None or mine.name != other.name:
            names = [ours.card.metric or "" if mine is None else mine.name]
            names.append(theirs.card.metric or "" if other is None else other.name)
            return f"scored by {names[0]}, by {names[1]} {THERE}", f"{AGAIN} judge"
        what = "settings" if mine.settings != other.settings else "code or model"
        return f"the judge {mine.name} has other {what} {THERE}", f"{AGAIN} judge"
    if changed := changed_card(ours.card, theirs.card, there=THERE):
        return changed, f"{AGAIN} tasks"
    if ours.card.digest != theirs.card.digest:
        return f"the files of the task {ours.card.name} are others {THERE}", f"{AGAIN} tasks"
    return None


def _other_answers(ours: RunOutcomes, theirs: RunOutcomes, *, generated: bool) -> tuple[str, str] | None:
    """What decides about answers and is not the same in both runs; None where all of it is."""
    keys = ("system_prompt", "max_new_tokens", "temperature") if generated else ("system_prompt",)
    for key in keys:
        mine, other = getattr(ours.generation, key), getattr(theirs.generation, key)
        if mine != other:
            shown = "another" if key == "system_prompt" else f"{mine:g}, {other:g}"
            said = f"evaluation.{key} is {shown} {THERE}"
            return said, f"{AGAIN} evaluation.{key}"
    return None


def _notes(ours: RunOutcomes, theirs: RunOutcomes, tasks: tuple[TaskOutcomes, TaskOutcomes]) -> Sequence[str]:
    notes = []
    if ours.base_digest != theirs.base_digest:
        notes.append(f"another base model: {ours.base}, {theirs.base} {THERE}")
    if tasks[0].rows != tasks[1].rows:
        notes.append(f"the task’s rows are of another version {THERE}")
    sampled = ours.generation.temperature > 0 and tasks[0].generated
    for key in (*_NOTED, *(("seed",) if sampled else ())):
        mine, other = getattr(ours.generation, key), getattr(theirs.generation, key)
        if mine != other:
            notes.append(f"evaluation.{key} is {mine}, {other} {THERE}")
    if ours.score_digest == theirs.score_digest:
        notes.append("both runs have the very same scores")
    return notes


def _prompt_notes(ours: RunOutcomes, theirs: RunOutcomes, variants: tuple[str, str]) -> Sequence[str]:
    """A strategy's own system prompt is part of what is judged."""
    mine, other = dict(ours.system_prompts).get(variants[0]), dict(theirs.system_prompts).get(variants[1])
    return () if mine == other else (f"the strategy’s system prompt is another {THERE}",)


def _answers(task: TaskOutcomes, found: VariantOutcomes) -> Answers:
    rows = [[math.nan if value is None else value for value in row] for row in found.outcomes]
    return {prompt: [row[at] for row in rows] for at, prompt in enumerate(task.prompts)}


def _gap(found: Against, reason: str, settle: str) -> Against:
    return found.model_copy(update={"gap": reason, "settle": settle})
