"""Plans the variants: their data, what their modules come from, training, restoring, the evaluation of each seed."""

from __future__ import annotations

import json
from dataclasses import dataclass

from harness import plugins, tasks
from harness.analysis_settings import AnalysisSettings
from harness.analysis_specs import SearchSettings
from harness.config import BASE, BaseSettings, RunConfig, Variant
from harness.digests import digest_file
from harness.errors import ConfigError
from harness.plan_analysis import add_analysis, add_search
from harness.plan_builder import PlanBuilder
from harness.plan_sources import resolve_dataset, resolve_model
from harness.specs import (
    AdoptParams,
    BaseParams,
    CheckpointSpec,
    DatasetParams,
    EvaluateParams,
    ModelSource,
    RestoreParams,
    StrategyCode,
    TaskRef,
    TrainParams,
    TrainSpec,
    VariantSeed,
)
from harness.strategy_needs import check_needs
from harness.variant_checks import check_folder, check_variant, layers_of
from harness.variant_words import changes, describe

Inputs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PlannedVariant:
    """A variant (or the base) with its seeds' stages."""

    name: str
    strategy: str
    description: str
    entries: tuple[VariantSeed, ...]
    changes: tuple[str, ...] = ()
    """What differs from the run's own sections, as `dataset.limit=100`."""


@dataclass(frozen=True)
class VariantPlanner:
    """What the plans of all variants have in common."""

    build: PlanBuilder
    config: RunConfig
    base: str
    """Key of the base model."""
    refs: tuple[TaskRef, ...]

    def plan_base(self) -> PlannedVariant:
        """The base model, as it is."""
        key = self._evaluate(BASE, inputs=((BASE, self.base),), system_prompt=None)
        entry = VariantSeed(variant=BASE, seed=None, train=None, evaluate=key, judges=())
        return PlannedVariant(BASE, "none", "the base model unchanged", (entry,))

    def plan(self, variant: Variant) -> PlannedVariant:
        """A variant of the config. Raises ConfigError where something that its strategy needs is not there."""
        spec = variant.spec
        made = self._adopted(variant, spec) if isinstance(spec, CheckpointSpec) else self._trained(variant, spec)
        words = describe(variant, self.config)
        return PlannedVariant(variant.name, variant.strategy, words, made, changes(variant, self.config))

    def search(self, variant: Variant | None = None) -> str:
        """The search that a variant's modules come from, or the run's own."""
        analysis, search = self._settings(variant)
        return add_search(self.build, analysis, search, inputs=self._analysis_inputs(), refs=self._harm())

    def _trained(self, variant: Variant, spec: TrainSpec) -> tuple[VariantSeed, ...]:
        check_needs(variant, spec, self.config)
        check_variant(variant, spec, layers=layers_of(self._base_source))
        inputs = (*self._data(variant, spec), *self._modules(variant, spec))
        search = next((key for name, key in inputs if name == "search"), None)
        entries = []
        for seed in self.config.seeds:
            label = f"{variant.name} seed {seed}"
            params = TrainParams(
                # How the variant is asked is no part of its training, nor how it is restored.
                spec=spec.model_copy(update={"system_prompt": None, "unaligned": False, "merges": False}),
                loop=variant.training,
                lora=variant.lora,
                seed=seed,
                code=code_of(variant, "token_loss"),
            )
            train = self.build.add(params, label=f"train {label}", inputs=inputs)
            made = self._restored(variant, spec, train=train, label=label)
            key = self._evaluate(label, inputs=self._with_checkpoint(made), system_prompt=spec.system_prompt)
            entries.append(
                VariantSeed(variant=variant.name, seed=seed, train=made, evaluate=key, judges=(), search=search)
            )
        return tuple(entries)

    def _restored(self, variant: Variant, spec: TrainSpec, *, train: str, label: str) -> str:
        """Key of the weights to evaluate: those of `train`, or what the strategy makes of them."""
        code = code_of(variant, "restored")
        if code is None:
            return train
        inputs = self._with_checkpoint(train)
        if spec.unaligned:
            assert self.config.unaligned is not None
            source = resolve_model(self.config.unaligned, key="unaligned.model")
            check_folder(source, key="unaligned.model")
            self._check_sibling(variant, source)
            sibling = self.build.add(BaseParams(source=source), label="unaligned sibling")
            inputs = (*inputs, ("unaligned", sibling))
        params = RestoreParams(
            code=code,
            unaligned=spec.unaligned,
            merges=spec.merges,
            dtype=variant.training.weights_dtype,
            threads=variant.training.threads,
        )
        return self.build.add(params, label=f"restore {label}", inputs=inputs)

    @property
    def _base_source(self) -> ModelSource:
        params = self.build.stages[self.base].params
        assert isinstance(params, BaseParams)
        return params.source

    def _check_sibling(self, variant: Variant, source: ModelSource) -> None:
        """Raise ConfigError where the unaligned sibling is the base itself, so that the strategy would do nothing."""
        assert self.config.unaligned is not None
        both = (self._base_source, source)
        plain, other = (one.model_copy(update={"trust_remote_code": False}) for one in both)
        copied = plain.kind == other.kind == "path" and plain.digest == other.digest
        if plain == other or copied:
            raise ConfigError(
                f"unaligned.model: {self.config.unaligned.model} is the base itself, with which "
                f"variants.{variant.name} ({variant.strategy}) would change nothing; name what the base was before its "
                "alignment, e.g. builtin:unaligned for builtin"
            )

    def _adopted(self, variant: Variant, spec: CheckpointSpec) -> tuple[VariantSeed, ...]:
        entries = []
        for seed, path in enumerate(spec.paths):
            label = f"{variant.name} seed {seed}"
            chosen = BaseSettings(
                model=path, revision=spec.revision, trust_remote_code=self.config.base.trust_remote_code
            )
            source = resolve_model(chosen, key=f"variants.{variant.name}.path")
            adopt = self.build.add(AdoptParams(source=source), label=f"adopt {label}", inputs=((BASE, self.base),))
            key = self._evaluate(label, inputs=self._with_checkpoint(adopt), system_prompt=None)
            entries.append(VariantSeed(variant=variant.name, seed=seed, train=adopt, evaluate=key, judges=()))
        return tuple(entries)

    def _evaluate(self, label: str, *, inputs: Inputs, system_prompt: str | None) -> str:
        generation = self.config.evaluation.generation()
        if system_prompt is not None:
            generation = generation.model_copy(update={"system_prompt": system_prompt})
        return self.build.add(
            EvaluateParams(tasks=self.refs, generation=generation), label=f"evaluate {label}", inputs=inputs
        )

    def _data(self, variant: Variant, spec: TrainSpec) -> Inputs:
        chosen = variant.dataset or self.config.dataset
        assert chosen is not None
        params = resolve_dataset(chosen)
        if spec.safety_share is not None:
            share = self._safety().source.model_copy(update={"share": spec.safety_share})
            params = params.model_copy(update={"also": (*params.also, share)})
        inputs = self._with_dataset(params)
        if spec.turns is not None:
            safety = self.build.add(self._safety(), label="safety data", inputs=((BASE, self.base),))
            inputs = (*inputs, ("safety", safety))
        return inputs

    def _safety(self) -> DatasetParams:
        assert self.config.safety_data is not None
        return resolve_dataset(self.config.safety_data, key="safety_data")

    def _modules(self, variant: Variant, spec: TrainSpec) -> Inputs:
        """What the modules of the spec's groups come from."""
        search: Inputs = (("search", self.search(variant)),) if spec.needs_search else ()
        if not spec.needs_analysis:
            return search
        analysis, _ = self._settings(variant)
        inputs = self._analysis_inputs()
        return (*search, ("analyze", add_analysis(self.build, analysis, inputs=inputs, refs=self._harm()).key))

    def _settings(self, variant: Variant | None) -> tuple[AnalysisSettings, SearchSettings]:
        analysis = (variant and variant.analysis) or self.config.analysis
        return analysis, (variant and variant.search) or self.config.search

    def _analysis_inputs(self) -> Inputs:
        assert self.config.dataset is not None
        return self._with_dataset(resolve_dataset(self.config.dataset))

    def _with_dataset(self, params: DatasetParams) -> Inputs:
        """The base and the data, as inputs."""
        key = self.build.add(params, label="benign IFT data", inputs=((BASE, self.base),))
        return ((BASE, self.base), ("dataset", key))

    def _with_checkpoint(self, key: str) -> Inputs:
        """The base and what was made of it, as inputs."""
        return ((BASE, self.base), ("checkpoint", key))

    def _harm(self) -> list[TaskRef]:
        return [r for r in self.refs if tasks.card_of(r).axis == "harmfulness"]


def code_of(variant: Variant, function: str) -> StrategyCode | None:
    """The strategy's own function of that name, for a stage to call; None where it has none."""
    if not hasattr(plugins.load("strategies", variant.strategy), function):
        return None
    return StrategyCode(
        name=variant.strategy,
        settings=json.dumps(variant.settings.model_dump(mode="json"), sort_keys=True),
        digest=digest_file(plugins.path("strategies", variant.strategy)),
    )

