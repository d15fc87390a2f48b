"""Exit codes live on the errors, and errors survive a process border."""

from __future__ import annotations

import pytest

from harness import errors


def tree(root: type[errors.HarnessError]) -> list[type[errors.HarnessError]]:
    return [root, *(c for child in root.__subclasses__() for c in tree(child))]


@pytest.mark.parametrize("cls", tree(errors.InputError))
def test_wrong_input_ends_with_2(cls: type[errors.HarnessError]) -> None:
    assert cls.exit_code == 2


@pytest.mark.parametrize("cls", [*tree(errors.WorldError), errors.SilentFailureError])
def test_a_failing_world_ends_with_1(cls: type[errors.HarnessError]) -> None:
    assert cls.exit_code == 1


def test_the_gate_ends_with_3_or_4() -> None:
    assert (errors.GateClosed.exit_code, errors.CantSay.exit_code) == (3, 4)


@pytest.mark.parametrize("cls", tree(errors.HarnessError))
def test_every_error_is_drawn_in_the_tree(cls: type[errors.HarnessError]) -> None:
    assert cls.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("cls", tree(errors.HarnessError))
def test_every_error_crosses_a_process_border(cls: type[errors.HarnessError]) -> None:
    error = errors.by_name(cls.__name__, message="line 3: wrong")
    assert type(error) is cls
    assert str(error) == "line 3: wrong"


def test_a_foreign_error_becomes_a_stage_error() -> None:
    assert type(errors.by_name("ZeroDivisionError", message="m")) is errors.StageError


def test_did_you_mean() -> None:
    assert errors.did_you_mean("rest_ration", ["rest_ratio", "modules"]) == "; did you mean 'rest_ratio'?"
    assert errors.did_you_mean("zzz", ["rest_ratio"]) == ""


def test_the_name_of_a_sweep_means_its_variants() -> None:
    swept = [f"ml-lr-{n}" for n in range(5)]
    assert errors.did_you_mean("ml-lr", swept[:1]) == "; did you mean 'ml-lr-0'?"
    words = "; did you mean 'ml-lr-0' or 'ml-lr-1' or 'ml-lr-2' or another of 5?"
    assert errors.did_you_mean("ml-lr", ["ml-lx", *swept]) == words


def test_a_missing_extra_tells_the_install_line() -> None:
    assert "pip install 'benign-ift-harness[cpu]'" in str(errors.MissingExtraError("vllm", extra="cpu"))
