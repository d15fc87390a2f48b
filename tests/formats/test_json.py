"""The JSON document: valid by its published schema, read back as the same record."""

from __future__ import annotations

import json

import jsonschema
import pytest

from harness.audit_report import AuditReport, schema_text
from harness.formats.json import files
from tests.formats.sources import audit
from tests.judge_sources import calibration, differing, with_calibrations, with_facts
from tests.report_sources import make_sources


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


def test_it_has_method_judges_and_sources_and_no_completion() -> None:
    sources = with_calibrations(with_facts(differing(make_sources(prompts=20))), calibration("refusal"))
    (file,) = files(audit(sources))
    read = AuditReport.model_validate_json(file.content)
    assert read.method is not None and read.provenance is not None
    assert read.provenance.models[0].location == "org/chat" and read.method.controls[0].present
    assert {j.name: len(j.calibrations) for j in read.judges} == {"world": 0, "refusal": 1, "panel": 0}
    assert sum(d.differ for d in read.disagreements) > 0
    assert b"take bucket" not in file.content and b"Please explain" not in file.content


def test_a_document_of_an_earlier_version_is_read() -> None:
    tree = json.loads(files(audit())[0].content)
    old = {key: value for key, value in tree.items() if key not in ("method", "judges", "disagreements", "provenance")}
    read = AuditReport.model_validate_json(json.dumps(old))
    assert (read.method, read.judges, read.provenance) == (None, (), None)
