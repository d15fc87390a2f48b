"""The gate's policies as files: those that ship, by name, and your own, by path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness import resources
from harness.config_check import checked
from harness.config_tree import overlaid, read_tree
from harness.errors import ConfigError, did_you_mean
from harness.policy import Policy

POLICY = "policy"
"""Key of the section `gate` that names a policy, under which further keys replace the policy's."""


def shipped() -> tuple[str, ...]:
    """Names of the policies that ship, sorted."""
    return tuple(sorted(file.stem for file in _folder().glob("*.yaml")))


def load_policy(text: str) -> Policy:
    """A shipped policy by its name, or one in a YAML file, which has the keys of a config's section `gate`.

    Raises ConfigError where there is none, and for everything that is wrong in it.
    """
    return checked(Policy, policy_tree(text), where=text, at="")


def policy_tree(text: str) -> dict[str, Any]:
    """The same as YAML gives it, unchecked. Raises ConfigError for a name that is neither, and for what is no YAML."""
    if text in shipped():
        return {"name": text, **read_tree(_folder() / f"{text}.yaml")}
    path = Path(text).expanduser()
    if not path.is_file():
        hint, known = did_you_mean(text, shipped()), ", ".join(shipped())
        raise ConfigError(f"{text}: no such file, and no policy of that name ships{hint}; shipped: {known}")
    return {"name": path.name, **read_tree(path)}


def gate_tree(gate: Any, *, where: str) -> Any:
    """A config's section `gate` with the policy that it names in place of the name; other sections as they are.

    Raises ConfigError, calling the config `where`.
    """
    named, changes = gate, {}
    if isinstance(gate, dict) and POLICY in gate:
        named, changes = gate[POLICY], {key: value for key, value in gate.items() if key != POLICY}
    elif not isinstance(gate, str):
        return gate
    if not isinstance(named, str):
        raise ConfigError(f"{where}: gate.{POLICY}: name one policy ({', '.join(shipped())}) or file")
    try:
        return changed(policy_tree(named), changes)
    except ConfigError as error:
        raise ConfigError(f"{where}: gate: {error}") from None


def changed(policy: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A policy's tree with changes; its name tells of those that ask something else than of other variants."""
    others = ", ".join(key for key in changes if key not in ("variants", "name"))
    named = {"name": f"{policy['name']} with another {others}"} if others else {}
    return overlaid(policy, {**named, **changes})


def _folder() -> Path:
    return resources.folder("configs") / "policies"
