"""The JSON document: valid by its published schema, read back as the same record."""

from __future__ import annotations

import json

import jsonschema
import pytest

from harness.audit_report import AuditReport, schema_text
from harness.formats.json import files
from tests.formats.sources import audit


def test_it_is_valid_by_its_schema_and_reads_back() -> None:
    (file,) = files(audit())
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(file.content))
    read = AuditReport.model_validate_json(file.content)
    assert read.scores == audit().sources.table and read.gate == audit().sources.decision


def test_the_schema_refuses_what_is_no_report() -> None:
    tree = json.loads(files(audit())[0].content) | {"format_version": 2}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json.loads(schema_text())).validate(tree)
