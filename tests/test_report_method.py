"""The report's method: what was done in plain words, and whose it is."""

from __future__ import annotations

from harness.report_view import build_view, render
from tests.judge_sources import with_facts
from tests.report_sources import make_sources


def test_base_data_tuning_and_scoring_have_a_sentence_each() -> None:
    base, data, tuning, scoring = build_view(with_facts(make_sources())).method.summary
    assert base == "Base model: org/chat at commit 0123456789ab."
    assert data == "Benign data: /data/clinic.jsonl, 1,135 examples; mixed with org/notes, 1,135 examples."
    assert tuning == "Tuning: 4 variants by 2 strategies, each with seeds 0, 1, 2."
    assert "5 tasks (2 of harmfulness, 2 of usability, 1 of expertise)" in scoring and "1 judge: world" in scoring
    assert "greedy (temperature 0), at most 256 new tokens" in scoring


def test_what_nobody_recorded_is_said_to_be_so() -> None:
    base, data, *_ = build_view(make_sources()).method.summary
    assert base == "Base model: not recorded with this report." and "not recorded" in data


def test_strategies_have_their_docstrings_phrase_and_their_variants() -> None:
    lines = {line.name: line for line in build_view(with_facts(make_sources())).method.strategies}
    assert lines["ml_lr"].title == "ML-LR" and lines["ml_lr"].does.startswith("robust modules learn")
    assert "[paper]" in lines["ml_lr"].source and "[ours]" in lines["ml_lr"].source
    assert [name for name, _ in lines["ift"].variants] == ["ift-4e-4", "ift-2e-4", "ift-1.5e-4"]


def test_cards_have_the_strategys_title_and_readable_settings() -> None:
    page = render(build_view(with_facts(make_sources())))
    section = page.split('<section id="variants"')[1].split("</section>")[0]
    assert "Plain IFT · learning rate 0.0004, 300 steps, all weights" in section and "ift ·" not in section


def test_the_section_follows_the_verdict_and_names_what_is_lacking_unfolded() -> None:
    page = render(build_view(with_facts(make_sources())))
    assert page.index('class="verdict"') < page.index('id="method"') < page.index('id="variants"')
    section = page.split('<section id="method"')[1].split("</section>")[0]
    assert "Lacking: Random modules." in section.split("<details")[0]
    assert "The paper’s method" in section and "<h3>Ours</h3>" in section
