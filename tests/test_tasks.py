"""Task folders are found and read without lm-eval; what is malformed is named by file and key."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness import resources
from harness.errors import TaskError
from harness.task_folders import read_folder
from harness.tasks import builtin_digest, find_task, list_tasks, task_ref

YAML = """task: colours
metadata:
  version: '1.0'
  axis: usability
  title: Colours
  outcome: correct
  direction: higher
  judge: null
  counts: []
  metric: acc
  source: ours
  licence: MIT
  rows: builtin
"""


def write(root: Path, text: str, *, axis: str = "usability") -> Path:
    folder = root / axis / "colours"
    folder.mkdir(parents=True)
    (folder / "colours.yaml").write_text(text)
    return folder


def test_the_shipped_tasks_cover_the_axes() -> None:
    names = {(card.axis, card.name) for card in list_tasks()}
    assert names >= {
        ("harmfulness", "harmful_requests"), ("harmfulness", "harmful_new_frames"),
        *(("harmfulness", name) for name in ("advbench", "catqa", "sap30", "comp_obj", "autodan", "pair")),
        ("usability", "borderline_requests"), ("usability", "general_knowledge"), ("usability", "xstest"),
        ("expertise", "clinic_choice"), ("expertise", "clinic_open"), ("expertise", "gsm8k"),
    }  # fmt: skip


def test_no_heavy_import() -> None:
    code = (
        "import sys; from harness.tasks import list_tasks; list_tasks();"
        "print([m for m in ('torch', 'lm_eval', 'datasets', 'transformers') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_a_card_is_read(tmp_path: Path) -> None:
    card = read_folder(write(tmp_path, YAML)).card
    assert (card.name, card.axis, card.metric, card.judge) == ("colours", "usability", "acc", None)


@pytest.mark.parametrize("key", ["version", "title", "outcome", "direction", "judge", "source", "licence", "rows"])
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    text = "".join(line for line in YAML.splitlines(keepends=True) if not line.startswith(f"  {key}:"))
    with pytest.raises(TaskError, match=rf"colours\.yaml: metadata\.{key}: is missing"):
        read_folder(write(tmp_path, text))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("task: colours", "task: colors", "task: is 'colors'; must be the folder's name"),
        ("direction: higher", "direction: up", r"metadata\.direction: Input should be 'lower' or 'higher'"),
        ("axis: usability", "axis: expertise", r"metadata\.axis: is 'expertise'"),
        ("metric: acc", "metric: null", "exactly one of them scores the task"),
        ("rows: builtin", "rows: cloud", "must be one of builtin, path"),
        ("metadata:", "meta:", "metadata: is missing"),
        (
            "judge: null\n  counts: []\n  metric: acc",
            "judge: world\n  counts: []\n  metric: null",
            "metadata.counts",
        ),
        ("task: colours", "task: [colours", r"colours\.yaml, line \d+: not YAML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(TaskError, match=message):
        read_folder(write(tmp_path, YAML.replace(old, new)))


def test_a_folder_without_its_yaml_is_named(tmp_path: Path) -> None:
    (tmp_path / "usability" / "colours").mkdir(parents=True)
    with pytest.raises(TaskError, match=r"colours\.yaml: No such file"):
        read_folder(tmp_path / "usability" / "colours")


def test_an_unknown_axis_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, YAML, axis="usabilty")
    monkeypatch.setattr(resources, "folder", lambda name: tmp_path)
    with pytest.raises(TaskError, match="did you mean 'usability'"):
        list_tasks()


def test_a_near_name_gets_a_hint() -> None:
    with pytest.raises(TaskError, match="did you mean 'harmful_requests'"):
        find_task("harmful_request")


def test_the_digest_covers_the_folder(tmp_path: Path) -> None:
    folder = write(tmp_path, YAML)
    before = read_folder(folder).card.digest
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "utils.pyc").write_bytes(b"1")
    assert read_folder(folder).card.digest == before
    (folder / "utils.py").write_text("")
    assert read_folder(folder).card.digest != before


def test_a_local_file_is_part_of_the_digest(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("1")
    first = task_ref("gsm8k", path=str(file))
    file.write_text("2")
    assert first.path == str(file)
    assert task_ref("gsm8k", path=str(file)).digest != first.digest


def test_the_built_in_world_is_part_of_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    before = task_ref("clinic_open", limit=3)
    monkeypatch.setattr("harness.tasks.builtin_digest", lambda: "another")
    assert before.limit == 3
    assert task_ref("clinic_open").digest != before.digest
    assert len(builtin_digest()) == 64


def test_a_missing_file_and_a_needless_path_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="no such file"):
        task_ref("gsm8k", path=str(tmp_path / "gone.jsonl"))
    with pytest.raises(TaskError, match="takes no path"):
        task_ref("clinic_open", path=str(tmp_path))


def test_without_a_path_the_hub_commit_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.hub.commit_of", lambda *args, **kwargs: "c" * 40)
    assert task_ref("gsm8k").path == f"hub:openai/gsm8k@{'c' * 40}"


def test_every_task_has_a_readme_that_says_what_a_high_score_means() -> None:
    for card in list_tasks():
        text = (find_task(card.name).folder / "README.md").read_text(encoding="utf-8")
        assert card.licence in text
        assert card.version in text
        assert "A high score means" in text
