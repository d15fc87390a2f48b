"""What the report says of an analysis follows its numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness import report_robustness_words as say
from harness.analysis_records import Drift, Robustness
from harness.analysis_specs import PerturbationSettings
from harness.report_robustness_records import AnalysisOutputs
from harness.specs import LoraSpec
from tests.robustness_sources import FUSED, Shape, analysis, probes, robustness, source


@pytest.fixture(scope="module")
def outputs() -> AnalysisOutputs:
    return analysis()


def having(outputs: AnalysisOutputs, **changes: Any) -> AnalysisOutputs:
    return replace(outputs, robustness=outputs.robustness.model_copy(update=changes))


def scaled(robustness: Robustness, **factors: float) -> Robustness:
    """Fields of the whole's mean as multiples of its margin's drift."""
    whole = robustness.whole
    mean = whole.mean.model_copy(update={name: f * whole.mean.harmful for name, f in factors.items()})
    return robustness.model_copy(update={"whole": whole.model_copy(update={"mean": mean})})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"kind": "noise", "scale": 0.05}, "Gaussian noise of 5\u00a0% of its weights’ root mean square, drawn with 2"),
        ({"kind": "noise", "match": "output", "scale": 0.1}, "scaled to change its output by 10\u00a0% in norm"),
        ({"match": "weight", "scale": 0.02}, "scaled to change its weights by 2\u00a0% in norm"),
        ({"scale": 3}, "did to it, times 3, with 2 seeds"),
        ({}, "a short plain IFT (100 steps at a learning rate of 0.0002) of the base did to it, with 2 seeds"),
    ],
)
def test_the_perturbation_is_told(outputs: AnalysisOutputs, settings: dict[str, Any], words: str) -> None:
    made = having(outputs, perturbation=PerturbationSettings.model_validate({"seeds": (0, 1), **settings}))
    assert words in say.analysis_lines(made)[0]


def test_an_update_by_adapter_is_told(outputs: AnalysisOutputs) -> None:
    assert outputs.update is not None
    made = replace(outputs, update=outputs.update.model_copy(update={"lora": LoraSpec(rank=4)}))
    assert "LoRA rank 4" in say.analysis_lines(made)[0] and "LoRA rank 4" in say.title(made)


def test_optional_measures_are_told_where_they_were_made(outputs: AnalysisOutputs) -> None:
    assert "can still be read" in " ".join(say.analysis_lines(outputs))
    assert "the base refuses 98.0" in " ".join(say.analysis_lines(outputs))
    bare = analysis(Shape(options=False))
    assert not any("fitted anew" in line or "refuses 98" in line for line in say.analysis_lines(bare))


def test_sound_instruments_give_no_warning(outputs: AnalysisOutputs) -> None:
    assert say.analysis_warnings(outputs) == ()


def test_a_poor_classifier_elsewhere_is_called_distribution_shift(outputs: AnalysisOutputs) -> None:
    security, other, away, control = probes()
    made = having(outputs, probes=(security, other, away.model_copy(update={"accuracy": 0.7}), control))
    (warning,) = say.analysis_warnings(made)
    assert "70.0\u00a0%" in warning and "mere distribution shift" in warning


def test_a_poor_source_is_named(outputs: AnalysisOutputs) -> None:
    poor = probes()[0].model_copy(update={"sources": (source("borderline.txt", "benign", 50, 0.6),)})
    (warning,) = say.analysis_warnings(having(outputs, probes=(poor,)))
    assert "60.0\u00a0% of benign prompts of borderline.txt" in warning


def test_a_control_that_drifts_alike_is_a_warning(outputs: AnalysisOutputs) -> None:
    made = replace(outputs, robustness=scaled(outputs.robustness, control=0.95))
    (warning,) = say.analysis_warnings(made)
    assert "no sign of security in particular" in warning and "mere distribution shift" in warning


def test_the_papers_patterns_follow_the_numbers(outputs: AnalysisOutputs) -> None:
    early, types, together = say.paper_patterns(outputs.robustness)
    assert [p.verdict for p in (early, types, together)] == [
        "as in the paper",
        "the other way round",
        "as in the paper",
    ]
    assert "Q and K 0.314" in types.here


def test_patterns_that_the_seeds_do_not_share_are_not_settled(outputs: AnalysisOutputs) -> None:
    def seeds(early: bool) -> tuple[Drift, ...]:
        values = (0.1, 0.0, 0.1) if early else (0.0, 0.1, 0.0)
        return tuple(Drift(harmful=v, benign=0, accuracy=1, weight_change=0) for v in values)

    modules = [r.model_copy(update={"by_seed": seeds(int(r.module[-1]) < 3)}) for r in outputs.robustness.modules]
    early = say.paper_patterns(outputs.robustness.model_copy(update={"modules": tuple(modules)}))[0]
    assert early.verdict == "not settled"


def test_patterns_that_a_model_cannot_show_are_told() -> None:
    depth, types, _ = say.paper_patterns(robustness(Shape(types=FUSED, layers=1)))
    assert (depth.verdict, types.verdict) == ("cannot be told", "cannot be told")
    assert "q, k, v in one matrix" in types.here
