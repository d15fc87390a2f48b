"""Which controls a run has, and what is said where one is lacking."""

from __future__ import annotations

from dataclasses import replace

from harness.report_method_records import ControlLine
from harness.report_records import ReportSources
from harness.report_view import build_view
from tests.judge_sources import elsewhere, facts, with_facts
from tests.report_sources import make_sources


def controls(sources: ReportSources) -> dict[str, ControlLine]:
    return {one.name: one for one in build_view(sources).method.controls}


def without(sources: ReportSources, *names: str) -> ReportSources:
    """The same run, of which these variants were not tuned."""
    kept = tuple(v for v in sources.manifest.variants if v.name not in names)
    families = tuple(
        f.model_copy(update={"variants": left})
        for f in sources.table.families
        if (left := tuple(v for v in f.variants if v not in names))
    )
    matched = tuple(m for m in sources.table.matched if not {m.variant, *m.curve} & set(names))
    table = sources.table.model_copy(update={"families": families, "matched": matched})
    return replace(
        sources,
        manifest=sources.manifest.model_copy(update={"variants": kept}),
        checkpoints=tuple(c for c in sources.checkpoints if c.variant not in names),
        table=table,
    )


def test_a_full_run_has_rates_expertise_seeds_over_refusal_and_leakage() -> None:
    found = controls(with_facts(make_sources()))
    named = ("Plain IFT at several learning rates", "Like expertise", "Several seeds", "Over-refusal", "Leakage")
    assert all(found[name].present for name in named)
    assert found[named[0]].text.startswith("Tuned at 3 rates")


def test_no_random_modules_is_said_where_modules_were_found() -> None:
    found = controls(with_facts(make_sources()))["Random modules"]
    assert not found.present
    assert found.text == "No random set of modules was tuned, so it is not shown that the set found matters."
    assert "Random modules" not in controls(make_sources())


def test_random_modules_count_once_they_are_tuned() -> None:
    known = facts()
    variants = tuple(
        v.model_copy(update={"modules": "random"}) if v.name == "ift-4e-4" else v for v in known.variants
    )
    found = controls(replace(make_sources(), facts=known.model_copy(update={"variants": variants})))
    assert found["Random modules"].present and not found["The other modules"].present


def test_one_rate_of_plain_ift_is_no_control() -> None:
    found = controls(without(with_facts(make_sources()), "ift-2e-4", "ift-1.5e-4"))
    one = found["Plain IFT at several learning rates"]
    assert not one.present and "at one learning rate alone" in one.text
    assert not found["Like expertise"].present and "less harm may only mean" in found["Like expertise"].text


def test_no_plain_ift_is_said() -> None:
    found = controls(without(with_facts(make_sources()), "ift-4e-4", "ift-2e-4", "ift-1.5e-4"))
    assert "No variant is plain IFT" in found["Plain IFT at several learning rates"].text


def test_few_seeds_no_refusals_counted_and_no_look_for_leakage_are_lacking() -> None:
    sources = make_sources()
    kept = [v.model_copy(update={"entries": v.entries[:1]}) for v in sources.manifest.variants]
    cards = tuple(c for c in sources.table.tasks if "refuses" not in c.counts)
    table = sources.table.model_copy(update={"tasks": cards, "leakage": None})
    manifest = sources.manifest.model_copy(update={"variants": tuple(kept)})
    found = controls(replace(sources, table=table, manifest=manifest))
    assert not any(found[name].present for name in ("Several seeds", "Over-refusal", "Leakage"))
    assert "Some variant has 1 seed" in found["Several seeds"].text


def test_present_ones_come_first_and_an_unknown_judge_is_lacking() -> None:
    lines = build_view(elsewhere(with_facts(make_sources()))).method.controls
    flags = [one.present for one in lines]
    assert flags == sorted(flags, reverse=True)
    judged = next(one for one in lines if one.name == "Judges’ errors known")
    assert not judged.present and "world" in judged.text
