"""A plug-in in words, from its own docstring."""

from __future__ import annotations

import ast

import pytest

from harness import plugins
from harness.errors import PluginError
from harness.plugin_words import UNKNOWN, plugin_words


def test_title_stands_before_the_colon_and_source_ends_with_its_paragraph() -> None:
    words = plugin_words("strategies", "ml_lr")
    assert words.title == "ML-LR"
    assert words.does == "robust modules learn at the learning rate, the rest at a fraction of it."
    assert words.source.startswith("[paper] differentiated") and words.source.endswith("or modules by hand.")


def test_a_line_without_a_colon_has_the_plugins_name_for_title() -> None:
    words = plugin_words("judges", "rubric")
    assert (words.title, words.source) == ("rubric", "") and words.does.startswith("An LLM behind")


def test_a_plugin_that_is_gone_is_said_to_be_unknown() -> None:
    assert plugin_words("strategies", "gone").does == UNKNOWN


def test_every_strategy_says_whose_it_is() -> None:
    names = plugins.names("strategies")
    assert [name for name in names if not plugin_words("strategies", name).source] == []


def test_no_docstring_is_an_error_for_those_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ast, "get_docstring", lambda tree: None)
    with pytest.raises(PluginError, match="opens with no docstring"):
        plugins.docstring("judges", "rubric")
