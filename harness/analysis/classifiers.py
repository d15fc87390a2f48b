"""The classifiers of an analysis: the security feature's, its other form, its test elsewhere, the control feature's.

[paper] One classifier, frozen while modules are perturbed. [ours] Its floor, the other form beside it, a test on
prompts of other sources, and a control: does the prompt end in a question mark, by the same protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.analysis import probe as probes
from harness.analysis.prompts import ProbePrompt, ProbePrompts
from harness.analysis_records import ProbeQuality
from harness.analysis_specs import ProbeSettings
from harness.errors import ModelError

LEAST = 10
"""Prompts of a kind under which the control is not fitted."""
StatesOf = Callable[[Sequence[ProbePrompt]], probes.States]
"""Base states of prompts, [prompts, hidden]."""


@dataclass(frozen=True)
class Classifiers:
    """Fitted on the base's states, and how they do on prompts held out."""

    settings: ProbeSettings
    probe: probes.Probe
    qualities: tuple[ProbeQuality, ...]
    harmful: probes.Flags
    """Of the held-out prompts."""
    fitted_harmful: probes.Flags
    base_signed: NDArray[np.float64]
    """Signed margins of the base on the held-out prompts."""
    control: probes.Probe | None
    asks: probes.Flags
    """Which held-out prompts end in a question mark."""
    base_control: NDArray[np.float64]

    def margins(self) -> tuple[float, float]:
        """Mean signed margin of the base on held-out (harmful, benign) prompts."""
        return float(self.base_signed[self.harmful].mean()), float(self.base_signed[~self.harmful].mean())

    def losses(self, held_out: probes.States) -> tuple[float, float, float]:
        """Loss of mean signed margin on harmful and on benign prompts, relative to the base's; accuracy."""
        signed = self.probe.signed(held_out, self.harmful)
        return (
            loss(self.base_signed[self.harmful], signed[self.harmful]),
            loss(self.base_signed[~self.harmful], signed[~self.harmful]),
            float((signed > 0).mean()),
        )

    def control_loss(self, held_out: probes.States) -> float | None:
        """The same of the control feature, both kinds of prompt together; None without a control."""
        if self.control is None:
            return None
        return loss(self.base_control, self.control.signed(held_out, self.asks))

    def retrained(self, fitted: probes.States, held_out: probes.States) -> tuple[float, float]:
        """(held-out accuracy, loss of margin on harmful prompts) of a classifier fitted anew on perturbed states."""
        again = probes.fit(fitted, self.fitted_harmful, form=self.settings.form, seed=self.settings.seed)
        signed = again.signed(held_out, self.harmful)
        return float((signed > 0).mean()), loss(self.base_signed[self.harmful], signed[self.harmful])


def fit_classifiers(prompts: ProbePrompts, settings: ProbeSettings, *, control: bool, states: StatesOf) -> Classifiers:
    """Fit and test.

    Raises ModelError where the security classifier stays under its floor, or too few prompts have the control feature.
    """
    fitted, held_out = states(prompts.fitted), states(prompts.held_out)
    flags, harmful = _harmful(prompts.fitted), _harmful(prompts.held_out)
    probe = probes.fit(fitted, flags, form=settings.form, seed=settings.seed)
    trial = probes.Trial(held_out, harmful, [p.source for p in prompts.held_out])
    own = probes.quality(probe, trial, name="security", fitted=len(flags))
    _check_floor(own, settings)
    other = probes.fit(fitted, flags, form="linear" if settings.form == "logistic" else "logistic", seed=settings.seed)
    qualities = [own, probes.quality(other, probes.Trial(held_out, harmful), name="other form", fitted=len(flags))]
    if prompts.elsewhere:
        qualities.append(_elsewhere(probe, prompts.elsewhere, states(prompts.elsewhere), fitted=len(flags)))
    asks = _asks(prompts.held_out)
    second = None
    if control:
        second = _fit_control(prompts, settings, fitted)
        qualities.append(probes.quality(second, probes.Trial(held_out, asks), name="control", fitted=len(flags)))
    return Classifiers(
        settings=settings,
        probe=probe,
        qualities=tuple(qualities),
        harmful=harmful,
        fitted_harmful=flags,
        base_signed=probe.signed(held_out, harmful),
        control=second,
        asks=asks,
        base_control=second.signed(held_out, asks) if second else np.zeros(0),
    )


def loss(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """Loss of the mean, relative to the size of what it was; 0 where it was nothing."""
    mean = float(before.mean())
    return (mean - float(after.mean())) / abs(mean) if mean else 0.0


def _check_floor(own: ProbeQuality, settings: ProbeSettings) -> None:
    if own.accuracy < settings.floor:
        raise ModelError(
            f"the security feature classifier is right on {own.accuracy:.1%} of the held-out prompts, under "
            f"analysis.probe.floor {settings.floor:.0%}: a proxy that cannot tell the classes apart measures nothing; "
            "give other prompts or another layer"
        )


def _elsewhere(
    probe: probes.Probe, prompts: Sequence[ProbePrompt], states: probes.States, *, fitted: int
) -> ProbeQuality:
    trial = probes.Trial(states, _harmful(prompts), [p.source for p in prompts])
    return probes.quality(probe, trial, name="out of distribution", fitted=fitted)


def _fit_control(prompts: ProbePrompts, settings: ProbeSettings, fitted: probes.States) -> probes.Probe:
    flags = [_asks(part) for part in (prompts.fitted, prompts.held_out)]
    if min(int(count) for f in flags for count in (f.sum(), (~f).sum())) < LEAST:
        raise ModelError(
            f"analysis.measures.control: fewer than {LEAST} prompts end in a question mark, or fewer do not; "
            "set it to false"
        )
    return probes.fit(fitted, flags[0], form=settings.form, seed=settings.seed)


def _harmful(prompts: Sequence[ProbePrompt]) -> probes.Flags:
    return np.array([p.harmful for p in prompts], dtype=np.bool_)


def _asks(prompts: Sequence[ProbePrompt]) -> probes.Flags:
    return np.array([p.text.rstrip().endswith("?") for p in prompts], dtype=np.bool_)
