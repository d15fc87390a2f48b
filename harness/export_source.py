"""A finished run's variant → the set of robust modules that it was tuned with, to be exported."""

from __future__ import annotations

from pathlib import Path

from harness.analysis_records import SearchOutcome
from harness.config import Variant
from harness.errors import ConfigError, StoreError, did_you_mean
from harness.export import ExportedModules, paths_of
from harness.families import CONTROLS
from harness.modules import name_of
from harness.record_files import read_record
from harness.records import Manifest, TrainSummary, VariantEntry
from harness.run import FinishedRun, config_of
from harness.specs import BaseParams, ModelSource
from harness.stages.base import skeleton
from harness.store import Store
from harness.strategies import RobustSettings
from harness.training.checkpoints import read_checkpoint


def exported(finished: FinishedRun, variant: str) -> ExportedModules:
    """The modules of the group `robust`, as every seed was tuned with them.

    Raises ConfigError for a variant that the run does not have, that has no such set, or that is a
    control; StoreError where a stage is gone from the store.
    """
    manifest, store = finished.manifest, Store(Path(finished.manifest.store))
    entry, chosen = _entry(manifest, variant), _variant(finished, variant)
    if not isinstance(settings := chosen.settings, RobustSettings):
        why = f"strategy {entry.strategy} has no robust modules, as ml_lr and swat have"
        raise ConfigError(f"--variant {variant}: {why}")
    if (control := settings.modules) in CONTROLS:
        raise ConfigError(f"--variant {variant}: modules: {control} is a control and not robust; export modules: found")
    modules = _robust(entry, store)
    search = next((seed.search for seed in entry.entries if seed.search), None)
    found = read_record(SearchOutcome, store.folder(search) / "search.json") if search else None
    source, names = _base(manifest, store)
    return ExportedModules(
        run=manifest.name,
        variant=variant,
        strategy=entry.strategy,
        base=source.location,
        base_revision=source.revision,
        base_digest=source.digest,
        search=search,
        drift=found.chosen.drift if found else None,
        modules=modules,
        every=tuple(dict.fromkeys(name_of(name) for name in names)),
        matrices=paths_of(modules, names),
        learning_rate=settings.learning_rate,
        rest_ratio=getattr(settings, "rest_ratio", 1.0),
        warmup_fraction=getattr(settings, "warmup_fraction", None),
        weight_decay=chosen.training.weight_decay,
        lora=chosen.lora is not None,
    )


def _entry(manifest: Manifest, variant: str) -> VariantEntry:
    names = [entry.name for entry in manifest.variants]
    if variant not in names:
        raise ConfigError(
            f"--variant {variant}: the run has no such variant{did_you_mean(variant, names)}; it has {', '.join(names)}"
        )
    return manifest.variants[names.index(variant)]


def _variant(finished: FinishedRun, name: str) -> Variant:
    found = next((v for v in config_of(finished).variants if v.name == name), None)
    if found is None:
        raise ConfigError(f"--variant {name}: is the base unchanged; it has no robust modules")
    return found


def _robust(entry: VariantEntry, store: Store) -> tuple[str, ...]:
    """The set that every seed was tuned with."""
    keys = [seed.train for seed in entry.entries if seed.train]
    sets = {read_record(TrainSummary, store.folder(key) / "summary.json").robust for key in keys}
    if len(sets) > 1:
        raise ConfigError(f"--variant {entry.name}: its seeds were tuned with different modules")
    modules = next(iter(sets), ())
    if not modules:
        raise ConfigError(f"--variant {entry.name}: it has no group of robust modules")
    return modules


def _base(manifest: Manifest, store: Store) -> tuple[ModelSource, tuple[str, ...]]:
    """What the base is, and the names of its parameters."""
    for key in (stage.key for stage in manifest.stages if stage.stage == "base"):
        seal = store.seal(key)
        if seal is None or not isinstance(seal.spec.params, BaseParams):
            raise StoreError(f"{store.folder(key)}: is gone from the store; run the config again")
        opened = read_checkpoint(store.folder(key))
        model = skeleton(opened.weights, trust_remote_code=opened.record.trust_remote_code)
        return seal.spec.params.source, tuple(name for name, _ in model.named_parameters())
    raise StoreError(f"run {manifest.name}: its manifest names no base model")
