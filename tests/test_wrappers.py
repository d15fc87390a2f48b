"""Wrappers: read from their files, around a prompt once; what is malformed is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import wrappers
from harness.errors import TaskError
from harness.task_specs import TaskChoice
from harness.tasks import card_of, task_refs


@pytest.mark.parametrize("name", wrappers.names())
def test_a_wrapper_holds_the_request_once(name: str) -> None:
    wrapper = wrappers.load(name)
    assert wrapper.around("Say {x} & <y>.").count("Say {x} & <y>.") == 1
    assert wrapper.title and wrapper.source


def test_the_techniques_are_there() -> None:
    assert set(wrappers.names()) >= {"prefix_injection", "refusal_suppression", "role_play", "template_removal"}
    assert [name for name in wrappers.names() if not wrappers.load(name).chat] == ["template_removal"]


def test_an_unknown_wrapper_gets_a_hint() -> None:
    with pytest.raises(TaskError, match="unknown wrapper 'roleplay'; did you mean 'role_play'"):
        wrappers.load("roleplay")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: t\nsource: s\ntext: no place\n", r"w\.yaml: text: must hold {request} once"),
        ("title: t\ntext: '{request}'\n", r"w\.yaml: source: Field required"),
        ("title: [t\n", r"w\.yaml: not YAML"),
        ("- t\n", r"w\.yaml: must be a mapping"),
    ],
)
def test_a_malformed_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "w.yaml").write_text(text)
    with pytest.raises(TaskError, match=message):
        wrappers.read(tmp_path / "w.yaml")


def test_a_choice_becomes_a_task_for_each_wrapper() -> None:
    refs = task_refs(TaskChoice(task="harmful_requests", wrappers=("none", "role_play")))
    assert [ref.name for ref in refs] == ["harmful_requests", "harmful_requests+role_play"]
    assert refs[1].plain == refs[0]
    assert card_of(refs[1]).name == refs[1].name
    assert card_of(refs[1]).title.endswith("; asked of a character in a play")


def test_the_wrappers_text_is_part_of_what_is_asked() -> None:
    ref = task_refs(TaskChoice(task="harmful_requests", wrappers=("role_play",)))[0]
    assert ref.wrapper is not None and ref.wrapper.text in ref.model_dump_json().encode().decode("unicode_escape")


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"task": "clinic_open", "wrappers": ("role_play",)}, "only a task that a judge scores can be wrapped"),
        ({"task": "harmful_requests", "wrappers": ("role_play", "role_play")}, "role_play is named twice"),
        ({"task": "harmful_requests", "wrappers": ("rôle",)}, "unknown wrapper"),
    ],
)
def test_a_wrapper_that_cannot_be_is_refused(choice: dict[str, object], message: str) -> None:
    with pytest.raises(TaskError, match=message):
        task_refs(TaskChoice.model_validate(choice))
