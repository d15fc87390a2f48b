"""Scores by category, of tasks whose prompts have more than one. Intervals as for the whole task. Ours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.records import CategoryScore, Sample
from harness.specs import StatisticsSettings
from harness.statistics import Array, clustered_share


def categories_of(samples: Sequence[Sample], task: str) -> tuple[str, ...]:
    """The category of each of a task's prompts, in order; empty where there are not at least two."""
    found = tuple(sample.category for sample in samples if sample.task == task)
    return found if len(set(found)) > 1 else ()


def category_scores(
    variant: str, task: str, outcomes: Array, *, categories: Sequence[str], settings: StatisticsSettings
) -> tuple[CategoryScore, ...]:
    """One score for each category, by name. `outcomes` is [seeds, prompts], `categories` one for each prompt."""
    labels = np.array(categories)
    return tuple(_score(variant, task, name, outcomes[:, labels == name], settings) for name in sorted(set(categories)))


def _score(variant: str, task: str, category: str, outcomes: Array, settings: StatisticsSettings) -> CategoryScore:
    found = clustered_share(
        outcomes, confidence=settings.confidence, samples=settings.bootstrap_samples, seed=settings.seed
    )
    scored = int((~np.isnan(outcomes)).sum())
    return CategoryScore(
        variant=variant,
        task=task,
        category=category,
        value=None if found is None else found.value,
        low=None if found is None else found.low,
        high=None if found is None else found.high,
        scored=scored,
        unscored=outcomes.size - scored,
    )
