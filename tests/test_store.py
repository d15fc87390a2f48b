"""The store: atomic, by key, and it notices damage."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from harness.errors import StoreError, WorldError
from harness.store import SEAL, Store, key_of, world_error
from tests.specs import base_spec, finish


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_a_stage_is_there_only_once_finished(store: Store) -> None:
    spec = base_spec()
    folder = store.begin(spec.key)
    (folder / "weights.bin").write_text("w")
    assert not store.has(spec.key)
    store.finish(spec, folder=folder, seconds=1)
    assert store.has(spec.key)
    assert not folder.exists()


def test_the_seal_tells_spec_files_and_time(store: Store) -> None:
    finish(store, base_spec(), text="abc")
    seal = store.seal(base_spec().key)
    assert seal is not None
    assert seal.spec == base_spec()
    assert [(f.path, f.size) for f in seal.files] == [("weights.bin", 3)]
    assert seal.seconds == 1.5


def test_the_seals_of_all_finished_stages(store: Store) -> None:
    for seed in (0, 1):
        finish(store, base_spec(seed))
    store.begin(base_spec(2).key)
    (store.folder(base_spec(1).key) / SEAL).write_text("{")
    (seal,) = store.seals()
    assert seal.spec == base_spec(0) and store.whole(seal)
    (store.folder(seal.spec.key) / "weights.bin").unlink()
    assert not store.whole(seal)


def test_peak_memory_is_noted_and_changes_no_digest(tmp_path: Path) -> None:
    seals = []
    for peak in (None, 5 * 2**30):
        store, spec = Store(tmp_path / str(peak)), base_spec()
        folder = store.begin(spec.key)
        (folder / "weights.bin").write_text("w")
        store.finish(spec, folder=folder, seconds=1, peak_memory=peak)
        seals.append(store.seal(spec.key))
    assert [seal and seal.peak_memory for seal in seals] == [None, 5 * 2**30]
    assert seals[0] and seals[1] and seals[0].digest == seals[1].digest


def test_a_seal_without_peak_memory_can_still_be_read(store: Store) -> None:
    path = finish(store, base_spec()) / SEAL
    path.write_text(path.read_text().replace(',\n "peak_memory": null', ""))
    assert "peak_memory" not in path.read_text()
    assert store.has(base_spec().key)


def test_a_stage_that_wrote_nothing_is_an_error(store: Store) -> None:
    with pytest.raises(WorldError, match="wrote no files"):
        store.finish(base_spec(), folder=store.begin(base_spec().key), seconds=1)


def test_the_second_of_two_makers_is_dropped(store: Store) -> None:
    spec = base_spec()
    first, second = store.begin(spec.key), store.begin(spec.key)
    (first / "weights.bin").write_text("first")
    (second / "weights.bin").write_text("second")
    store.finish(spec, folder=first, seconds=1)
    store.finish(spec, folder=second, seconds=1)
    assert (store.folder(spec.key) / "weights.bin").read_text() == "first"
    assert list((store.root / "partial").iterdir()) == []


def test_verify_finds_nothing_in_a_sound_stage(store: Store) -> None:
    finish(store, base_spec())
    assert store.verify(base_spec().key) == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda f: (f / "weights.bin").write_text("WEIGHTS"), "has other bytes"),
        (lambda f: (f / "weights.bin").unlink(), "is missing"),
        (lambda f: (f / "more.bin").write_text("x"), "was added"),
        (lambda f: (f / SEAL).write_text("{"), "seal cannot be read"),
    ],
)
def test_verify_names_damage(store: Store, change, reason: str) -> None:  # type: ignore[no-untyped-def]
    change(finish(store, base_spec()))
    damage = store.verify(base_spec().key)
    assert len(damage) == 1
    assert reason in damage[0].reason


def test_a_stage_with_a_shortened_file_does_not_count_as_finished(store: Store) -> None:
    (finish(store, base_spec()) / "weights.bin").write_text("w")
    assert not store.has(base_spec().key)


def test_a_damaged_stage_can_be_made_again(store: Store) -> None:
    (finish(store, base_spec()) / "weights.bin").unlink()
    finish(store, base_spec(), text="again")
    assert store.verify(base_spec().key) == ()


def test_discard_takes_it_out(store: Store) -> None:
    finish(store, base_spec())
    store.discard(base_spec().key)
    assert not store.has(base_spec().key)


def test_sweep_removes_what_dead_processes_left_and_nothing_else(store: Store) -> None:
    mine = store.begin("k")
    dead = store.root / "partial" / "k.999999999.aaaa"
    dead.mkdir()
    assert store.sweep() == 1
    assert mine.exists()
    assert not dead.exists()


def test_a_full_disk_is_said_in_one_line(tmp_path: Path) -> None:
    error = world_error(OSError(errno.ENOSPC, "No space left on device"), path=tmp_path)
    assert isinstance(error, StoreError)
    assert "no space left" in str(error)
    assert "\n" not in str(error)


def test_a_store_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        Store(tmp_path / "file")


def test_the_key_depends_on_everything() -> None:
    params = base_spec().params
    key = key_of(params=params, inputs=("a=1",), schema=1, version="0.1")
    assert key == key_of(params=params, inputs=("a=1",), schema=1, version="0.1")
    others = {
        key_of(params=base_spec(seed=1).params, inputs=("a=1",), schema=1, version="0.1"),
        key_of(params=params, inputs=("a=2",), schema=1, version="0.1"),
        key_of(params=params, inputs=("a=1",), schema=2, version="0.1"),
        key_of(params=params, inputs=("a=1",), schema=1, version="0.2"),
    }
    assert len(others) == 4
    assert key not in others


def test_an_unfinished_rename_leaves_no_stage(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = store.begin(base_spec().key)
    (folder / "weights.bin").write_text("w")

    def fail(source: object, target: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(StoreError, match="no space"):
        store.finish(base_spec(), folder=folder, seconds=1)
    assert not store.has(base_spec().key)
