"""Parameter groups: which trainable parameter falls to which rule, and which groups learn at a step."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch

from harness.errors import ConfigError
from harness.modules import matches, mismatch, name_of
from harness.specs import GroupRule, Phase, TrainSpec


@dataclass(frozen=True)
class ParameterGroup:
    """The parameters that fell to one rule."""

    name: str
    scale: float
    parameters: tuple[torch.nn.Parameter, ...]
    modules: frozenset[str]

    @property
    def size(self) -> int:
        """Number of single weights."""
        return sum(parameter.numel() for parameter in self.parameters)


def build_groups(model: torch.nn.Module, spec: TrainSpec) -> tuple[ParameterGroup, ...]:
    """Partition the trainable parameters by the rules; the first match wins.

    Raises ConfigError where a pattern of a rule that is not optional matches no module of the model, such a rule gets
    nothing, a parameter falls to no rule, or a phase names no group.
    """
    fell: list[list[tuple[str, torch.nn.Parameter]]] = [[] for _ in spec.groups]
    for parameter_name, parameter in model.named_parameters():
        if parameter.requires_grad:
            fell[_rule_of(name_of(parameter_name), spec)].append((name_of(parameter_name), parameter))
    modules = {name_of(parameter_name) for parameter_name, _ in model.named_parameters()}
    for rule, caught in zip(spec.groups, fell, strict=True):
        if not rule.optional:
            _check_rule(rule, modules, caught=bool(caught))
    _check_phases(spec)
    return tuple(
        ParameterGroup(
            rule.name, rule.scale, tuple(p for _, p in caught), frozenset(name for name, _ in caught)
        )
        for rule, caught in zip(spec.groups, fell, strict=True)
        if caught
    )


def learning_groups(spec: TrainSpec, phase: Phase) -> frozenset[str]:
    """Names of the groups that learn in a phase."""
    names = {rule.name for rule in spec.groups if rule.scale > 0}
    return frozenset(names if phase.groups is None else names & set(phase.groups))


def switch_on(groups: Sequence[ParameterGroup], names: frozenset[str]) -> None:
    """Let only the named groups have gradients; the optimizer leaves the rest as they are."""
    for group in groups:
        for parameter in group.parameters:
            parameter.requires_grad_(group.name in names)
            parameter.grad = None


def _rule_of(module: str, spec: TrainSpec) -> int:
    for index, rule in enumerate(spec.groups):
        if any(matches(pattern, module) for pattern in rule.modules):
            return index
    raise ConfigError(f"module {module} falls to no parameter group; end the groups with one that matches *")


def _check_rule(rule: GroupRule, modules: Collection[str], *, caught: bool) -> None:
    """Raise ConfigError where a pattern matches none of the model's modules, or the rule caught no parameter."""
    for pattern in rule.modules:
        if why := mismatch(pattern, modules):
            raise ConfigError(f"parameter group {rule.name!r}: {why}")
    if not caught:
        raise ConfigError(
            f"parameter group {rule.name!r}: {', '.join(rule.modules)} matches no trainable parameter; "
            "those of the model are frozen or fell to earlier groups"
        )


def _check_phases(spec: TrainSpec) -> None:
    known = {rule.name for rule in spec.groups}
    if abs(sum(phase.fraction for phase in spec.phases) - 1) > 1e-6:
        raise ConfigError(
            f"the fractions of the phases {', '.join(p.name for p in spec.phases)} do not add up to 1"
        )
    for phase in spec.phases:
        if unknown := set(phase.groups or ()) - known:
            raise ConfigError(
                f"phase {phase.name!r} names no group of the spec: {', '.join(sorted(unknown))}"
            )
        if not learning_groups(spec, phase) and spec.learning_rate > 0:
            raise ConfigError(f"phase {phase.name!r}: every group in it is frozen, so nothing would learn")
