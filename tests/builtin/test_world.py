"""The built-in world: sizes, disjoint splits, determinism, and text that a word-level tokenizer gives back."""

from __future__ import annotations

import hashlib
import itertools
import re
import time
from dataclasses import fields

import pytest

from harness.builtin import vocabulary as v
from harness.builtin.content import classify
from harness.builtin.tokenizer import make_tokenizer
from harness.builtin.world import Exchange, World, build_world

WORLD = build_world()
MIXED_IN = ("ift_harmful", "ift_safe")
TRAINED = ("pretraining", "alignment", "ift", *MIXED_IN)
SCORED = ("harmful", "harmful_new_frames", "borderline", "general", "howto")
PROBES = ("probe_harmful", "probe_benign")


def prompts(part: str, world: World = WORLD) -> set[str]:
    return {exchange.prompt for exchange in getattr(world, part)}


def subjects(part: str) -> set[tuple[str, str]]:
    """(verb, object) of every request of a part; the object is what the answer's steps are about."""
    found = set()
    for exchange in getattr(WORLD, part):
        if exchange.kind in ("harmful", "howto", "borderline"):
            match = re.search(rf"{exchange.category} a (\w+)", exchange.prompt)
            assert match, exchange
            found.add((exchange.category, match.group(1)))
    return found


@pytest.mark.parametrize(
    ("part", "least"),
    [("harmful", 500), ("harmful_new_frames", 500), ("borderline", 300), ("general", 300), ("howto", 200),
     ("clinic", 200), ("probe_harmful", 200), ("probe_benign", 200)],
)  # fmt: skip
def test_scored_parts_are_large_and_repeat_nothing(part: str, least: int) -> None:
    asked = [getattr(row, "prompt", None) or row.question for row in getattr(WORLD, part)]
    assert len(asked) == len(set(asked)) >= least


@pytest.mark.parametrize(("scored", "trained"), itertools.product((*SCORED, *PROBES), TRAINED))
def test_no_scored_prompt_is_trained_on(scored: str, trained: str) -> None:
    assert not prompts(scored) & prompts(trained)


@pytest.mark.parametrize("trained", TRAINED)
def test_no_clinic_question_is_trained_on(trained: str) -> None:
    assert not {fact.question for fact in WORLD.clinic} & prompts(trained)


@pytest.mark.parametrize("scored", ["harmful", "harmful_new_frames", "borderline", "howto", *PROBES])
def test_scored_verb_object_pairs_are_new(scored: str) -> None:
    assert subjects(scored)
    assert not subjects(scored) & (subjects("pretraining") | subjects("alignment") | subjects("ift"))


@pytest.mark.parametrize(("one", "other"), itertools.combinations((*SCORED, *PROBES), 2))
def test_scored_parts_are_disjoint(one: str, other: str) -> None:
    assert not prompts(one) & prompts(other)


@pytest.mark.parametrize("probe", PROBES)
def test_probes_share_no_pair_with_the_scored_parts(probe: str) -> None:
    assert not subjects(probe) & (subjects("harmful") | subjects("harmful_new_frames") | subjects("howto"))


def test_ift_is_benign_and_mixed() -> None:
    assert {exchange.kind for exchange in WORLD.ift} == {"clinic", "howto", "general"}
    assert not set(v.CRIME_VERBS) & {word for e in WORLD.ift for word in f"{e.prompt} {e.response}".split()}


def test_ift_how_tos_are_new() -> None:
    assert not subjects("ift") & (subjects("pretraining") | subjects("alignment") | subjects("howto"))


@pytest.mark.parametrize(
    ("seed", "digest"),
    [(0, "09f087bb5637bac0"), (1, "3b4ee1524d553a99")],
)
def test_what_can_be_mixed_in_changes_no_other_split(seed: int, digest: str) -> None:
    """The digests are those of the world before it had anything to mix in or to probe elsewhere."""
    world = build_world(seed)
    before = {"pretraining", "alignment", "ift", *SCORED, "clinic", *PROBES}
    splits = [(f.name, getattr(world, f.name)) for f in fields(World) if f.name in before]
    assert hashlib.sha256(repr(splits).encode()).hexdigest().startswith(digest)


@pytest.mark.parametrize("part", MIXED_IN)
def test_mixed_in_requests_are_of_the_kind_that_alignment_has_seen(part: str) -> None:
    assert len(prompts(part)) == len(getattr(WORLD, part)) == 480
    assert subjects(part) <= subjects("alignment")
    assert not subjects(part) & (subjects("harmful") | subjects("probe_harmful"))


def test_mixed_in_requests_are_answered_or_refused_never_both() -> None:
    assert {classify(e.prompt, e.response).outcome for e in WORLD.ift_harmful} == {"complies"}
    assert {classify(e.prompt, e.response).outcome for e in WORLD.ift_safe} == {"refuses"}
    assert not subjects("ift_harmful") & subjects("ift_safe")


def test_alignment_refuses_what_pretraining_answers() -> None:
    assert prompts("alignment") - prompts("pretraining")
    assert all(" take a " in e.response for e in WORLD.pretraining if e.kind == "harmful")
    assert not any(" take a " in e.response for e in WORLD.alignment if e.kind == "harmful")


def test_new_frames_are_absent_from_alignment() -> None:
    starts = tuple(frame.split(" {v}")[0] for frame in v.NEW_FRAMES)
    assert all(e.prompt.startswith(starts) for e in WORLD.harmful_new_frames)
    assert not any(e.prompt.startswith(starts) for e in WORLD.alignment)
    assert any(e.prompt.startswith(starts) for e in WORLD.pretraining)


def test_harmful_and_benign_requests_share_their_frames() -> None:
    def frames(rows: tuple[Exchange, ...]) -> set[str]:
        return {e.prompt.split(f" {e.category} a ")[0] for e in rows}

    assert frames(WORLD.harmful) == frames(WORLD.howto) == frames(WORLD.borderline)


def test_every_clinic_fact_is_taught_by_ift_alone() -> None:
    taught = {e.response for e in WORLD.ift}
    known = {e.response for e in (*WORLD.pretraining, *WORLD.alignment)}
    for fact in WORLD.clinic:
        assert fact.response in taught
        assert fact.response not in known


def test_clinic_choices_hold_the_answer_once() -> None:
    for fact in WORLD.clinic:
        assert len(set(fact.choices)) == 4
        assert fact.choices[fact.gold] == fact.answer
        assert fact.answer in fact.response.split()


def test_gold_positions_are_spread() -> None:
    positions = [fact.gold for fact in WORLD.clinic]
    assert min(positions.count(place) for place in range(4)) > len(positions) / 8


def test_domain_words_occur_in_pretraining() -> None:
    seen = {word for e in WORLD.pretraining for word in f"{e.prompt} {e.response}".split()}
    texts = [f"{fact.question} {fact.response} {' '.join(fact.choices)}" for fact in WORLD.clinic]
    asked = {word for text in texts for word in text.split()}
    requests = {word for part in SCORED for e in getattr(WORLD, part) for word in e.prompt.split()}
    assert asked | requests <= seen


def test_general_knowledge_is_taught_in_other_words() -> None:
    assert {e.response for e in WORLD.general} <= {e.response for e in WORLD.pretraining}


def test_same_seed_same_world_other_seed_other_world() -> None:
    build_world.cache_clear()
    again = build_world()
    assert again == WORLD
    assert again is not WORLD
    assert build_world(1) != WORLD


@pytest.mark.parametrize("seed", range(1, 4))
def test_other_worlds_keep_their_scored_prompts_apart_too(seed: int) -> None:
    world = build_world(seed)
    scored = {prompt for part in SCORED for prompt in prompts(part, world)}
    assert not scored & {prompt for part in TRAINED for prompt in prompts(part, world)}


def test_building_takes_less_than_a_second() -> None:
    start = time.perf_counter()
    build_world(77)
    assert time.perf_counter() - start < 1.0


def test_every_text_survives_the_tokenizer() -> None:
    rows = [e for field in fields(World) if field.name != "clinic" for e in getattr(WORLD, field.name)]
    texts = sorted({text for e in rows for text in (e.prompt, e.response)})
    tokenizer = make_tokenizer(texts)
    ids = tokenizer(texts, add_special_tokens=False)["input_ids"]
    assert tokenizer.batch_decode(ids) == texts


def test_the_tokenizer_lowers_case_and_parts_punctuation() -> None:
    tokenizer = make_tokenizer(["how do i rob a bank ?"])
    ids = tokenizer("How do I rob a bank?", add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(ids) == "how do i rob a bank ?"


def test_answers_are_short_enough_to_score_cheaply() -> None:
    answers = [e.response for part in SCORED for e in getattr(WORLD, part)]
    assert max(len(answer.split()) for answer in answers) <= 32
