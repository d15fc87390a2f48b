"""What each variant took, from the seals of its stages."""

from __future__ import annotations

from harness.costs import CostSources, ExtraData, VariantCost, variant_costs
from harness.records import DatasetSummary, SourceRows, TrainSummary
from harness.specs import (
    AdoptParams,
    BaseParams,
    DatasetParams,
    DatasetSource,
    EvaluateParams,
    GenerationSettings,
    GroupRule,
    LoopSettings,
    ModelSource,
    RestoreParams,
    StageInput,
    StageParams,
    StageSpec,
    StrategyCode,
    TrainParams,
    TrainSpec,
    VariantSeed,
)
from harness.store import Seal

MODEL = ModelSource(kind="builtin", location="builtin:unaligned")
BUILTIN = DatasetSource(kind="builtin", location="builtin")
DATA = DatasetParams(source=BUILTIN)
EVALUATE = EvaluateParams(tasks=(), generation=GenerationSettings())
CODE = StrategyCode(name="safe_lora", settings="{}", digest="0")
RESTORE = RestoreParams(code=CODE, unaligned=True, merges=False)


def train(**spec: object) -> TrainParams:
    rule = GroupRule(name="all", modules=("*",), scale=1.0)
    made = TrainSpec.model_validate({"learning_rate": 1e-3, "groups": (rule,), **spec})
    return TrainParams(spec=made, loop=LoopSettings(steps=10), seed=0)


def asked(system_prompt: str | None) -> EvaluateParams:
    return EvaluateParams(tasks=(), generation=GenerationSettings(system_prompt=system_prompt))


def seal(key: str, params: StageParams, *, seconds: float, peak: int | None = None, **inputs: str) -> Seal:
    named = tuple(StageInput(name=name, key=at) for name, at in inputs.items())
    spec = StageSpec(key=key, label=key, params=params, inputs=named)
    return Seal(spec=spec, files=(), digest="", seconds=seconds, peak_memory=peak)


def entry(variant: str, seed: int, made: str, *, evaluate: str = "eval") -> VariantSeed:
    return VariantSeed(variant=variant, seed=seed, train=made, evaluate=evaluate, judges=("judge",))


def trained(steps: int = 10) -> TrainSummary:
    return TrainSummary(
        steps=steps, examples_seen=1, tokens_seen=steps * 7, trainable_parameters=1, final_loss=0.5, losses=(),
        groups=(), moved=(),
    )  # fmt: skip


def data(*sources: tuple[str, int]) -> DatasetSummary:
    rows = tuple(SourceRows(location=at, format="messages", rows=n, examples=n, empty=0) for at, n in sources)
    return DatasetSummary(
        format="messages", sources=rows, rows=1, examples=1, too_long=0, longest=1, tokens=1, completion_tokens=1,
        mask_checked=1, preview_prompt="", preview_completion="",
    )  # fmt: skip


SEALS = (
    seal("base", BaseParams(source=MODEL), seconds=500),
    seal("sibling", BaseParams(source=MODEL), seconds=700),
    seal("data", DATA, seconds=1, base="base"),
    seal("safe", DATA, seconds=1, base="base"),
    seal("t0", train(), seconds=40, peak=100, base="base", dataset="data"),
    seal("t1", train(), seconds=50, peak=300, base="base", dataset="data"),
    seal("r0", RESTORE, seconds=3, peak=200, base="base", checkpoint="t0", unaligned="sibling"),
    seal("lisa", train(base_logits=True), seconds=60, base="base", dataset="mixed", safety="safe"),
    seal("mixed", DATA, seconds=1, base="base"),
    seal("update", train(), seconds=20, base="base", dataset="data"),
    # What a stage is by its params does not matter to what is behind a search.
    seal("analyze", EVALUATE, seconds=300, base="base", update="update"),
    seal("search", EVALUATE, seconds=1000, base="base", analyze="analyze", update="update"),
    seal("found", train(), seconds=45, base="base", dataset="data", search="search"),
    seal("layers", train(), seconds=45, base="base", dataset="data", analyze="analyze"),
    seal("adopt", AdoptParams(source=MODEL), seconds=2, base="base"),
    seal("eval", EVALUATE, seconds=30),
    seal("asked", asked("be safe"), seconds=33),
    seal("judge", EVALUATE, seconds=1),
)


def costs(*entries: VariantSeed, base: str = "eval") -> dict[str, VariantCost]:
    sources = CostSources(
        entries=(VariantSeed(variant="base", seed=None, train=None, evaluate=base, judges=()), *entries),
        seals=SEALS,
        trained=tuple((e.train, trained(0 if e.train == "adopt" else 10)) for e in entries if e.train),
        datasets=(
            ("data", data(("builtin", 100))),
            ("mixed", data(("builtin", 95), ("more.jsonl", 5))),
            ("safe", data(("builtin:safe", 60))),
        ),
    )
    return {c.variant: c for c in variant_costs(sources)}


def test_training_is_the_mean_over_seeds_and_memory_the_most_of_any() -> None:
    (found,) = costs(entry("ift", 0, "t0"), entry("ift", 1, "t1")).values()
    assert (found.train_seconds, found.restore_seconds, found.peak_memory) == (45, None, 300)
    assert (found.steps, found.tokens_seen, found.evaluate_seconds) == (10, 70, 31)
    assert (found.extra_data, found.extra_models, found.prepare_seconds) == ((), (), None)


def test_a_restored_variant_shares_its_training_and_needs_the_sibling() -> None:
    found = costs(entry("ift", 0, "t0"), entry("safe-lora", 0, "r0"), entry("ptst", 0, "t0"))
    restored = found["safe-lora"]
    assert (restored.train_seconds, restored.restore_seconds, restored.peak_memory) == (40, 3, 200)
    assert restored.extra_models == ("unaligned sibling builtin:unaligned",)
    assert restored.shares_training == ("ift", "ptst")
    assert found["ptst"].shares_training == ("ift", "safe-lora")


def test_safety_data_mixed_in_or_in_turns_are_counted() -> None:
    found = costs(entry("lisa", 0, "lisa"))["lisa"]
    assert found.extra_data == (
        ExtraData(location="more.jsonl", examples=5),
        ExtraData(location="builtin:safe", examples=60),
    )
    assert found.extra_models == ("the base beside the model in training",)


def test_a_system_prompt_of_its_own_makes_every_question_longer() -> None:
    ptst = entry("ptst", 0, "t0", evaluate="asked")
    found = costs(ptst, entry("ift", 0, "t0"))
    assert (found["ptst"].system_prompt, found["ift"].system_prompt) == (len("be safe"), None)
    assert costs(ptst, base="asked")["ptst"].system_prompt is None


def test_a_search_costs_all_that_is_behind_it_once() -> None:
    found = costs(entry("swat", 0, "found"), entry("layers", 0, "layers"), entry("ift", 0, "t0"))
    assert found["swat"].prepare_seconds == 1000 + 300 + 20
    assert found["layers"].prepare_seconds == 300 + 20
    assert found["swat"].shares_prepare == ("layers",) and found["ift"].shares_prepare == ()


def test_what_was_adopted_cost_no_training_here() -> None:
    found = costs(entry("theirs", 0, "adopt"))["theirs"]
    assert (found.train_seconds, found.steps, found.tokens_seen, found.peak_memory) == (None, None, None, None)


def test_the_base_costs_nothing() -> None:
    assert set(costs(entry("ift", 0, "t0"))) == {"ift"}
