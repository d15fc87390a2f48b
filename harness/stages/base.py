"""Stage base: obtain the base model (build, find or fetch it) and refuse early what could not be tuned or asked.

Writes checkpoint.json; the built-in model's weights lie beside it, others stay where they are.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from harness.chat import Message, encode_example, load_tokenizer
from harness.digests import digest_folder
from harness.errors import ModelError
from harness.hub import fetch_model
from harness.modules import check_architecture
from harness.records import Checkpoint
from harness.specs import BaseParams, ModelSource
from harness.stages import Progress, StageContext

WEIGHTS = "weights"


def run(params: BaseParams, context: StageContext) -> None:
    """Write checkpoint.json for `params.source`.

    Raises ModelError for a model without safetensors, chat template or recognised matrices, WorldError if the hub
    is out of reach.
    """
    torch.set_num_threads(params.threads)
    source = params.source
    if source.kind == "builtin":
        folder = context.folder / WEIGHTS
        _build(folder, context, source)
        location = WEIGHTS
    else:
        folder = _locate(params)
        location = str(folder)
    checkpoint = inspect(folder, location=location, trust_remote_code=source.trust_remote_code)
    (context.folder / "checkpoint.json").write_text(checkpoint.model_dump_json(indent=1), encoding="utf-8")


def _build(folder: Path, context: StageContext, source: ModelSource) -> None:
    from harness.builtin.build import DemoSettings, build_demo_model

    def tick(step: int, total: int, loss: float) -> None:
        context.progress(Progress(step, total, f"loss {loss:.3f}"))

    aligned = source.location == "builtin"
    build_demo_model(folder, DemoSettings(seed=source.seed, aligned=aligned), progress=tick)


def _locate(params: BaseParams) -> Path:
    source = params.source
    if source.kind == "hub":
        if source.revision is None:
            raise ModelError(f"{source.location}: the plan did not resolve its revision")
        return fetch_model(source.location, revision=source.revision)
    folder = Path(source.location)
    if not folder.is_dir():
        raise ModelError(f"{folder}: the model folder is gone")
    return folder


def inspect(folder: Path, *, location: str, trust_remote_code: bool) -> Checkpoint:
    """What the model in `folder` is, from its config and without loading its weights.

    Raises ModelError, by name, for everything that the later stages could not work with.
    """
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder}: holds no config.json; give a folder saved by save_pretrained")
    if not any(folder.glob("*.safetensors")):
        raise ModelError(f"{folder}: holds no .safetensors weights; save the model with safe_serialization")
    model = skeleton(folder, trust_remote_code=trust_remote_code)
    declared = _declared(folder)
    check_architecture([name for name, _ in model.named_parameters()], architecture=declared)
    checkpoint = Checkpoint(
        kind="full",
        location=location,
        architecture=declared,
        parameters=sum(p.numel() for p in model.parameters()),
        layers=int(model.config.num_hidden_layers),
        digest=digest_folder(folder),
        dtype=str(model.config.dtype or torch.float32).removeprefix("torch."),
        trust_remote_code=trust_remote_code,
    )
    check_template(load_tokenizer(folder, trust_remote_code=trust_remote_code))
    return checkpoint


def skeleton(folder: Path, *, trust_remote_code: bool) -> PreTrainedModel:
    """The model in `folder` without its weights. Raises ModelError where it is no causal language model."""
    from accelerate import init_empty_weights
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=trust_remote_code)
        with init_empty_weights():
            model: PreTrainedModel = AutoModelForCausalLM.from_config(config, trust_remote_code=trust_remote_code)
        model.tie_weights()  # emptying them has untied a head from its embeddings
    except (ValueError, KeyError, OSError) as error:
        first = (str(error).splitlines() or ["unknown"])[0]
        raise ModelError(
            f"{folder}: {_declared(folder)} cannot be loaded as a causal language model: {first}"
        ) from error
    return model


def _declared(folder: Path) -> str:
    """The architecture that config.json names."""
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("architectures") or ["unknown"]
    except (ValueError, AttributeError) as error:
        raise ModelError(f"{folder / 'config.json'}: is no JSON object ({error})") from None
    return str(found[0])


def check_template(tokenizer: PreTrainedTokenizerBase) -> None:
    """Render one exchange, as training will. Raises ModelError where the chat template is absent or doubles BOS."""
    encode_example(tokenizer, [Message("user", "hello"), Message("assistant", "hello")])
