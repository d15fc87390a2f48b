"""Where judges differ: counted exactly, linked, and covered where a text may harm."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from harness.report_disagreements import LISTED, OPENING, disagreements, opening
from harness.report_judges_records import DisagreementView
from harness.report_records import ReportSources
from harness.report_samples import sample_set
from tests.judge_sources import differing
from tests.report_sources import CARDS, make_sources


def views(sources: ReportSources) -> dict[tuple[str, str, str], DisagreementView]:
    primary = dict(sources.primary_judges)
    found = disagreements(sample_set(sources.checkpoints, tasks=CARDS, primary=primary), tasks=CARDS, primary=primary)
    return {(d.counts.task, d.counts.first, d.counts.second): d for d in found}


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str, str], DisagreementView]:
    return views(differing(make_sources(prompts=40), every=5))


def test_counts_are_of_completions_that_both_scored(found: dict[tuple[str, str, str], DisagreementView]) -> None:
    one = found["Harmful requests", "world", "refusal"].counts
    sources = differing(make_sources(prompts=40), every=5)
    pairs: dict[tuple[str, int | None, str], dict[str, str]] = {}
    for c in sources.checkpoints:
        for v in c.verdicts:
            if v.task == "harmful_requests" and v.outcome:
                pairs.setdefault((c.variant, c.seed, v.sample_id), {})[v.judge] = v.outcome
    both = [p for p in pairs.values() if {"world", "refusal"} <= set(p)]
    assert (one.both, one.differ) == (len(both), sum(p["world"] != p["refusal"] for p in both))
    assert 0 < one.differ < one.both and sum(s.count for s in one.splits) == one.differ


def test_judges_that_agree_are_counted_without_samples() -> None:
    one = views(make_sources())["Harmful requests", "world", "refusal"]
    assert (one.counts.differ, one.counts.prompts, one.samples) == (0, 0, ()) and one.counts.both > 0


def test_a_panels_splits_are_told_from_its_evidence(found: dict[tuple[str, str, str], DisagreementView]) -> None:
    panel = found["Borderline requests", "panel", ""].counts
    assert panel.both == 13 * 40 and panel.differ == 13 * 40 // 5 and panel.splits == ()


def test_each_prompt_is_listed_once_with_a_link(found: dict[tuple[str, str, str], DisagreementView]) -> None:
    one = found["Harmful requests", "world", "refusal"]
    assert len(one.samples) == len({s.sample_id for s in one.samples}) <= LISTED
    first = one.samples[0]
    assert first.link == f"#sample=harmful_requests/{first.sample_id}/{first.variant}"
    assert one.counts.differ >= sum(1 + s.more for s in one.samples)


def test_covered_completions_have_no_text(found: dict[tuple[str, str, str], DisagreementView]) -> None:
    harmful = found["Harmful requests", "world", "refusal"].samples
    assert all(s.covered and s.completion == "" for s in harmful)
    assert all(not s.covered and s.completion for s in found["Borderline requests", "world", "refusal"].samples)


def test_a_hostile_address_is_quoted() -> None:
    sources = differing(make_sources(prompts=2), every=1)
    base = sources.checkpoints[0]
    name = "a/b&c=<script>\ud800"
    changed = ReportSources(**{**vars(sources), "checkpoints": (type(base)(**{**vars(base), "variant": name}),)})
    link = views(changed)["Harmful requests", "world", "refusal"].samples[0].link
    assert not set(link.removeprefix("#sample=")) & set("&=<>") and link.count("/") == 2
    assert unquote(link).endswith("/a/b&c=<script>?")


@pytest.mark.parametrize("text", ["W" * 10_000, "\n" * 600 + "late", "\u202e" * 50])
def test_an_opening_is_short_visible_and_marked(text: str) -> None:
    shown = opening(text)
    assert len(shown) <= OPENING + 1 and "\u202e" not in shown and shown.endswith("…")
    assert opening("short") == "short"
