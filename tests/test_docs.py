"""The documentation is tested: the file tree is whole, every verb is documented, the examples work."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from harness import config
from harness.cli.app import VERBS
from harness.policy import Policy
from harness.records import Sample
from harness.specs import TrainSpec
from tests.configs import tree

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
]


def example(page: str, number: int) -> dict[str, object]:
    """What a page's Python block defines."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)
    namespace: dict[str, object] = {"__name__": "example"}
    exec(compile(blocks[number], page, "exec", dont_inherit=True), namespace)
    return namespace


def sample(completion: str) -> Sample:
    return Sample(
        task="t", sample_id="0", category="", prompt="p", target="", completion=completion, chosen="",
        finish="stop", completion_tokens=1, metric=None,
    )  # fmt: skip


def test_the_file_tree_names_every_module() -> None:
    listed = README.split("## Files")[1]
    modules = {f.name for f in (ROOT / "harness").glob("*.py")} - {"__init__.py"}
    folders = {f"{f.name}/" for f in (ROOT / "harness").iterdir() if (f / "__init__.py").is_file()}
    assert {name for name in modules | folders if f"  {name} " not in listed} == set()


def test_the_file_tree_names_nothing_that_is_gone() -> None:
    named = re.findall(r"^  (\S+\.py) ", README.split("## Files")[1], re.MULTILINE)
    assert [name for name in named if not (ROOT / "harness" / name).is_file()] == []


@pytest.mark.parametrize("verb", VERBS)
def test_the_readme_documents_every_verb(verb: str) -> None:
    assert re.search(rf"^\| `harness {verb}\b", README, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_configs_exist(page: Path) -> None:
    named = set(re.findall(r"configs/[\w.-]+\.yaml", page.read_text(encoding="utf-8")))
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_the_readmes_sweep_makes_the_variants_that_it_names() -> None:
    block = next(b for b in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if "sweep:" in b)
    made = config.parse(tree(variants=yaml.safe_load(block)["variants"]), where="README.md")
    assert len(made.variants) == 3 + 5 * 2
    assert {"ift-2e-4", "ml-lr-0.1-300"} <= {variant.name for variant in made.variants}


def test_the_example_strategy_freezes_the_ends() -> None:
    made = example("extending.md", 0)
    spec = made["train_spec"](made["Settings"](learning_rate=1e-3))  # type: ignore[operator]
    assert isinstance(spec, TrainSpec)
    assert [(group.name, group.scale) for group in spec.groups] == [("ends", 0.0), ("rest", 1.0)]


def test_the_example_judge_judges() -> None:
    made = example("extending.md", 1)
    samples = [sample("YES"), sample("no"), sample("")]
    verdicts = made["judge"](samples, made["Settings"]())  # type: ignore[operator]
    assert [verdict.outcome for verdict in verdicts] == ["complies", "refuses", None]


def test_the_policies_of_the_docs_are_some() -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "ci.md").read_text(), re.MULTILINE | re.DOTALL)
    trees = [tree.get("gate", tree) for tree in map(yaml.safe_load, blocks)]
    policies = [Policy.model_validate(tree) for tree in trees if "rules" in tree and "variants" in tree]
    assert [policy.on_baseline for policy in policies] == [False, True]


@pytest.mark.parametrize("script", ["install", "test", "run"])
def test_the_scripts_are_executable_bash(script: str) -> None:
    file = ROOT / ".ci" / script
    assert file.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(file)], check=True)


def test_ci_runs_the_readmes_test_command() -> None:
    assert "bash .ci/test" in README
    assert "bash .ci/test" in (ROOT / ".ci" / "run").read_text().splitlines()
    assert "run: bash .ci/run" in (ROOT / ".github" / "workflows" / "ci.yml").read_text()
