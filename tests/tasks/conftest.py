"""A tiny model that the tasks' tests ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny_models import save_tiny_llama


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_llama(tmp_path_factory.mktemp("tiny"))
