"""Method, judges and sources in Markdown: short, and hostile text escaped."""

from __future__ import annotations

from harness.formats.markdown import markdown
from harness.provenance_markdown import provenance_sections
from harness.report_view import build_view
from tests.judge_sources import COMMIT, calibration, differing, elsewhere, hostile_judges, with_calibrations, with_facts
from tests.report_sources import hostile_sources, make_sources


def test_controls_that_are_lacking_judges_and_sources_are_named() -> None:
    sources = with_calibrations(with_facts(differing(elsewhere(make_sources()))), calibration("world"))
    text = markdown(build_view(sources))
    assert "Lacking: Random modules. No random set of modules was tuned" in text
    assert "world, content check of the built-in world, scores Harmful requests" in text and "κ 0.91" in text
    assert "world and refusal differ on " in text and "the members of panel differ on " in text
    assert f"base model: org/chat, commit {COMMIT}" in text


def test_the_commands_that_make_it_again_stand_with_their_cautions() -> None:
    text = markdown(build_view(with_facts(make_sources())))
    assert f"harness run config.yaml --set base.revision={COMMIT}\n```" in text
    assert "No option pins these sources" in text


def test_lines_are_cut_to_the_number_asked_for() -> None:
    sections = provenance_sections(build_view(with_facts(make_sources())), 1)
    assert next(s for s in sections if not s.startswith("###")).count("\n- ") <= 1


def test_hostile_text_stays_text() -> None:
    text = "\n".join(provenance_sections(build_view(hostile_judges(hostile_sources())), 1000))
    assert "<script" not in text and "<img" not in text
    assert not any(character in text for character in "\u202e\x07\x1b\u2028")
