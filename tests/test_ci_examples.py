"""action.yml and the pipelines in docs/ci.md, against the published schemas that check-jsonschema carries."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema.validators import validator_for

ROOT = Path(__file__).resolve().parent.parent
PIPELINES = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def faults(tree: Any, schema: str) -> list[str]:
    """What of a tree is against one of the vendored schemas."""
    found = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{schema}.json"
    definition = json.loads(found.read_text(encoding="utf-8"))
    return [f"{e.json_path}: {e.message}" for e in validator_for(definition)(definition).iter_errors(tree)]


def blocks(heading: str) -> list[Any]:
    """The YAML blocks below a heading of the second level."""
    part = re.split(r"^## ", PIPELINES, flags=re.MULTILINE)
    (text,) = [p for p in part if p.splitlines()[0].strip() == heading]
    # The loader takes a bare `on:` for true, as YAML 1.1 has it.
    loaded = [yaml.safe_load(b) for b in re.findall(r"^```yaml\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)]
    return [{("on" if key is True else key): value for key, value in tree.items()} for tree in loaded]


def test_the_action_is_one() -> None:
    assert faults(yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8")), "github-actions") == []


@pytest.mark.parametrize(("heading", "schema"), [("GitHub", "github-workflows"), ("GitLab", "gitlab-ci")])
def test_the_pipelines_in_the_docs_are_some(heading: str, schema: str) -> None:
    found = blocks(heading)
    assert found
    for tree in found:
        assert faults(tree, schema) == []


def test_a_misspelt_key_would_be_found() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert faults({**action, "input": {}}, "github-actions")
