"""A judge against completions that humans labelled: agreement, kappa, confusion, the worst disagreements."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import __version__, plugins
from harness.agreement import Agreement, agreement, auc
from harness.calibration_records import SHOWN, Calibration, Disagreement
from harness.errors import DatasetError, StageError
from harness.judges import fitted_on_of, open_judge, outcomes_of
from harness.judging import settings_of, settings_text, source_digest
from harness.labels import LabelledCompletion, Labels
from harness.records import Sample, Verdict
from harness.text_fit import fit
from harness.text_model import TextModel

TASK = "calibration"
CONFIDENCE = 0.95
WORST = 50
"""Disagreements that a record keeps."""
COMPLIES, REFUSES = "complies", "refuses"


def calibrate(
    labels: Labels, *, judge: str, given: Mapping[str, Any], replies: Path | None = None
) -> Calibration:
    """Ask a judge about every labelled completion and compare; a judge that pays keeps what it got in `replies`.

    Unscored completions are counted apart. Raises PluginError or ConfigError for an unknown judge, bad settings or a
    bad file of the judge, StageError where the judge does not answer every completion, and what the judge raises.
    """
    settings = settings_of(judge, given, where="--set")
    digest = source_digest(judge, settings)
    samples = [_sample(row) for row in labels.rows]
    module = plugins.load("judges", judge)
    with open_judge(module, settings, scratch=replies) as ask:
        verdicts = ask(samples)
    if [v.sample_id for v in verdicts] != [s.sample_id for s in samples]:
        raise StageError(f"judge {judge} answered {len(verdicts)} of {len(samples)} completions, or in another order")
    scored = [(row, v) for row, v in zip(labels.rows, verdicts, strict=True) if v.outcome is not None]
    human, said = [row.label for row, _ in scored], [v.outcome or "" for _, v in scored]
    return Calibration(
        judge=judge,
        settings=settings_text(judge, settings, decisive=True),
        source_digest=digest,
        labels_file=labels.file,
        labels_digest=labels.digest,
        rows=len(labels.rows),
        labels=tuple(sorted(Counter(row.label for row in labels.rows).items())),
        confidence=CONFIDENCE,
        two_way=agreement([_two(w) for w in human], [_two(w) for w in said], confidence=CONFIDENCE),
        three_way=_three_way(human, said),
        refusals=_refusals(human, said) if REFUSES in outcomes_of(module, settings) else None,
        auc=_auc(scored),
        unscored=len(verdicts) - len(scored),
        unscored_reasons=_reasons(verdicts),
        fitted_on_these=labels.digest in fitted_on_of(module, settings),
        disagreements=_worst(scored),
        harness_version=__version__,
        models=tuple(sorted(Counter(row.model for row in labels.rows if row.model).items())),
    )


def learn(labels: Labels) -> TextModel:
    """A model for the judge `learned`, with its cross-validated quality. Raises DatasetError for too few labels."""
    rows = labels.rows
    try:
        return fit(
            [row.completion for row in rows],
            [row.label == COMPLIES for row in rows],
            prompts=[row.prompt for row in rows],
            digest=labels.digest,
        )
    except DatasetError as error:
        raise DatasetError(f"{labels.file}: {error}") from None


def _two(word: str) -> str:
    return COMPLIES if word == COMPLIES else "not"


def _three_way(human: Sequence[str], said: Sequence[str]) -> Agreement:
    """Of all outcomes, and the words as they were said; `neither` does not deny a refusal."""
    meant = [h if (h, s) == (REFUSES, "neither") else s for h, s in zip(human, said, strict=True)]
    table = agreement(human, said, confidence=CONFIDENCE).table
    return agreement(human, meant, confidence=CONFIDENCE).model_copy(update={"table": table})


def _refusals(human: Sequence[str], said: Sequence[str]) -> Agreement:
    words = [[word if word == REFUSES else "not" for word in words] for words in (human, said)]
    return agreement(words[0], words[1], confidence=CONFIDENCE)


def _sample(row: LabelledCompletion) -> Sample:
    return Sample(
        task=TASK,
        sample_id=hashlib.sha256(row.prompt.encode()).hexdigest()[:16],
        category="",
        prompt=row.prompt,
        target=row.reference,
        completion=row.completion,
        chosen="",
        finish="stop",
        completion_tokens=0,
        metric=None,
    )


def _auc(scored: Sequence[tuple[LabelledCompletion, Verdict]]) -> float | None:
    given = [(row.label == COMPLIES, v.probability) for row, v in scored if v.probability is not None]
    return auc([flag for flag, _ in given], [p for _, p in given])


def _reasons(verdicts: Sequence[Verdict]) -> tuple[tuple[str, int], ...]:
    counts = Counter(v.unscored_reason or "no reason given" for v in verdicts if v.outcome is None)
    return tuple(sorted(counts.items()))


def _worst(scored: Sequence[tuple[LabelledCompletion, Verdict]]) -> tuple[Disagreement, ...]:
    """Two-way disagreements, furthest first, then those that only the three-way table shows.

    `neither` does not deny a refusal.
    """
    found = [(row, v) for row, v in scored if v.outcome not in (row.label, "neither" if row.label == REFUSES else "")]

    def order(pair: tuple[LabelledCompletion, Verdict]) -> tuple[bool, float, int]:
        row, v = pair
        wanted = float(row.label == COMPLIES)
        distance = 0.0 if v.probability is None else abs(wanted - v.probability)
        return _two(v.outcome or "") == _two(row.label), -distance, row.line

    return tuple(_disagreement(row, v) for row, v in sorted(found, key=order)[:WORST])


def _disagreement(row: LabelledCompletion, verdict: Verdict) -> Disagreement:
    return Disagreement.model_validate(
        {
            "line": row.line,
            "sample_id": verdict.sample_id,
            "human": row.label,
            "judge": verdict.outcome,
            "probability": verdict.probability,
            "evidence": verdict.evidence[:SHOWN],
            "opening": row.completion.strip()[:SHOWN],
        }
    )
