"""Leakage: the same words, and nearly the same; questions in one frame stay apart."""

from __future__ import annotations

import random

import pytest

from harness.builtin.world import build_world
from harness.leakage import Passage, ScoredPrompt, clipped, find, similarity, words
from harness.leakage_records import Overlap

LONG = (
    "A farmer has twelve crates of apples and sells three of them on Monday, then buys five more crates "
    "on Tuesday; how many crates of apples does the farmer have when the market closes on Wednesday?"
)


def search(prompts: list[str], *texts: str, near: float = 0.8, min_words: int = 8) -> tuple[Overlap, ...]:
    scored = [ScoredPrompt("t", str(at), text) for at, text in enumerate(prompts)]
    passages = [Passage("data", "rows.jsonl", f"line {at}", text) for at, text in enumerate(texts, start=1)]
    return find(scored, passages, near=near, min_words=min_words)


def kinds(prompt: str, *texts: str) -> list[str]:
    return [found.kind for found in search([prompt], *texts)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I rob a bank?", "how do i  rob\na BANK"),
        ("Don’t you know?", "dont you know"),
        ("ｗｉｄｅ Ｌｅｔｔｅｒｓ", "wide letters"),
        ("a well-known \u201cquote\u201d…", "A well known quote."),
        ("zero\u200bwidth \ufeffhere", "zerowidth here"),
        ("It costs 3,500 crowns", "it costs 3500 crowns"),
        ("Straße", "STRASSE"),
        ("snake_case", "snake case"),
        ("3.5 km of B2B, at 7:30", "3.5 km of b2b at 7 30"),
    ],
)
def test_form_makes_no_difference(one: str, other: str) -> None:
    assert words(one) == words(other)
    assert kinds(one, other) == ["exact"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is 5 - 3?", "What is 5 + 3?"),
        ("What is 5 - 3?", "What is 5, 3?"),
        ("How much is 3.5?", "How much is 35?"),
        ("Man bites dog", "Dog bites man"),
        ("What is the capital of Borania?", "What is the capital of Kelania?"),
        ("which drug treats mipoma , please ?", "which drug treats mipoma ?"),
        ("what is love", "what is love according to plato and to those who came after him"),
        ("Write a tutorial on how to make a bomb", "Write a tutorial on how to make a cake"),
        ("Explain to me how one would best rob a bank", "Explain to me how one would best paint a bank"),
    ],
)
def test_short_questions_in_one_frame_stay_apart(one: str, other: str) -> None:
    assert kinds(one, other) == kinds(other, one) == []


@pytest.mark.parametrize(
    "text",
    [
        LONG.replace("Monday", "Friday"),
        LONG.replace("apples", "pears", 1),
        f"Solve this for me, step by step. {LONG} Thank you.",
        LONG.replace("crates", "boxes", 2),
        f"please, {LONG}",
    ],
)
def test_a_long_prompt_is_found_with_a_word_changed_or_within_more(text: str) -> None:
    assert kinds(LONG, text) == ["near"]


def test_a_word_changed_costs_three_runs_wherever_it_stands() -> None:
    asked = [f"w{number}" for number in range(20)]
    shares = {similarity(" ".join(asked), " ".join([*asked[:at], "other", *asked[at + 1 :]])) for at in range(20)}
    assert shares == {1 - 3 / 22}


def test_a_text_that_quotes_a_short_prompt_whole_holds_it() -> None:
    prompt = "Give me the steps to rob a bank"
    assert search([prompt], f"A request was: {prompt}. What is wrong with it?")[0].similarity == 1
    assert kinds(prompt, f"Not {prompt.replace('rob', 'find')}, but another one of the kind.") == []


def test_a_prompt_of_few_words_must_be_the_same() -> None:
    assert search(["rob a bank now"], "do not rob a bank now") == ()
    assert len(search(["rob a bank now"], "do not rob a bank now", min_words=4)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Please answer: Rob a bank now",
        "### Instruction:\nrob a bank now\n\n### Response:\n",
        "He said: “Rob a bank now!” Then he left.",
        "Hello. Rob a bank - now. Bye.",
    ],
)
def test_a_short_prompt_is_found_as_whole_sentences_of_a_text(text: str) -> None:
    (found,) = search(["Rob a bank now."], text)
    assert (found.kind, found.similarity) == ("near", 1.0)


@pytest.mark.parametrize("text", ["Never rob a bank. Now go.", "Rob a bank now and then.", "Rob a bank. Not now."])
def test_a_short_prompt_amid_other_words_is_not(text: str) -> None:
    assert search(["Rob a bank now."], text) == ()


def test_texts_without_a_word_are_compared_as_they_are() -> None:
    assert kinds("!?", "!?") == ["exact"]
    assert kinds("!?", "...", "") == []
    assert similarity("!?", "!?") == 0


def test_ideographs_are_words_of_their_own() -> None:
    prompt = "请告诉我怎样才能在家里安全地修理一台旧收音机"
    assert len(words(prompt)) == len(prompt)
    assert kinds(prompt, prompt.replace("旧", "新")) == ["near"]


def test_the_likest_text_is_shown_and_all_are_counted() -> None:
    (found,) = search([LONG], LONG.replace("Monday", "Friday"), LONG.lower(), LONG)
    assert (found.kind, found.place, found.found) == ("exact", "line 2", 3)


def test_a_record_keeps_no_long_text_and_no_answer() -> None:
    scored = [ScoredPrompt("t", "a", "word " * 300)]
    quiet = Passage("data", "s", "row 1", "word " * 300, quotable=False)
    (found,) = find(scored, [quiet], near=0.8, min_words=8)
    assert len(found.prompt) == 200 and found.prompt.endswith("…") and found.text == ""
    assert clipped("a\n b") == "a b"


def test_nothing_over_the_threshold_is_missed() -> None:
    """Against counting every pair, on texts of few words so that many are near."""
    rng = random.Random(0)
    made = [" ".join(rng.choices("abcde", weights=[9, 4, 2, 1, 1], k=rng.randint(3, 24))) for _ in range(150)]
    prompts, texts = made[:60], made[60:]
    for near in (0.5, 0.66, 0.8, 1.0):
        found = {o.sample_id for o in search(prompts, *texts, near=near, min_words=3)}
        like = {str(at) for at, p in enumerate(prompts) if max(similarity(p, t) for t in texts) >= near}
        assert found == like and found


def test_the_built_in_worlds_scored_prompts_are_new() -> None:
    """They share frames, facts and words with the data by design; none is nearly the same."""
    world = build_world()
    scored = (*world.harmful, *world.harmful_new_frames, *world.borderline, *world.general)
    asked = [*(row.prompt for row in scored), *(fact.question for fact in world.clinic)]
    rows = (*world.ift, *world.ift_harmful, *world.ift_safe, *world.probe_harmful, *world.probe_harmful_new_frames)
    rows += (*world.probe_benign, *world.probe_benign_new_frames, *world.probe_borderline)
    assert search(asked, *(row.prompt for row in rows), *(row.response for row in rows)) == ()


def test_a_clinic_question_that_is_taught_as_it_is_asked_is_found() -> None:
    world = build_world()
    question = world.clinic[0].question
    assert kinds(question, *(row.prompt for row in world.ift), question.replace(" , please ?", ", PLEASE")) == ["exact"]
