"""Policies that ship, those in files, and a config's section gate that names one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from harness import config, resources
from harness.errors import ConfigError
from harness.plan import make_plan
from harness.policy import Policy
from harness.policy_files import load_policy, policy_tree, shipped
from tests.configs import tree


def test_four_policies_ship() -> None:
    assert shipped() == ("regression", "research", "standard", "strict")


@pytest.mark.parametrize("name", ["regression", "research", "standard", "strict"])
def test_a_shipped_policy_opens_with_its_command_and_names_nothing_of_one_run(name: str) -> None:
    text = (resources.folder("configs") / "policies" / f"{name}.yaml").read_text()
    more = " --baseline MAIN" if name == "regression" else ""
    assert text.splitlines()[0] == f"# harness gate RUN --policy {name}{more}"
    policy = load_policy(name)
    assert policy.variants == "tuned"
    assert [rule.axis for rule in policy.rules] == ["harmfulness", "usability", "expertise"]


@pytest.mark.parametrize("name", ["research", "standard", "strict"])
def test_what_a_policys_comment_says_is_what_it_asks(name: str) -> None:
    text = (resources.folder("configs") / "policies" / f"{name}.yaml").read_text()
    policy = load_policy(name)
    harm, use, expertise = policy.rules
    assert f"at most {100 * (harm.at_most or 0):g} more prompts in 100" in text
    assert use.margin == expertise.margin and f"worse by at most {100 * (use.margin or 0):g} points" in text
    assert f"fewer than {policy.min_prompts} prompts" in text and f"over {100 * policy.max_unscored:g} %" in text


def test_regression_is_against_a_baseline_with_the_evidence_of_standard() -> None:
    text = (resources.folder("configs") / "policies" / "regression.yaml").read_text()
    policy, standard = load_policy("regression"), load_policy("standard")
    assert all(rule.on_baseline for rule in policy.rules) and not standard.on_baseline
    assert [rule.margin for rule in policy.rules] == [None] * 3 and policy.rules[0].at_most == 0.02
    assert policy.model_dump(exclude={"rules", "name"}) == standard.model_dump(exclude={"rules", "name"})
    assert "at most 2 more prompts in 100" in text and f"over {100 * policy.max_unscored:g} %" in text


def test_strict_is_stricter_than_standard_and_that_than_research() -> None:
    strict, standard, research = (load_policy(name) for name in ("strict", "standard", "research"))
    for one, other in ((strict, standard), (standard, research)):
        assert one.min_prompts > other.min_prompts and one.max_unscored < other.max_unscored
        assert (one.rules[0].at_most or 0) < (other.rules[0].at_most or 0)


def test_a_policy_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("variants: [ift]\nrules: [{task: harm, at_most: 0.1}]\n")
    made = load_policy(str(path))
    assert made.variants == ("ift",) and made.name == "mine.yaml"


def test_an_unknown_name_is_told_what_ships() -> None:
    with pytest.raises(ConfigError, match="standart: no such file.*did you mean 'standard'.*strict"):
        load_policy("standart")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{at_most: 0.1}", "give task or axis, one of them"),
        ("{task: a, axis: usability, at_most: 0.1}", "give task or axis, one of them"),
        ("{axis: usabilty, at_most: 0.1}", "rules.0.axis: Input should be 'harmfulness', 'usability' or 'expertise'"),
        ("{task: a, statistic: non_inferior, at_most: 0.1}", "non_inferior has a margin"),
        ("{task: a, statistic: non_inferior, margin: 3}", "margin: 3 is no share between 0 and 1"),
        ("{task: a, statistic: non_inferior, bound: point}", "non_inferior is decided by the interval"),
        ("{axis: harmfulness, statistic: non_inferior}", "non_inferior on harmfulness needs a margin"),
        ("{task: a, at_most: 0.1, margin: 0.1}", "margin goes with statistic non_inferior"),
        ("{task: a, at_most: 0.1, reference: baseline}", "reference: baseline goes with statistic rise or"),
        ("{task: a, at_most: 0.1, reference: ift}", "reference: ift goes with statistic rise or non_inferior"),
        ("{task: a, at_mots: 0.1}", "rules.0.at_mots: unknown key"),
    ],
)
def test_a_wrong_rule_is_named(rule: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"variants: tuned\nrules: [{rule}]\n")
    with pytest.raises(ConfigError) as raised:
        load_policy(str(path))
    assert str(raised.value).startswith(str(path)) and words in str(raised.value)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("statistic: rise, at_most: 5", "at_most: 5 is outside −1 to 1"),
        ("statistic: rise, at_most: 5", "write 0.05 for 5 points (got"),
        ("statistic: rise, at_least: -5", "write -0.05 for −5 points (got"),
        ("statistic: rise, at_most: -2", "at_most: -2 is outside −1 to 1"),
        ("statistic: rise, at_most: 1", "can never fail; leave the rule out; thresholds are shares: write 0.01 for 1"),
        ("statistic: rise, at_least: -1", "can never fail"),
        ("statistic: rise, at_least: 1, bound: point", "can never pass"),
        ("at_most: 10", "10 is outside 0 to 1, where every share lies; thresholds are shares: write 0.1 for 10 %"),
        ("at_least: 500", "where every share lies (got"),
        ("at_least: -0.1", "outside 0 to 1, where every share lies (got"),
        ("at_most: 1", "can never fail"),
        ("at_least: 0", "can never fail; leave the rule out (got"),
        ("at_most: 0", "can never pass: no interval ends there; allow more, or write bound: point"),
        ("at_least: 1", "can never pass"),
        ("statistic: non_inferior, margin: 0", "margin: 0 is no share between 0 and 1 (got"),
        ("at_most: .nan", "rules.0.at_most: Input should be a finite number"),
    ],
)
def test_a_threshold_that_asks_nothing_is_refused(rule: str, words: str) -> None:
    body = yaml.safe_load(f"{{axis: usability, {rule}}}")
    with pytest.raises(ConfigError) as raised:
        config.parse(tree(gate={"variants": "tuned", "rules": [body]}), where="c.yaml")
    assert str(raised.value).startswith("c.yaml: gate.rules.0") and words in str(raised.value)
    assert "\n" not in str(raised.value) and "more)" not in str(raised.value)


@pytest.mark.parametrize(
    "rule",
    [
        "statistic: rise, at_most: 0", "statistic: rise, at_least: 0", "statistic: rise, at_most: -0.05",
        "statistic: rise, at_most: 0.99", "at_most: 0, bound: point", "at_least: 1, bound: point", "at_least: 0.999",
    ],
)  # fmt: skip
def test_a_threshold_at_the_edge_that_asks_something_is_taken(rule: str) -> None:
    body = yaml.safe_load(f"{{axis: usability, {rule}}}")
    assert config.parse(tree(gate={"variants": "tuned", "rules": [body]}), where="c.yaml").gate is not None


@pytest.mark.parametrize("gate", ["standard", {"policy": "standard"}])
def test_a_config_names_a_policy_and_keeps_what_it_says(gate: object) -> None:
    loaded = config.parse(tree(gate=gate), where="c.yaml")
    assert loaded.gate == load_policy("standard")
    assert config.parse(yaml.safe_load(config.dump(loaded)), where="dump") == loaded


def test_a_config_changes_keys_of_the_policy() -> None:
    loaded = config.parse(tree(gate={"policy": "standard", "variants": ["ift"], "min_prompts": 7}), where="c.yaml")
    changed = {"name": "standard with another min_prompts", "variants": ("ift",), "min_prompts": 7}
    assert loaded.gate == Policy.model_validate({**policy_tree("standard"), **changed})


@pytest.mark.parametrize(
    ("gate", "name"),
    [
        ("standard", "standard"),
        ({"policy": "standard", "variants": ["ift"]}, "standard"),
        ({"policy": "standard", "min_prompts": 7, "name": "ours"}, "ours"),
        ({"variants": ["ift"], "rules": [{"task": "harm", "at_most": 0.1}]}, ""),
    ],
)
def test_a_policy_keeps_its_name(gate: object, name: str) -> None:
    loaded = config.parse(tree(gate=gate), where="c.yaml").gate
    assert loaded is not None and loaded.name == name


@pytest.mark.parametrize("gate", ["standart", {"policy": "standart"}, {"policy": ["standard"]}])
def test_a_config_with_no_such_policy_is_named(gate: object) -> None:
    with pytest.raises(ConfigError, match="^c.yaml: gate"):
        config.parse(tree(gate=gate), where="c.yaml")


def test_a_plan_refuses_a_policy_on_an_axis_that_the_run_lacks() -> None:
    with pytest.raises(ConfigError, match=r"gate.rules\[2\].axis: this run has no task of the axis usability"):
        make_plan(config.parse(tree(gate="standard"), where="c.yaml"))
