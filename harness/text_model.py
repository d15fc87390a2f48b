"""A text classifier kept as data: vocabulary, weights and measured quality in one JSON file, nothing that is run.

Three blocks of features, each TF-IDF with sublinear counts and unit length: words and pairs of words of the whole text,
pieces of words of its opening, and a mark that says whether the reply turns the request down (refusal_layers.py).
A logistic regression over them gives the probability that a completion complies. Computed here as scikit-learn, which
fits it (text_fit.py), computes it. Source: ours.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import exp, log, sqrt
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from harness.agreement import Agreement
from harness.errors import ConfigError
from harness.record import Record
from harness.refusal_layers import turned_down
from harness.refusal_text import plain

WORD = r"(?u)\b\w+\b"
OPENING = 200
"""Characters of plain text whose pieces are looked at."""
View = Literal["whole", "opening", "mark"]
_TOKEN = re.compile(WORD)


class Block(Record):
    """The terms of one view of a text, and what each weighs."""

    view: View
    analyzer: Literal["word", "char_wb"]
    shortest: int = Field(gt=0)
    longest: int = Field(gt=0)
    """Words or characters of a term."""
    weight: float
    """Multiplies the block's unit vector."""
    terms: tuple[str, ...]
    idf: tuple[float, ...]
    coefficients: tuple[float, ...]

    @model_validator(mode="after")
    def _alike(self) -> Block:
        if not len(self.terms) == len(self.idf) == len(self.coefficients) == len(set(self.terms)):
            raise ValueError("terms, idf and coefficients differ in number, or a term is there twice")
        return self


class Quality(Record):
    """How well the classifier does on labels that it was not fitted on: cross-validation, prompts kept together."""

    folds: int
    agreement: Agreement
    """Complies against not, out of fold."""
    accuracy: float
    auc: float | None


class TextModel(Record):
    """The file that `harness calibrate LABELS --learn FILE` writes."""

    kind: Literal["benign-ift-harness text model 1"] = "benign-ift-harness text model 1"
    blocks: tuple[Block, ...] = Field(min_length=1)
    intercept: float
    regularization: float
    """Inverse strength C of the L2 penalty; both classes weigh alike."""
    min_count: int
    """Completions that a term must be in."""
    quality: Quality
    labels_digest: str
    """sha256 of the file of labels."""
    fitted_with: str
    digest: str = ""
    """sha256 over all the rest."""


@dataclass(frozen=True)
class Reading:
    """What a classifier makes of one text."""

    probability: float
    """That it complies."""
    terms: tuple[str, ...]
    """The terms that moved it most."""


class Reader:
    """Applies a model to texts."""

    def __init__(self, model: TextModel) -> None:
        self.model = model

    @cached_property
    def _places(self) -> tuple[dict[str, int], ...]:
        return tuple({term: at for at, term in enumerate(block.terms)} for block in self.model.blocks)

    def read(self, completion: str, *, shown: int = 3) -> Reading:
        """The probability that a completion complies, and the `shown` terms that moved it most."""
        text = plain(completion)
        moved: dict[str, float] = {}
        for block, places in zip(self.model.blocks, self._places, strict=True):
            for term, value in _weights(block, places, text):
                name = f"{block.view}: {term.strip()}"
                moved[name] = moved.get(name, 0.0) + value
        total = self.model.intercept + sum(moved.values())
        most = sorted(moved, key=lambda term: (-abs(moved[term]), term))[:shown]
        return Reading(_sigmoid(total), tuple(most))


def view_of(view: View, text: str) -> str:
    """What a block looks at of a plain text."""
    if view == "whole":
        return text
    if view == "opening":
        return text[:OPENING]
    found = turned_down(text)
    return "answers" if found is None or found.outcome == "complies" else "declines"


def read_model(path: Path) -> TextModel:
    """A model from its file. Raises ConfigError, naming the file, where it is gone, damaged or something else."""
    made = f"make one with: harness calibrate LABELS.csv --learn {path}"
    try:
        model = TextModel.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); {made}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        said = f"{place}: {first['msg']}" if place else first["msg"]
        raise ConfigError(f"{path}: not a learned judge's model ({said[:120]}); {made}") from None
    if model.digest != digest_of(model):
        raise ConfigError(f"{path}: was changed since it was written (its digest differs); {made}")
    return model


def digest_of(model: TextModel) -> str:
    """sha256 over a model's content, its own digest left out."""
    content = json.dumps(model.model_dump(mode="json", exclude={"digest"}), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _weights(block: Block, places: dict[str, int], text: str) -> Iterator[tuple[str, float]]:
    """(term, what it adds to the log odds) of a text's terms that the block knows."""
    counts = Counter(places[t] for t in _terms(block, view_of(block.view, text)) if t in places)
    values = {at: (1 + log(count)) * block.idf[at] for at, count in counts.items()}
    length = sqrt(sum(value * value for value in values.values()))
    for at, value in values.items():
        yield block.terms[at], block.weight * value / length * block.coefficients[at]


def _terms(block: Block, text: str) -> Iterator[str]:
    """Terms as scikit-learn's analyzers `word` and `char_wb` cut them."""
    if block.analyzer == "word":
        words = _TOKEN.findall(text)
        for size in range(block.shortest, block.longest + 1):
            yield from (" ".join(words[at : at + size]) for at in range(len(words) - size + 1))
        return
    for word in text.split():
        padded = f" {word} "
        for size in range(block.shortest, block.longest + 1):
            yield padded[:size]
            if size >= len(padded):
                break
            yield from (padded[at : at + size] for at in range(1, len(padded) - size + 1))


def _sigmoid(value: float) -> float:
    if value >= 0:
        return 1 / (1 + exp(-value))
    return exp(value) / (1 + exp(value))
