"""`harness init`: a config that loads as it is written, and never over another file."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from harness import config
from harness.cli.app import main
from harness.cli.init import starter, write
from harness.errors import ConfigError, WorldError


def test_the_starter_loads_and_names_model_and_data(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    assert main(["init", str(file), "--model", "models/mine", "--data", "dolly.jsonl"]) == 0
    loaded = config.load(file)
    assert loaded.dataset is not None
    assert (loaded.name, loaded.base.model, loaded.dataset.source) == ("my", "models/mine", "dolly.jsonl")


def test_the_starter_follows_our_advice(tmp_path: Path) -> None:
    write(tmp_path / "my.yaml", text=starter(tmp_path / "my.yaml", model="a/b", data="c/d"))
    loaded = config.load(tmp_path / "my.yaml")
    plain = {v.settings.model_dump()["learning_rate"] for v in loaded.variants if v.strategy == "ift"}
    assert len(plain) >= 2
    assert len(loaded.seeds) >= 3
    assert loaded.gate is not None


@pytest.mark.parametrize(
    "path", ["a b", "a: b", "#x", "2024", "on#ly # x", 'say "hi"', "null", "C\\x", "änder/ung"]
)
def test_odd_paths_survive_the_yaml(path: str) -> None:
    tree = yaml.safe_load(starter(Path("my.yaml"), model=path, data="d.csv"))
    assert tree["base"]["model"] == path


@pytest.mark.parametrize(("stem", "name"), [("my run", "my-run"), (".hidden", "hidden"), ("---", "my-run")])
def test_the_name_is_one_that_a_folder_can_have(stem: str, name: str) -> None:
    assert yaml.safe_load(starter(Path(f"{stem}.yaml"), model="m", data="d"))["name"] == name


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_text("mine")
    with pytest.raises(ConfigError, match="exists already"):
        write(file, text="x")
    assert file.read_text() == "mine"


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r"no/my\.yaml: cannot be written: No such file"):
        write(tmp_path / "no" / "my.yaml", text="x")


def test_model_and_data_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "my.yaml"]) == 2
    assert "--model" in capsys.readouterr().err
