"""`harness ls`: everything that ships, a line each."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import plugins
from harness.cli import ls
from harness.cli.app import main
from harness.errors import InputError


@pytest.mark.parametrize("kind", plugins.KINDS)
def test_plugins_are_listed_with_their_summary(kind: str) -> None:
    assert ls.rows(kind) == tuple((name, plugins.summary(kind, name)) for name in plugins.names(kind))


def test_tasks_are_listed_with_axis_and_outcome() -> None:
    phrases = dict(ls.rows("tasks"))
    assert phrases["harmful_requests"].startswith("[harmfulness] ")
    assert phrases["xstest"].endswith("counts over-refusal")


def test_configs_are_listed_by_path_with_what_they_are() -> None:
    rows = ls.rows("configs")
    assert all(Path(path).is_file() and phrase for path, phrase in rows)
    assert "quickstart.yaml" in {Path(path).name for path, _ in rows}
    assert "paper" in {Path(path).parent.name for path, _ in rows}


def test_names_stand_in_a_column(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ls", "strategies"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(plugins.names("strategies"))
    assert len({line.index(plugins.summary("strategies", line.split()[0])) for line in lines}) == 1


def test_an_unknown_kind_gets_a_hint() -> None:
    with pytest.raises(InputError, match=r"unknown kind 'taks'; did you mean 'tasks'\?"):
        ls.ls("taks")


def test_a_long_phrase_is_folded_under_itself_in_a_terminal() -> None:
    assert ls.folded("a  one two three", columns=23, indent=3) == "a  one two three"
    assert ls.folded("a  one two three four five six", columns=23, indent=3) == "a  one two three four\n   five six"
    assert ls.folded("a  " + "one " * 40, columns=None, indent=3) == "a  " + "one " * 40
    assert ls.folded("a  " + "one " * 40, columns=22, indent=3) == "a  " + "one " * 40


def test_policies_are_listed_by_name_with_what_they_are_for() -> None:
    rows = dict(ls.rows("policies"))
    assert list(rows) == ["regression", "research", "standard", "strict"] and rows["standard"].startswith("A release:")
