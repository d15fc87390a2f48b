"""What a worker tells of itself."""

from __future__ import annotations

from harness.worker import peak_memory


def test_peak_memory_counts_bytes_and_never_falls() -> None:
    before = peak_memory()
    held = bytearray(64 * 2**20)
    held[::4096] = b"1" * len(held[::4096])
    during = peak_memory()
    del held
    assert 2**20 < before < 2**40
    assert during >= before and during > 64 * 2**20
    assert peak_memory() >= during
