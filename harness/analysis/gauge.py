"""Measures what a perturbation does: the frozen classifier's margin, refusals, learning gain, behaviour.

[paper] The loss of the frozen classifier under the perturbation of one module. [ours] The other measures, most of them
asked for by the paper's reviewers: a classifier fitted anew, a control feature, the log-probability of the base's own
refusals, generated answers, what the change teaches; and the same in context (`without`): every other module perturbed,
this one not, because what modules do together is not the sum of what they do alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from transformers import PreTrainedModel

from harness.analysis.classifiers import Classifiers, fit_classifiers
from harness.analysis.deltas import Perturbation, applied
from harness.analysis.probe import States
from harness.analysis.prompts import ProbePrompt, ProbePrompts
from harness.analysis.refusals import answer, refused
from harness.analysis.replay import Delta, Replay, Sequences
from harness.analysis.tokens import Scored, log_probabilities
from harness.analysis_records import Drift
from harness.analysis_specs import AnalyzeParams, MeasureSettings
from harness.chat import Message, render_prompt
from harness.errors import ModelError
from harness.modules import OTHERS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

LEAST = 10
"""Refusals under which the refusal measure says nothing."""


@dataclass(frozen=True)
class Subject:
    """What is analysed."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    prompts: ProbePrompts
    params: AnalyzeParams
    lessons: Scored | None = None
    """Benign IFT examples, for the learning gain."""


@dataclass(frozen=True)
class _Rig:
    """Forward passes of one model, perturbed or not, ready to be made again under changes."""

    prompts: Replay
    """The held-out prompts, then the fitted ones where classifiers are fitted anew."""
    refusals: Replay | None
    lessons: Replay | None


class Gauge:
    """The instruments, calibrated on the unperturbed model."""

    def __init__(self, subject: Subject, measures: MeasureSettings) -> None:
        """Fit the classifiers, and let the base refuse.

        Raises ModelError where the security classifier stays under its floor, or the base refuses next to nothing that
        the refusal measure could score.
        """
        self.subject, self.measures = subject, measures
        self.classifiers: Classifiers = fit_classifiers(
            subject.prompts,
            subject.params.probe,
            control=measures.control,
            states=lambda prompts: np.asarray(self._replay_prompts(prompts).base.numpy()),
        )
        self._refusals = self._base_refusals() if measures.refusal else None
        self._lessons = subject.lessons if measures.gain else None
        self._rig = self._make_rig(fitted=measures.retrained)
        self._base_refusal = self._mean(self._refusals, None if self._rig.refusals is None else self._rig.refusals.base)
        self._base_lesson = self._mean(self._lessons, None if self._rig.lessons is None else self._rig.lessons.base)

    @property
    def path(self) -> str:
        """How the forward passes are made."""
        return self._rig.prompts.kind

    @property
    def scored_refusals(self) -> int:
        """Refusals that the refusal measure scores."""
        return 0 if self._refusals is None else len(self._refusals.sequences.ids)

    def output_change(self, delta: Delta) -> float:
        """‖xΔᵀ‖ / ‖xWᵀ‖ over the prompts' tokens, for a change within one module; 0 for none at all."""
        return self._rig.prompts.output_change(delta) if delta.parameters else 0.0

    def unperturbed(self, *, full: bool = True) -> Drift:
        """The base model's own readings; the optional measures where `full`."""
        drift = self._drift(self._rig.prompts.base, None, None)
        return self._full(drift, self._rig.prompts.base, Delta(())) if full else drift

    def each(self, perturbation: Perturbation, modules: Sequence[str]) -> Iterator[tuple[str, Drift]]:
        """Every module of the layers perturbed alone; in no particular order."""
        deltas = [perturbation.of([m]) for m in modules]
        for at, states, drift in self._each(self._rig, deltas):
            change = self.output_change(deltas[at])
            sizes = {
                "weight_change": perturbation.weight_change([modules[at]]),
                "output_change": change if math.isfinite(change) else None,
            }
            yield modules[at], self._full(drift, states, deltas[at]).model_copy(update=sizes)

    def without(self, perturbation: Perturbation, modules: Sequence[str]) -> Iterator[tuple[str, Drift]]:
        """All modules perturbed but one, for every one of them; margin, refusals and gain; in no particular order."""
        inside, outside = ([m for m in modules if (m in OTHERS) == flag] for flag in (False, True))
        # Read off the base's weights, so before they are perturbed.
        back = {m: _negated(perturbation.of([m])) for m in modules}
        with applied(self.subject.model, perturbation.of(modules)):
            rig = self._make_rig(fitted=False)
            found = [(inside[at], drift) for at, _, drift in self._each(rig, [back[m] for m in inside])]
            found += [(m, self._joint(rig, back[m])[1]) for m in outside]
        for module, drift in found:
            rest = [m for m in modules if m != module]
            yield module, drift.model_copy(update={"weight_change": perturbation.weight_change(rest)})

    def now(self) -> Drift:
        """The model as it is: margin, refusals and gain, after something was done to its weights."""
        rig = self._make_rig(fitted=False)
        refusals = None if rig.refusals is None else rig.refusals.base
        lessons = None if rig.lessons is None else rig.lessons.base
        return self._drift(rig.prompts.base, self._mean(self._refusals, refusals), self._mean(self._lessons, lessons))

    def joint(self, perturbation: Perturbation, modules: Sequence[str], *, full: bool = True) -> Drift:
        """All these modules perturbed at once; the optional measures where `full`."""
        delta = perturbation.of(modules)
        states, drift = self._joint(self._rig, delta)
        drift = drift.model_copy(update={"weight_change": perturbation.weight_change(modules)})
        return self._full(drift, states, delta) if full else drift

    def _joint(self, rig: _Rig, delta: Delta) -> tuple[torch.Tensor, Drift]:
        """(states of the prompts, readings) of any change of the model as it now is."""
        states = rig.prompts.joint(delta)
        refusals = None if rig.refusals is None else rig.refusals.joint(delta)
        lessons = None if rig.lessons is None else rig.lessons.joint(delta)
        with applied(self.subject.model, delta):  # the head may be among them
            return states, self._drift(states, self._mean(self._refusals, refusals), self._mean(self._lessons, lessons))

    def _each(self, rig: _Rig, deltas: Sequence[Delta]) -> Iterator[tuple[int, torch.Tensor, Drift]]:
        """(place, states of the prompts, readings) of changes within the layers."""
        refusals = self._means(self._refusals, rig.refusals, deltas)
        lessons = self._means(self._lessons, rig.lessons, deltas)
        for at, states in rig.prompts.each(deltas):
            yield at, states, self._drift(states, refusals.get(at), lessons.get(at))

    def _drift(self, states: torch.Tensor, refusal: float | None, lesson: float | None) -> Drift:
        """The readings that every perturbation gets; None stands for the base's own value."""
        harmful, benign, accuracy = self.classifiers.losses(self._held_out(states))
        rise = _rise(self._base_refusal, refusal)
        return Drift(
            harmful=harmful,
            benign=benign,
            accuracy=accuracy,
            weight_change=0.0,
            refusal=None if rise is None else -rise,
            gain=_rise(self._base_lesson, lesson),
        )

    def _full(self, drift: Drift, states: torch.Tensor, delta: Delta) -> Drift:
        """The readings with those that a config may ask for."""
        held_out = self._held_out(states)
        more: dict[str, float | None] = {"control": self.classifiers.control_loss(held_out)}
        if self.measures.retrained:
            fitted = np.asarray(states[len(held_out) :].numpy())
            accuracy, harmful = self.classifiers.retrained(fitted, held_out)
            more |= {"retrained_accuracy": accuracy, "retrained_harmful": harmful}
        if self.measures.behaviour:
            more["refuses"] = self._refuses(delta)
        return drift.model_copy(update=more)

    def _refuses(self, delta: Delta) -> float | None:
        """Share of harmful prompts that are refused; None where the judge gives no verdict at all."""
        model, tokenizer = self.subject.model, self.subject.tokenizer
        asked = self._harmful_prompts()[: self.measures.behaviour]
        with applied(model, delta):
            answers = answer(model, tokenizer, asked, max_new_tokens=self.measures.behaviour_tokens)
        said = [flag for flag in refused(answers, judge=self.measures.behaviour_judge) if flag is not None]
        return sum(said) / len(said) if said else None

    def _base_refusals(self) -> Scored:
        """The openings of the base's own refusals. Raises ModelError where there are too few."""
        asked, most = self._harmful_prompts(), self.measures.refusal_tokens
        length = max(self.measures.behaviour_tokens, most)
        answers = answer(self.subject.model, self.subject.tokenizer, asked, max_new_tokens=length)
        flags = refused(answers, judge=self.measures.behaviour_judge)
        kept = [
            (ids, a.tokens[:most]) for (_, ids), a, said in zip(asked, answers, flags, strict=True) if said and a.tokens
        ]
        if len(kept) < LEAST:
            raise ModelError(
                f"the base refuses {len(kept)} of {len(asked)} held-out harmful prompts; the refusal measure needs "
                f"{LEAST}: give other prompts, or set analysis.measures.refusal: false"
            )
        return Scored.of(kept)

    def _mean(self, scored: Scored | None, states: torch.Tensor | None) -> float | None:
        """Mean log-probability of the scored tokens, nats."""
        if scored is None or states is None:
            return None
        return float(log_probabilities(self.subject.model, states, scored.labels).mean())

    def _means(self, scored: Scored | None, replay: Replay | None, deltas: Sequence[Delta]) -> dict[int, float | None]:
        """The mean under each change, by its place."""
        return {} if replay is None else {at: self._mean(scored, states) for at, states in replay.each(deltas)}

    def _make_rig(self, *, fitted: bool) -> _Rig:
        """Forward passes of the model as it now is."""
        prompts = self.subject.prompts
        return _Rig(
            self._replay_prompts((*prompts.held_out, *prompts.fitted) if fitted else prompts.held_out),
            None if self._refusals is None else self._replay(self._refusals.sequences),
            None if self._lessons is None else self._replay(self._lessons.sequences),
        )

    def _replay_prompts(self, prompts: Sequence[ProbePrompt]) -> Replay:
        ids = tuple(self._ids(p) for p in prompts)
        return self._replay(Sequences(ids, tuple((len(i) - 1,) for i in ids)), layer=self.subject.params.probe.layer)

    def _replay(self, sequences: Sequences, *, layer: int | None = None) -> Replay:
        return Replay(self.subject.model, sequences, layer=layer, batch_tokens=self.subject.params.batch_tokens)

    def _held_out(self, states: torch.Tensor) -> States:
        return np.asarray(states[: len(self.classifiers.harmful)].numpy())

    def _harmful_prompts(self) -> list[tuple[str, tuple[int, ...]]]:
        return [(p.text, self._ids(p)) for p in self.subject.prompts.held_out if p.harmful]

    def _ids(self, prompt: ProbePrompt) -> tuple[int, ...]:
        return render_prompt(self.subject.tokenizer, [Message("user", prompt.text)])


def _rise(base: float | None, now: float | None) -> float | None:
    """`now` minus the base's value; 0 for the base itself, None where there is no such measure."""
    if base is None:
        return None
    return 0.0 if now is None else now - base


def _negated(delta: Delta) -> Delta:
    return Delta(tuple((name, -change) for name, change in delta.parameters))
