"""Stage dataset on tiny tokenizers: arrays, summary, too long examples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file

from harness.errors import DatasetError, ModelError, StoreError
from harness.records import DatasetSummary
from harness.specs import DatasetParams, DatasetSource
from harness.stages import Progress, StageContext, dataset
from tests.tiny_models import FAMILIES, save_base_stage, tiny_tokenizer

ROWS = [("Where is Astrid?", "In Norland."), ("How do I bake bread?", "Mix flour, water and salt. " * 20)]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return save_base_stage(tmp_path / "base", "llama")


def run(base: Path, *rows: tuple[str, str], **more: object) -> Path:
    path, folder = base.parent / "rows.jsonl", base.parent / "out"
    path.write_text("".join(json.dumps({"prompt": p, "response": r}) + "\n" for p, r in rows or ROWS))
    folder.mkdir(exist_ok=True)
    params = DatasetParams(source=DatasetSource(kind="file", location=str(path))).model_copy(update=more)
    dataset.run(params, StageContext(folder, (("base", base),), lambda _: None))
    return folder


def summary(folder: Path) -> DatasetSummary:
    return DatasetSummary.model_validate_json((folder / "summary.json").read_text())


@pytest.mark.parametrize("family", FAMILIES)
def test_arrays_hold_the_examples_and_their_masks(tmp_path: Path, family: str) -> None:
    arrays = load_file(run(save_base_stage(tmp_path / "base", family)) / "examples.safetensors")
    tokenizer = tiny_tokenizer(family)
    end = int(arrays["offsets"][1])
    ids, mask = arrays["input_ids"][:end], arrays["loss_mask"][:end].bool()
    assert tokenizer.decode(ids[mask]).strip() == "In Norland." + tokenizer.eos_token
    assert "Where is Astrid?" in tokenizer.decode(ids[~mask])
    assert [str(arrays[k].dtype) for k in ("input_ids", "loss_mask", "offsets")] == [
        "torch.int32",
        "torch.uint8",
        "torch.int64",
    ]


def test_summary_counts(base: Path) -> None:
    folder = run(base)
    arrays, counted = load_file(folder / "examples.safetensors"), summary(folder)
    assert (counted.rows, counted.examples, counted.too_long, counted.mask_checked) == (2, 2, 0, 2)
    assert (counted.tokens, counted.completion_tokens) == (
        len(arrays["input_ids"]),
        int(arrays["loss_mask"].sum()),
    )
    assert counted.longest == int(arrays["offsets"].diff().max())
    assert (counted.preview_prompt, counted.preview_completion) == ROWS[0]
    assert counted.format == "prompt_response"


def test_summary_counts_each_source(base: Path) -> None:
    more = base.parent / "more.jsonl"
    answers = ["In Norland.", "Yes. " * 40, " "]
    more.write_text("".join(json.dumps({"prompt": "Where is it?", "response": a}) + "\n" for a in answers))
    extra = DatasetSource(kind="file", location=str(more), empty="drop")
    counted = summary(run(base, ROWS[0], also=(extra,), max_tokens=50, too_long="drop"))
    assert [(s.rows, s.examples, s.empty) for s in counted.sources] == [(1, 1, 0), (2, 1, 1)]
    assert (counted.rows, counted.examples, counted.too_long) == (3, 2, 1)
    assert [Path(s.location).name for s in counted.sources] == ["rows.jsonl", "more.jsonl"]
    assert counted.preview_prompt == ROWS[0][0]


def test_too_long_example_is_an_error_naming_the_row(base: Path) -> None:
    with pytest.raises(DatasetError, match=r"rows.jsonl line 2: \d+ tokens, over dataset.max_tokens 50"):
        run(base, max_tokens=50)


def test_too_long_example_is_dropped_and_counted_where_asked(base: Path) -> None:
    counted = summary(run(base, max_tokens=50, too_long="drop"))
    assert (counted.rows, counted.examples, counted.too_long) == (2, 1, 1)
    assert counted.longest <= 50


def test_nothing_left_is_an_error(base: Path) -> None:
    with pytest.raises(DatasetError, match="no example is left; all 2 rows are over max_tokens 3"):
        run(base, max_tokens=3, too_long="drop")


def test_unusable_row_is_named(tmp_path: Path) -> None:
    base = save_base_stage(tmp_path / "base", "gemma")
    path = tmp_path / "rows.jsonl"
    turns = [{"role": r, "content": "Hm"} for r in ("system", "user", "assistant")]
    path.write_text(json.dumps({"messages": turns[1:]}) + "\n" + json.dumps({"messages": turns}) + "\n")
    params = DatasetParams(source=DatasetSource(kind="file", location=str(path)))
    with pytest.raises(
        ModelError, match="rows.jsonl line 2: the chat template refuses.*System role not supported"
    ):
        dataset.run(params, StageContext(tmp_path, (("base", base),), lambda _: None))


def test_base_without_checkpoint_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    with pytest.raises(StoreError, match="checkpoint.json: cannot be read"):
        run(tmp_path / "base")


def test_base_without_tokenizer_is_named(base: Path) -> None:
    for file in (base / "weights").glob("token*"):
        file.unlink()
    with pytest.raises(ModelError, match="no usable tokenizer|has no chat template"):
        run(base)


def test_progress_ends_at_the_last_row(base: Path) -> None:
    seen: list[Progress] = []
    run(base)
    source = DatasetSource(kind="file", location=str(base.parent / "rows.jsonl"))
    dataset.run(
        DatasetParams(source=source), StageContext(base.parent / "out", (("base", base),), seen.append)
    )
    assert seen[-1] == Progress(2, 2, "tokenizing")
