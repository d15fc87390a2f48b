"""What of SARIF 2.1.0 we use, as a closed JSON Schema: names, types and values as the standard's sections have them.

The standard's own schema is closed as well, so that what passes here passes there.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1}
BAG: Schema = {"type": "object"}


def closed(required: str, **properties: Schema) -> Schema:
    """An object with these properties and no others."""
    return {
        "type": "object", "additionalProperties": False, "required": required.split(), "properties": properties
    }  # fmt: skip


def each(items: Schema, **more: object) -> Schema:
    """An array of them."""
    return {"type": "array", "items": items, **more}


MESSAGE = closed("text", text=TEXT)  # 3.11
RULE = closed("id", id=TEXT, shortDescription=MESSAGE)  # 3.49
DRIVER = closed("name", name=TEXT, version=TEXT, rules=each(RULE, uniqueItems=True))  # 3.19
ARTIFACT = closed("uri", uri={"type": "string", "format": "uri-reference", "minLength": 1})  # 3.4
PLACE = closed(
    "artifactLocation", artifactLocation=ARTIFACT, region=closed("", startLine={"type": "integer", "minimum": 1})
)  # 3.29, 3.30
RESULT = closed(
    "message",
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    kind={"enum": ["notApplicable", "pass", "fail", "review", "open", "informational"]},
    level={"enum": ["none", "note", "warning", "error"]},
    message=MESSAGE,
    locations=each(closed("", physicalLocation=PLACE), uniqueItems=True),
    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
    properties=BAG,
)  # 3.27
RUN = closed(
    "tool",
    tool=closed("driver", driver=DRIVER),
    automationDetails=closed("", id=TEXT),
    results=each(RESULT),
    properties=BAG,
)  # 3.14
LOG = closed(
    "version runs",
    **{"$schema": {"type": "string", "format": "uri"}, "version": {"const": "2.1.0"}, "runs": each(RUN)},
)  # 3.13
