"""A key given twice is a mistake wherever a person writes YAML; the last one never holds in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from harness import yaml_text
from harness.config_tree import apply_override, read_tree, tree_of
from harness.errors import ConfigError, TaskError
from harness.policy_files import load_policy
from harness.task_folders import document_of
from harness.wrappers import read


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "a"),
        ("variants:\n  x: {rate: 1}\n  y: {rate: 2}\n  x: {rate: 3}\n", 4, "x"),
        ("- {a: 1, 'a': 2}\n", 1, "a"),
        ("0: 1\n0: 2\n", 2, "0"),
    ],
)
def test_a_key_given_twice(text: str, line: int, key: str) -> None:
    with pytest.raises(yaml_text.TwiceError) as caught:
        yaml_text.load(text)
    assert yaml_text.line_of(caught.value) == line
    assert yaml_text.why(caught.value).startswith(f"the key {key!r} is given twice, the first time on line ")


def test_what_is_read_as_ever() -> None:
    text = "x: &x {a: 1, b: 2}\ny: {<<: *x, a: 3}\nz: [{a: 1}, {a: 2}]\n'1': s\n1: n\nw: {<<: *x, b: 1}\n"
    assert yaml_text.load(text) == yaml.safe_load(text)


def test_the_config_names_file_line_and_key(tmp_path: Path) -> None:
    path = tmp_path / "dup.yaml"
    path.write_text("name: dup\nseeds: [0]\nseeds: [0, 1]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"dup\.yaml:3: the key 'seeds' is given twice, the first time on line 2"):
        read_tree(path)
    with pytest.raises(ConfigError, match=r"^x:2: the key 'a' is given twice"):
        tree_of("a: 1\na: 1\n", where="x")
    with pytest.raises(ConfigError, match=r"--set a=\{b: 1, b: 2\}: the key 'b' is given twice"):
        apply_override({}, "a={b: 1, b: 2}")


def test_policies_tasks_and_wrappers(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("title: t\ntitle: t\n", encoding="utf-8")
    said: list[str] = []
    for reads in (lambda: load_policy(str(path)), lambda: document_of(path), lambda: read(path)):
        with pytest.raises((ConfigError, TaskError)) as caught:
            reads()
        said.append(str(caught.value))
    assert all(str(path) in one and "the key 'title' is given twice" in one for one in said), said
