"""One bench for a module's tests."""

from __future__ import annotations

import pytest

from tests.tuned import Bench, bench


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A tiny base to try strategies on."""
    return bench(tmp_path_factory.mktemp("bench"))
