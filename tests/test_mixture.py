"""Mixtures: how many rows of each source, in which order, and one clear line where a source has too few."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from harness.errors import DatasetError
from harness.mixture import Mixture, read_mixture, shared_counts
from harness.specs import DatasetParams, DatasetSource


def source(folder: Path, name: str, rows: int, **more: object) -> DatasetSource:
    """A file of `rows` rows whose prompts begin with its name."""
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps({"prompt": f"{name} {n}", "response": "Yes."}) + "\n" for n in range(rows)))
    return DatasetSource(kind="file", location=str(path)).model_copy(update=more)


def mix(first: DatasetSource, *also: DatasetSource) -> Mixture:
    return read_mixture(DatasetParams(source=first, also=also))


def prompts(mixture: Mixture) -> list[str]:
    return [mixed.row.messages[0].content for mixed in mixture.rows]


def test_one_source_alone_keeps_its_order(tmp_path: Path) -> None:
    assert prompts(mix(source(tmp_path, "a", 4))) == ["a 0", "a 1", "a 2", "a 3"]


def test_all_rows_a_limit_and_a_share_are_mixed(tmp_path: Path) -> None:
    made = mix(source(tmp_path, "a", 60), source(tmp_path, "b", 50, limit=20), source(tmp_path, "c", 50, share=0.2))
    assert Counter(prompt[0] for prompt in prompts(made)) == {"a": 60, "b": 20, "c": 20}
    assert Counter(mixed.part for mixed in made.rows) == {0: 60, 1: 20, 2: 20}
    assert len(set(prompts(made))) == 100


def test_the_order_is_drawn_by_the_first_sources_seed(tmp_path: Path) -> None:
    first, other = source(tmp_path, "a", 30), source(tmp_path, "b", 30)
    made = prompts(mix(first, other))
    assert made == prompts(mix(first, other))
    assert made != sorted(made)
    assert made != prompts(mix(first.model_copy(update={"seed": 1}), other))


def test_which_rows_of_a_share_are_used_is_drawn_by_its_own_seed(tmp_path: Path) -> None:
    first, other = source(tmp_path, "a", 30), source(tmp_path, "b", 300, share=0.5)
    assert set(prompts(mix(first, other))) != set(prompts(mix(first, other.model_copy(update={"seed": 1}))))


def test_the_forms_are_named_once(tmp_path: Path) -> None:
    messages = tmp_path / "chat.jsonl"
    turns = [{"role": "user", "content": "Ask"}, {"role": "assistant", "content": "Answer"}]
    messages.write_text(json.dumps({"messages": turns}) + "\n")
    chat = DatasetSource(kind="file", location=str(messages))
    assert mix(source(tmp_path, "a", 1), chat, source(tmp_path, "b", 1)).format == "prompt_response + messages"


@pytest.mark.parametrize(
    ("shares", "rows", "counts"),
    [
        ([None, 0.05], [95, 50], [95, 5]),
        ([None, None, 0.5], [30, 20, 90], [30, 20, 50]),
        ([None, 0.25, 0.25], [50, 90, 90], [50, 25, 25]),
        ([0.1, None], [90, 90], [10, 90]),
    ],
)
def test_a_share_is_of_the_whole_mixture(shares: list[float | None], rows: list[int], counts: list[int]) -> None:
    assert shared_counts(shares, rows=rows, names=["x"] * len(rows)) == counts


@pytest.mark.parametrize(("share", "words"), [(0.5, "is 100 rows, but it must be 1 to 30"), (1e-4, "is 0 rows")])
def test_a_share_that_cannot_be_had_is_named(tmp_path: Path, share: float, words: str) -> None:
    with pytest.raises(DatasetError, match=rf"b\.jsonl: a share of {share:g} in .* {words}"):
        mix(source(tmp_path, "a", 100), source(tmp_path, "b", 30, share=share))


@pytest.mark.parametrize(("name", "kind"), [("builtin:harmful", "harmful"), ("builtin:safe", "refused")])
def test_built_in_requests_are_mixed_in(name: str, kind: str) -> None:
    extra = DatasetSource(kind="builtin", location=name, share=0.1)
    made = mix(DatasetSource(kind="builtin", location="builtin"), extra)
    added = [mixed.row.messages[1].content for mixed in made.rows if mixed.part == 1]
    assert abs(len(added) / len(made.rows) - 0.1) < 0.001
    assert all(text.startswith("sure , to ") == (kind == "harmful") for text in added)
