"""The chat template: prompts, completion-only masks, BOS exactly once, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from harness.chat import EncodedExample, Message, check_mask, encode_example, encode_examples, render_prompt
from harness.errors import ModelError
from tests.tiny_models import FAMILIES, LLAMA_TEMPLATE, tiny_tokenizer

ASK, ANSWER = Message("user", "How do I bake bread?"), Message("assistant", "Mix flour and water.")
TWO_TURNS = (ASK, ANSWER, Message("user", "And then?"), Message("assistant", "Bake it for an hour."))


@pytest.fixture
def llama() -> Any:
    return tiny_tokenizer("llama")


def masked_text(tokenizer: Any, example: EncodedExample) -> str:
    kept = [id_ for id_, masked in zip(example.ids, example.labels_mask, strict=True) if masked]
    return str(tokenizer.decode(kept))


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("llama", "Mix flour and water.<|eot_id|>"),
        ("qwen2", "Mix flour and water.<|im_end|>"),
        ("mistral", " Mix flour and water.</s>"),
        ("gemma", "Mix flour and water.<end_of_turn>"),
    ],
)
def test_mask_covers_the_completion_and_its_end_token_alone(family: str, expected: str) -> None:
    tokenizer = tiny_tokenizer(family)
    example = encode_example(tokenizer, (ASK, ANSWER))
    assert masked_text(tokenizer, example) == expected
    check_mask(tokenizer, example, ANSWER.content)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_assistant_turn_carries_loss(family: str) -> None:
    tokenizer = tiny_tokenizer(family)
    example = encode_example(tokenizer, TWO_TURNS)
    text = masked_text(tokenizer, example).replace(tokenizer.eos_token, "|").replace("| ", "|").strip()
    assert text == "Mix flour and water.|Bake it for an hour.|"
    check_mask(tokenizer, example, ["Mix flour and water.", "Bake it for an hour."])


@pytest.mark.parametrize("family", FAMILIES)
def test_prompt_is_what_an_example_begins_with(family: str) -> None:
    tokenizer = tiny_tokenizer(family)
    prompt, example = render_prompt(tokenizer, (ASK,)), encode_example(tokenizer, (ASK, ANSWER))
    assert example.ids[: len(prompt)] == prompt
    assert not any(example.labels_mask[: len(prompt)])
    assert example.labels_mask[len(prompt)]


@pytest.mark.parametrize("family", ["llama", "mistral", "gemma"])
def test_bos_stands_once(family: str) -> None:
    tokenizer = tiny_tokenizer(family)
    assert render_prompt(tokenizer, (ASK,)).count(tokenizer.bos_token_id) == 1
    assert encode_example(tokenizer, TWO_TURNS).ids.count(tokenizer.bos_token_id) == 1


def test_bos_that_the_template_leaves_to_the_tokenizer_is_put_in_front(llama: Any) -> None:
    from tokenizers.processors import TemplateProcessing

    llama.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|begin_of_text|> $A", special_tokens=[("<|begin_of_text|>", llama.bos_token_id)]
    )
    with_bos = render_prompt(llama, (ASK,))
    llama.chat_template = LLAMA_TEMPLATE.replace("{{ bos_token }}", "")
    assert render_prompt(llama, (ASK,)) == with_bos


def test_doubled_bos_is_refused(llama: Any) -> None:
    llama.chat_template = "{{ bos_token }}" + LLAMA_TEMPLATE
    with pytest.raises(ModelError, match="BOS token twice"):
        encode_example(llama, (ASK, ANSWER))


def test_no_chat_template_is_refused(llama: Any) -> None:
    llama.chat_template = None
    with pytest.raises(ModelError, match="has no chat template; use an instruction-tuned"):
        render_prompt(llama, (ASK,))


def test_template_without_an_end_token_is_refused(llama: Any) -> None:
    llama.chat_template = LLAMA_TEMPLATE.replace("<|eot_id|>", "\n")
    with pytest.raises(ModelError, match="does not end a completion"):
        encode_example(llama, (ASK, ANSWER))


def test_template_that_renders_prompt_and_example_apart_is_refused(llama: Any) -> None:
    llama.chat_template = LLAMA_TEMPLATE.replace("{{ bos_token }}", "{{ messages | length }}")
    with pytest.raises(ModelError, match="renders the prompt differently"):
        encode_example(llama, (ASK, ANSWER))


def test_role_that_the_template_refuses_is_named() -> None:
    with pytest.raises(ModelError, match="roles system, user: System role not supported"):
        render_prompt(tiny_tokenizer("gemma"), (ASK,), system_prompt="Be brief.")


def test_system_prompt_comes_first(llama: Any) -> None:
    text = llama.decode(render_prompt(llama, (ASK,), system_prompt="Be brief."))
    assert text.index("Be brief.") < text.index("How do I bake")


def test_example_without_an_answer_is_refused(llama: Any) -> None:
    with pytest.raises(ModelError, match="no assistant turn"):
        encode_example(llama, (ASK,))


def test_batch_equals_one_by_one(llama: Any) -> None:
    conversations = [(ASK, ANSWER), TWO_TURNS]
    assert encode_examples(llama, conversations) == [encode_example(llama, c) for c in conversations]


def test_check_finds_a_mask_that_misses_the_end_token(llama: Any) -> None:
    example = encode_example(llama, (ASK, ANSWER))
    short = EncodedExample(example.ids, (*example.labels_mask[:-1], False))
    with pytest.raises(ModelError, match="does not end with an end token"):
        check_mask(llama, short, ANSWER.content)


def test_check_finds_a_mask_that_covers_the_prompt(llama: Any) -> None:
    example = encode_example(llama, (ASK, ANSWER))
    with pytest.raises(ModelError, match="the loss mask covers"):
        check_mask(llama, EncodedExample(example.ids, (True,) * len(example.ids)), ANSWER.content)


def test_check_finds_a_missing_completion(llama: Any) -> None:
    with pytest.raises(ModelError, match="1 stretches for 2 completions"):
        check_mask(llama, encode_example(llama, (ASK, ANSWER)), [ANSWER.content, "more"])
