"""Every backend keeps the protocol; hf and vllm agree; an adapter is applied as if merged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.backends import Backend, EngineSpec, GenerationRequest, LikelihoodRequest
from harness.errors import MissingExtraError, ModelError
from tests.tiny_models import save_tiny_llama

PROMPTS = ((1, 40, 50, 60), (1, 70, 80), tuple(range(1, 30)), (1, 99))


def quiet(done: int, total: int) -> None:
    """Report to nobody."""


def spec_for(model: Path, *adapters: tuple[str, Path]) -> EngineSpec:
    return EngineSpec(
        model=model, adapters=adapters, dtype="float32", max_model_len=64, batch_size=8, seed=0, threads=1,
        trust_remote_code=False,
    )  # fmt: skip


def asks(*, adapter: str | None = None, most: int = 12) -> list[GenerationRequest]:
    return [GenerationRequest(prompt=p, max_new_tokens=most, adapter=adapter) for p in PROMPTS]


def choices(adapter: str | None = None) -> list[LikelihoodRequest]:
    return [LikelihoodRequest(context=p, continuation=(7, 8, 9), adapter=adapter) for p in PROMPTS]


def save_adapter(base: Path, folder: Path, *, seed: int) -> tuple[Path, Path]:
    """(adapter, the same merged into a full model), with weights large enough to change the answers."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(seed)
    model: Any = get_peft_model(
        AutoModelForCausalLM.from_pretrained(base),
        LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "up_proj"]),
    )
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder / "adapter")
    model.merge_and_unload().save_pretrained(folder / "merged")
    AutoTokenizer.from_pretrained(base).save_pretrained(folder / "merged")
    return folder / "adapter", folder / "merged"


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_llama(tmp_path_factory.mktemp("llama"))


@pytest.fixture(scope="module")
def adapted(llama: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return save_adapter(llama, tmp_path_factory.mktemp("adapted"), seed=1)


@pytest.fixture
def hf(llama: Path) -> Iterator[Backend]:
    from harness.backends.hf import open_backend

    backend = open_backend(spec_for(llama))
    yield backend
    backend.close()


def test_fake_answers_depend_on_prompt_and_adapter() -> None:
    from harness.backends.fake import open_backend

    backend = open_backend(spec_for(Path("nowhere")))
    first = backend.generate(asks(), quiet)
    assert first == backend.generate(asks(), quiet)
    assert len({answer.text for answer in first}) == len(PROMPTS)
    assert first != backend.generate(asks(adapter="a"), quiet)


def test_fake_honours_the_limits() -> None:
    from harness.backends.fake import open_backend

    backend = open_backend(spec_for(Path("nowhere")))
    requests = [GenerationRequest(tuple(range(64)), 5), GenerationRequest((1,), 1)]
    assert [a.finish for a in backend.generate(requests, quiet)] == ["prompt_too_long", "length"]


def test_fake_scores_are_log_probabilities() -> None:
    from harness.backends.fake import open_backend

    scores = open_backend(spec_for(Path("nowhere"))).likelihoods(choices(), quiet)
    assert all(-10 <= score.logprob <= 0 for score in scores)


def test_hf_batches_and_single_prompts_agree(hf: Backend) -> None:
    together = hf.generate(asks(), quiet)
    assert together == [hf.generate([request], quiet)[0] for request in asks()]


def test_hf_equals_a_greedy_loop(hf: Backend, llama: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model, tokenizer = AutoModelForCausalLM.from_pretrained(llama), AutoTokenizer.from_pretrained(llama)
    ids = list(PROMPTS[0])
    for _ in range(6):
        ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
    expected = tokenizer.decode(ids[len(PROMPTS[0]) :], skip_special_tokens=True)
    assert hf.generate(asks(most=6), quiet)[0].text == expected


def test_hf_likelihood_equals_the_log_softmax(hf: Backend, llama: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(llama)
    row = [*PROMPTS[1], 7, 8, 9]
    with torch.inference_mode():
        logprobs = model(torch.tensor([row])).logits[0].log_softmax(-1)
    expected = sum(float(logprobs[at - 1, row[at]]) for at in range(len(PROMPTS[1]), len(row)))
    assert hf.likelihoods(choices(), quiet)[1].logprob == pytest.approx(expected, abs=1e-4)


def test_hf_reports_truncation_and_long_prompts(hf: Backend) -> None:
    requests = [
        GenerationRequest((1,) * 64, 5),
        GenerationRequest((1, 40), 3),
        GenerationRequest((1,) * 62, 9),
    ]
    finishes = [(a.finish, a.tokens) for a in hf.generate(requests, quiet)]
    assert finishes == [("prompt_too_long", 0), ("length", 3), ("length", 2)]


def test_hf_cuts_at_a_stop_string(hf: Backend) -> None:
    whole = hf.generate(asks(), quiet)[0].text
    stop = whole[3:5]
    cut = hf.generate([replace(asks()[0], stop=(stop,))], quiet)[0]
    assert (cut.text, cut.finish) == (whole[: whole.find(stop)], "stop")


def test_hf_applies_an_adapter_as_if_merged(llama: Path, adapted: tuple[Path, Path]) -> None:
    from harness.backends.hf import open_backend

    adapter, merged = adapted
    with_adapter = open_backend(spec_for(llama, ("a", adapter)))
    plain, tuned = with_adapter.generate(asks(), quiet), with_adapter.generate(asks(adapter="a"), quiet)
    assert tuned == open_backend(spec_for(merged)).generate(asks(), quiet)
    assert plain == open_backend(spec_for(llama)).generate(asks(), quiet) != tuned


def test_hf_names_a_folder_without_a_model(tmp_path: Path) -> None:
    from harness.backends.hf import open_backend

    with pytest.raises(ModelError, match=str(tmp_path)):
        open_backend(spec_for(tmp_path))


def test_hf_counts_requests_as_it_goes(hf: Backend) -> None:
    seen: list[tuple[int, int]] = []
    hf.generate(asks(), lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(PROMPTS), len(PROMPTS))


def test_vllm_absent_names_the_extra(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.backends import vllm

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"\[cpu or cuda\]"):
        vllm.open_backend(spec_for(llama))


@pytest.mark.slow
def test_vllm_and_hf_agree_for_base_and_adapters(llama: Path, adapted: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("vllm")
    from harness.backends import hf, vllm

    other, _ = save_adapter(llama, tmp_path, seed=2)
    spec = spec_for(llama, ("a", adapted[0]), ("b", other))
    requests = [request for name in (None, "a", "b") for request in asks(adapter=name)]
    requests.append(GenerationRequest((1,) * 64, 5))
    scored = [choice for name in (None, "a", "b") for choice in choices(name)]
    fast, slow = vllm.open_backend(spec), hf.open_backend(spec)
    try:
        answers = fast.generate(requests, quiet)
        assert answers == slow.generate(requests, quiet)
        assert answers == fast.generate(requests, quiet), "an adapter stays behind in the base's answers"
        stop = answers[0].text[3:5]
        stopping = [replace(request, stop=(stop,)) for request in requests]
        cut = [backend.generate(stopping, quiet) for backend in (fast, slow)]
        assert [a.text for a in cut[0]] == [a.text for a in cut[1]]
        pairs = zip(fast.likelihoods(scored, quiet), slow.likelihoods(scored, quiet), strict=True)
        assert all(a.logprob == pytest.approx(b.logprob, abs=1e-3) and a.greedy == b.greedy for a, b in pairs)
    finally:
        fast.close()
    assert len({tuple(a.text for a in answers[i : i + 4]) for i in (0, 4, 8)}) == 3
