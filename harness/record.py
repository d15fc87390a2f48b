"""The base of every record in the spine."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

FOR_KEY = "for a stage's key"
"""Context of a dump that a stage's key is made of."""


class Record(BaseModel):
    """Frozen and closed: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
