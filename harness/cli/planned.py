"""A config → its plan; what is wrong with the config is told by its file as well as by the key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.config import RunConfig
    from harness.plan import Plan


def planned(chosen: RunConfig, *, where: str) -> Plan:
    """The plan of a config that was read from the file `where`. Raises as `make_plan`."""
    from harness.plan import make_plan

    with naming(where):
        return make_plan(chosen)


@contextmanager
def naming(where: str) -> Iterator[None]:
    """Put the config's file before an error that opens with one of its keys, and leave others as they are."""
    from harness.config import RunConfig
    from harness.errors import ConfigError, ModelError

    try:
        yield
    except (ConfigError, ModelError) as error:
        keyed = re.match(r"(\w+)[.:]", str(error))
        if keyed is None or keyed[1] not in RunConfig.model_fields:
            raise
        raise type(error)(f"{where}: {error}") from None
