"""The security feature classifier: harmful against benign prompts, on one hidden state a prompt.

[paper] A linear network and a sigmoid on the final-layer embedding of the prompt. [ours] `linear` is that form, trained
by full-batch Adam on raw states (rate 1e-2, 300 steps: the paper's are not known); `logistic`, the default, is
scikit-learn's logistic regression on standardised states. Both end as one linear function of the raw state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from harness.analysis_records import ProbeQuality, SourceQuality
from harness.errors import ModelError

States = NDArray[np.float32]
Flags = NDArray[np.bool_]
Form = Literal["logistic", "linear"]
ProbeName = Literal["security", "other form", "out of distribution", "control"]

_STEPS, _RATE = 300, 1e-2


@dataclass(frozen=True)
class Probe:
    """margin(x) = x · weights + bias; positive means the feature is there (harmful)."""

    weights: NDArray[np.float64]
    """[hidden]"""
    bias: float
    form: Form

    def margins(self, states: States) -> NDArray[np.float64]:
        """Of states [prompts, hidden], in logits: [prompts]."""
        return np.asarray(states.astype(np.float64) @ self.weights + self.bias)

    def signed(self, states: States, positive: Flags) -> NDArray[np.float64]:
        """Margins whose sign is that of being right: [prompts]."""
        return np.where(positive, 1.0, -1.0) * self.margins(states)


def fit(states: States, positive: Flags, *, form: Form, seed: int) -> Probe:
    """A classifier fitted on states [prompts, hidden]. Raises ModelError where a state is not finite."""
    if not np.isfinite(states).all():
        raise ModelError("the model's hidden states are not all finite numbers; use dtype float32 or another layer")
    return _logistic(states, positive) if form == "logistic" else _linear(states, positive, seed=seed)


def accuracy(probe: Probe, states: States, positive: Flags) -> float:
    """Share of prompts on the right side."""
    return float((probe.signed(states, positive) > 0).mean())


@dataclass(frozen=True)
class Trial:
    """Prompts that a probe is tested on."""

    states: States
    positive: Flags
    sources: Sequence[str] = ()
    """Where each prompt is from; empty where it is not told by source."""


def quality(probe: Probe, trial: Trial, *, name: ProbeName, fitted: int) -> ProbeQuality:
    """How well a probe, fitted on `fitted` prompts, tells those of a trial apart; by source where they are named."""
    from sklearn.metrics import roc_auc_score

    right = probe.signed(trial.states, trial.positive) > 0
    rows = []
    for source in dict.fromkeys(trial.sources):
        for label in (True, False):
            chosen = np.array([s == source for s in trial.sources]) & (trial.positive == label)
            if chosen.any():
                rows.append(
                    SourceQuality(
                        source=source,
                        label="harmful" if label else "benign",
                        prompts=int(chosen.sum()),
                        accuracy=float(right[chosen].mean()),
                    )
                )
    return ProbeQuality(
        name=name,
        form=probe.form,
        fitted=fitted,
        held_out=len(trial.positive),
        accuracy=float(right.mean()),
        auc=float(roc_auc_score(trial.positive, probe.margins(trial.states))),
        sources=tuple(rows),
    )


def _logistic(states: States, positive: Flags) -> Probe:
    from sklearn.linear_model import LogisticRegression

    mean = states.mean(axis=0, dtype=np.float64)
    scale = states.std(axis=0, dtype=np.float64)
    scale[scale == 0] = 1.0
    model = LogisticRegression(C=1.0, max_iter=2000).fit((states - mean) / scale, positive)
    weights = model.coef_[0] / scale
    return Probe(weights, float(model.intercept_[0] - mean @ weights), "logistic")


def _linear(states: States, positive: Flags, *, seed: int) -> Probe:
    inputs = torch.from_numpy(np.ascontiguousarray(states, dtype=np.float32))
    wanted = torch.from_numpy(positive.astype(np.float32))
    layer = torch.nn.Linear(inputs.shape[1], 1)
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(layer.weight.shape, generator=generator) * inputs.shape[1] ** -0.5
    with torch.no_grad():
        layer.weight.copy_(start)
        layer.bias.zero_()
    optimizer = torch.optim.Adam(layer.parameters(), lr=_RATE)
    with torch.enable_grad():
        for _ in range(_STEPS):
            optimizer.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(layer(inputs).squeeze(1), wanted)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return Probe(layer.weight.detach()[0].double().numpy(), float(layer.bias.detach()), "linear")
