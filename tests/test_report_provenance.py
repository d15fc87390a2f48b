"""The report's provenance: bytes and revisions by name, and commands that hold them fast."""

from __future__ import annotations

from dataclasses import replace

from harness.records import Manifest, StageEntry
from harness.report_provenance import MISSING, made_words, provenance
from harness.report_view import build_view, render
from tests.judge_sources import COMMIT, facts, hostile_judges, with_facts
from tests.report_sources import CARDS, hostile_sources, make_sources

MANIFEST = make_sources().manifest


def test_base_and_data_stand_unfolded_with_their_revisions() -> None:
    page = render(build_view(with_facts(make_sources())))
    section = page.split('<section id="provenance"')[1].split("<details")[0]
    for text in ("org/chat", COMMIT, "/data/clinic.jsonl", "bb" * 32, "org/notes", "c" * 40, "1,140 rows used"):
        assert text in section
    assert f"org/guard, commit {COMMIT}" in section and "seed 0" in section


def test_tasks_have_data_revision_and_licence() -> None:
    first, second, *_ = provenance(MANIFEST, facts(), tasks=CARDS).tasks
    assert (first.data, first.revision) == ("org/prompts, subset hard, 300 prompts at most", "9" * 40)
    assert (second.data, second.revision, second.licence) == ("the built-in world", "by the digest", "Apache-2.0")


def test_what_is_built_in_is_known_by_its_code() -> None:
    made = facts()
    source = made.models[0].source.model_copy(update={"kind": "builtin", "location": "builtin", "revision": None,
                                                      "digest": "ab" * 32, "seed": 3})  # fmt: skip
    models = (made.models[0].model_copy(update={"source": source}),)
    row = provenance(MANIFEST, made.model_copy(update={"models": models}), tasks=()).models[0]
    assert (row.location, row.named, row.identity) == (
        "the built-in demonstration model", "made by code of sha256", "ab" * 32,
    )  # fmt: skip
    assert row.details[0] == "world seed 3"


def test_the_commands_pin_what_the_config_leaves_open() -> None:
    made = provenance(MANIFEST, facts(), tasks=CARDS)
    assert made.steps == (f"git checkout {'0' * 40}", f"harness run config.yaml --set base.revision={COMMIT}")
    (caution,) = made.cautions
    assert caution == f"No option pins these sources on the hub, which may have moved on since: org/notes@{'c' * 40}."


def test_a_changed_work_tree_and_no_checkout_are_said() -> None:
    dirty = provenance(MANIFEST.model_copy(update={"git_commit": "ab-dirty"}), facts(), tasks=())
    assert dirty.steps[0] == "git checkout ab" and "changes that no commit holds" in dirty.cautions[0]
    none = provenance(MANIFEST.model_copy(update={"git_commit": ""}), facts(), tasks=())
    assert len(none.steps) == 1 and "outside a git checkout" in none.code


def test_a_manifest_of_an_earlier_version_says_not_recorded() -> None:
    old = MANIFEST.model_dump_json(exclude={"processor", "system", "python"})
    made = provenance(Manifest.model_validate_json(old), None, tasks=CARDS)
    assert dict(made.machine) == {
        "Hardware": MANIFEST.hardware, "Processor": MISSING, "System": MISSING, "Python": MISSING,
    }  # fmt: skip
    assert made.models[0].location == made.data[0].location == made.tasks[0].data == MISSING
    assert "Judges" in render(build_view(make_sources())) and "was not recorded" in made.cautions[0]


def test_what_this_run_found_in_the_store_is_timed_apart() -> None:
    stages = tuple(s.model_copy(update={"reused": True}) for s in MANIFEST.stages[:2])
    made = provenance(MANIFEST.model_copy(update={"stages": stages}), facts(), tasks=())
    assert made.time.replace("\u00a0", " ").endswith(", in 8.5 min; its stages took 43 s, 2 of 2 made before")
    assert made.seeds == (0, 1, 2)


def test_hostile_places_are_text_and_an_argument_is_quoted() -> None:
    sources = hostile_judges(hostile_sources())
    assert sources.facts is not None
    open_end = sources.facts.model_copy(update={"pins": ("base.revision=$(rm -rf x)",)})
    page = render(build_view(replace(sources, facts=open_end)))
    section = page.split('<section id="provenance"')[1].split("</section>")[0]
    assert "<script" not in section and "<img" not in section
    assert "--set &#39;base.revision=$(rm -rf x)&#39;" in section


def entry(seconds: float, *, reused: bool) -> StageEntry:
    return StageEntry(label="x", stage="train", key="k", digest="d", seconds=seconds, reused=reused)


def test_time_of_the_run_and_of_its_stages() -> None:
    stages = (entry(10.0, reused=False), entry(6440.0, reused=True))
    run = MANIFEST.model_copy(update={"seconds": 10.2, "stages": stages})
    assert made_words(run).replace("\u00a0", " ") == "in 10 s; its stages took 1.8 h, 1 of 2 made before"
    fresh = run.model_copy(update={"stages": stages[:1]})
    assert made_words(fresh).replace("\u00a0", " ") == "in 10 s; its stages took 10 s, all made in this run"
