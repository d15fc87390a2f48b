"""reports/examples/ shows what a run and a report give today."""

from __future__ import annotations

import re

import pytest

from harness.plan_builder import SCHEMA
from tests import report_example
from tests.report_example import COMMENT, PAGE, Example, current_config, opened, read, rendered

AGAIN = "reports/examples is stale: python -m tests.report_example"
RUN_AGAIN = "reports/examples is of another run: bash .ci/examples"


@pytest.fixture(scope="module")
def kept() -> Example:
    return read()


def test_the_example_is_of_the_quickstart_as_it_is(kept: Example) -> None:
    assert kept.sources.manifest.config_text == current_config(), RUN_AGAIN
    assert dict(kept.schema) == SCHEMA, RUN_AGAIN


def test_the_example_looks_as_a_report_does_today(kept: Example) -> None:
    page, comment = rendered(kept)
    assert opened(PAGE.read_text(encoding="utf-8")) == opened(page), AGAIN
    assert COMMENT.read_text(encoding="utf-8") == comment, AGAIN


def test_its_samples_are_there_and_looked_at(kept: Example) -> None:
    page = PAGE.read_text(encoding="utf-8")
    asked = next(s for c in kept.sources.checkpoints for s in c.samples if s.completion)
    assert asked.completion not in page and asked.completion in opened(page)


def test_it_tells_nothing_of_the_machine_that_made_it(kept: Example) -> None:
    told = report_example._ADAPTER.dump_json(kept).decode()
    assert re.findall(r"[\"' ](?:/home|/work|/tmp|/root|/Users)/[^\"' ]*", told) == []
