"""Module Robustness Analysis where the truth is known: one module alone carries the security feature."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.analysis_records import Robustness
from harness.analysis_specs import MeasureSettings, PerturbationSettings, PromptSource
from harness.errors import ModelError
from harness.stages import Progress, StageContext, analyze
from tests import one_module

Analysis = Callable[..., Robustness]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[PromptSource, ...]]:
    """A folder with the model, two updates of it, and prompts."""
    folder = tmp_path_factory.mktemp("one-module")
    (folder / "base").mkdir()
    model = one_module.save_model(folder / "base")
    for seed in (0, 1):
        one_module.save_update(folder / f"update-{seed}", model, seed=seed)
    return folder, one_module.save_prompts(folder)


def context(folder: Path, target: Path, scratch: Path | None = None) -> StageContext:
    inputs = tuple((name, folder / name) for name in ("base", "update-0", "update-1"))
    target.mkdir(exist_ok=True)
    return StageContext(target, inputs, lambda _: None, scratch)


@pytest.fixture(scope="module")
def analysed(world: tuple[Path, tuple[PromptSource, ...]], tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    folder, prompts = world

    def run(**more: object) -> Robustness:
        target = tmp_path_factory.mktemp("analysis")
        analyze.run(one_module.params(prompts, **more), context(folder, target))
        return Robustness.model_validate_json((target / analyze.FILE).read_text())

    return run


@pytest.fixture(scope="module")
def found(analysed: Analysis) -> Robustness:
    return analysed()


def drifts(robustness: Robustness) -> dict[str, float]:
    return {m.module: m.mean.harmful for m in robustness.modules}


def test_the_carrier_alone_drifts(found: Robustness) -> None:
    others = {module: drift for module, drift in drifts(found).items() if module != one_module.CARRIER}
    assert all(abs(drift) < 1e-5 for drift in others.values()), others
    assert abs(drifts(found)[one_module.CARRIER]) > 0.01


def test_every_module_is_mapped_by_layer_and_type(found: Robustness) -> None:
    kinds = ("q", "k", "v", "o", "gate", "up", "down")
    assert [m.module for m in found.modules] == [f"{kind}.{layer}" for layer in range(2) for kind in kinds]


def test_what_is_harmless_alone_is_not_so_together(found: Robustness) -> None:
    carrier = next(m for m in found.modules if m.module == one_module.CARRIER)
    assert abs(found.whole.mean.harmful - carrier.mean.harmful) > 0.01


def test_the_spread_over_seeds_is_told(found: Robustness) -> None:
    carrier = next(m for m in found.modules if m.module == one_module.CARRIER)
    assert carrier.spread.harmful > 0
    assert len(carrier.by_seed) == 2
    assert carrier.mean.harmful == pytest.approx(sum(d.harmful for d in carrier.by_seed) / 2)


def test_the_classifier_is_tested_in_both_forms(found: Robustness) -> None:
    assert [(q.name, q.form, q.held_out) for q in found.probes] == [
        ("security", "logistic", 60), ("other form", "linear", 60),
    ]  # fmt: skip
    assert found.probes[0].accuracy == 1.0


@pytest.mark.parametrize("module", ["v.0", "gate.1", one_module.CARRIER])
def test_the_context_of_a_module_is_the_whole_without_it(
    world: tuple[Path, tuple[PromptSource, ...]], found: Robustness, tmp_path: Path, module: str
) -> None:
    params = one_module.params(world[1])
    bench = analyze.set_up(params, context(world[0], tmp_path), measures=params.measures)
    rest = [m for m in bench.every if m != module]
    expected = bench.gauge.joint(bench.perturbations[0], rest)
    row = next(m for m in found.modules if m.module == module)
    assert row.without_by_seed[0].harmful == pytest.approx(expected.harmful, abs=1e-4)
    assert row.without_by_seed[0].harmful != pytest.approx(found.whole.by_seed[0].harmful, abs=1e-3)


def test_every_optional_measure_is_taken(analysed: Analysis) -> None:
    measures = MeasureSettings(refusal=False, gain=0, retrained=True, control=False, without=False)
    module = analysed(measures=measures).modules[-1]
    assert module.module == one_module.CARRIER and module.without is None
    assert module.mean.retrained_accuracy == 1.0  # the feature has moved and is still there


def test_noise_scaled_to_weights_leaves_zero_matrices_alone(analysed: Analysis) -> None:
    noise = PerturbationSettings(kind="noise", scale=0.5, seeds=(0, 1))
    changed = {m.module: m.mean.weight_change for m in analysed(perturbation=noise).modules}
    assert changed["gate.1"] == pytest.approx(0.5, rel=0.1)
    assert changed["down.1"] == 0


@pytest.mark.parametrize(("match", "field"), [("weight", "weight_change"), ("output", "output_change")])
def test_perturbations_are_matched_as_asked(analysed: Analysis, match: str, field: str) -> None:
    matched = PerturbationSettings.model_validate({"match": match, "scale": 0.25, "seeds": (0,)})
    gate = next(m for m in analysed(perturbation=matched).modules if m.module == "gate.1")
    assert getattr(gate.mean, field) == pytest.approx(0.25, rel=1e-3)


def test_a_classifier_under_its_floor_stops_the_analysis(
    world: tuple[Path, tuple[PromptSource, ...]], tmp_path: Path
) -> None:
    folder, (harmful, benign) = world
    mixed = tmp_path / "mixed.jsonl"
    lines = [line for p in (harmful, benign) for line in Path(p.location).read_text().splitlines()]
    mixed.write_text("\n".join(lines[::2]))
    (tmp_path / "rest.jsonl").write_text("\n".join(lines[1::2]))
    sources = tuple(
        PromptSource.model_validate({"label": label, "location": str(tmp_path / name), "digest": ""})
        for label, name in (("harmful", "mixed.jsonl"), ("benign", "rest.jsonl"))
    )
    with pytest.raises(ModelError, match=r"analysis\.probe\.floor 90%"):
        analyze.run(one_module.params(sources), context(folder, tmp_path / "out"))


def test_a_stopped_analysis_goes_on_after_its_last_seed(
    world: tuple[Path, tuple[PromptSource, ...]], tmp_path: Path, found: Robustness
) -> None:
    folder, prompts = world

    def stop(progress: Progress) -> None:
        if progress.note == "perturbing" and progress.done > progress.total / 2:
            raise KeyboardInterrupt

    stopped = context(folder, tmp_path / "first", tmp_path / "scratch")
    with pytest.raises(KeyboardInterrupt):
        analyze.run(one_module.params(prompts), StageContext(stopped.folder, stopped.inputs, stop, stopped.scratch))
    assert [f.name for f in (tmp_path / "scratch").iterdir()] == ["seed-0.json"]
    seen: list[int] = []
    again = StageContext(
        context(folder, tmp_path / "second").folder, stopped.inputs, lambda p: seen.append(p.done), stopped.scratch
    )
    analyze.run(one_module.params(prompts), again)
    assert Robustness.model_validate_json((tmp_path / "second" / analyze.FILE).read_text()) == found
