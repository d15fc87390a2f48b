"""Plug-ins are listed and described without importing them; a wrong name or file is one clear error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness import plugins
from harness.errors import PluginError


@pytest.fixture
def judges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of judges in the package's place."""
    monkeypatch.setattr(plugins, "PACKAGE", tmp_path)
    (tmp_path / "judges").mkdir()
    return tmp_path / "judges"


def test_a_file_is_a_plugin_unless_it_opens_with_an_underscore(judges: Path) -> None:
    for name in ("strict.py", "__init__.py", "_shared.py", "mild.py", "notes.txt"):
        (judges / name).touch()
    assert plugins.names("judges") == ("mild", "strict")


def test_the_shipped_strategies_and_backends() -> None:
    assert {"ift", "ml_lr"} <= set(plugins.names("strategies"))
    assert {"vllm", "hf", "fake"} <= set(plugins.names("backends"))


@pytest.mark.parametrize("kind", plugins.KINDS)
def test_every_shipped_plugin_has_a_summary(kind: str) -> None:
    summaries = [plugins.summary(kind, name) for name in plugins.names(kind)]
    assert summaries
    assert all(text.endswith((".", ":", ";")) or len(text) > 20 for text in summaries)


def test_summary_is_the_first_line_and_nothing_is_imported(judges: Path) -> None:
    (judges / "loud.py").write_text('"""Shouts.\n\nMore."""\nraise SystemExit("imported")\n')
    assert plugins.summary("judges", "loud") == "Shouts."


def test_a_file_without_docstring_is_named(judges: Path) -> None:
    (judges / "mute.py").write_text("x = 1\n")
    with pytest.raises(PluginError, match=r"mute\.py: opens with no docstring"):
        plugins.summary("judges", "mute")


def test_a_file_that_is_not_python_is_named(judges: Path) -> None:
    (judges / "broken.py").write_text("def (:\n")
    with pytest.raises(PluginError, match=r"broken\.py: cannot be read as Python"):
        plugins.summary("judges", "broken")


def test_an_unknown_name_gets_a_hint() -> None:
    with pytest.raises(
        PluginError, match=r"unknown plug-in 'ml_rl' among strategies; did you mean 'ml_lr'\?; known: checkpoint"
    ):
        plugins.load("strategies", "ml_rl")


def test_an_unknown_kind_gets_a_hint() -> None:
    with pytest.raises(PluginError, match=r"'judge'; did you mean 'judges'\?"):
        plugins.names("judge")


def test_a_path_is_the_plugins_file() -> None:
    assert plugins.path("strategies", "ift").name == "ift.py"
    assert plugins.path("strategies", "ift").is_file()


def test_no_name_reaches_outside_the_folder() -> None:
    with pytest.raises(PluginError, match="unknown plug-in"):
        plugins.load("strategies", "../errors")


def test_load_gives_the_module() -> None:
    module = plugins.load("strategies", "ift")
    assert module.train_spec(module.Settings(learning_rate=1e-3)).learning_rate == 1e-3


def test_a_plugin_that_lacks_a_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(plugins.KINDS, "strategies", ("Settings", "wanted"))
    with pytest.raises(PluginError, match=r"ift\.py: defines no wanted; see harness/strategies/__init__\.py"):
        plugins.load("strategies", "ift")


def test_a_plugin_that_fails_to_import_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "harness.strategies.ift", None)
    with pytest.raises(PluginError, match=r"ift\.py: fails to import: ModuleNotFoundError"):
        plugins.load("strategies", "ift")


def test_naming_and_describing_load_no_plugin() -> None:
    code = (
        "import sys; from harness import plugins as p\n"
        "[p.summary(k, n) for k in p.KINDS for n in p.names(k)]\n"
        "print([m for m in sys.modules if m.startswith(('harness.strategies', 'harness.backends'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
