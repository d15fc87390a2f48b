"""Fits a text model to labelled completions with scikit-learn, and measures it by cross-validation. Source: ours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.agreement import agreement, auc
from harness.errors import DatasetError
from harness.refusal_text import plain
from harness.text_model import WORD, Block, Quality, TextModel, View, digest_of, view_of

BLOCKS: tuple[tuple[View, str, tuple[int, int], float], ...] = (
    ("whole", "word", (1, 2), 1.0),
    ("opening", "char_wb", (2, 5), 1.0),
    ("mark", "word", (1, 1), 3.0),
)
"""(view, analyzer, sizes of a term, weight). The mark weighs most, since it alone carries over between models."""
REGULARIZATION = 1.0
MIN_COUNT = 2
MOST_TERMS = 20_000
"""Of a block; the commonest are kept."""
FOLDS = 5
FEWEST = 10
"""Completions of each kind under which nothing is fitted."""


def fit(completions: Sequence[str], complies: Sequence[bool], *, prompts: Sequence[str], digest: str) -> TextModel:
    """Fit a model; `digest` is that of the labels, and completions of the same prompt stay in one fold.

    Raises DatasetError where there are too few completions of either kind.
    """
    import sklearn

    flags = np.asarray(complies, dtype=bool)
    for kind, count in (("comply", int(flags.sum())), ("do not comply", int((~flags).sum()))):
        if count < FEWEST:
            raise DatasetError(f"only {count} completions {kind}; to learn from, give {FEWEST} or more of each kind")
    texts = [plain(completion) for completion in completions]
    quality = _cross_validated(texts, flags, prompts)
    made = estimator().fit(texts, flags)
    model = TextModel(
        blocks=_blocks(made),
        intercept=float(made[-1].intercept_[0]),
        regularization=REGULARIZATION,
        min_count=MIN_COUNT,
        quality=quality,
        labels_digest=digest,
        fitted_with=f"scikit-learn {sklearn.__version__}",
    )
    return model.model_copy(update={"digest": digest_of(model)})


def estimator() -> Any:
    """scikit-learn's pipeline over plain texts, unfitted; the probability of its class True is that of compliance."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import FeatureUnion, Pipeline

    parts = []
    for view, analyzer, sizes, _ in BLOCKS:
        vectorizer = TfidfVectorizer(
            analyzer=analyzer,
            ngram_range=sizes,
            preprocessor=partial(view_of, view),
            token_pattern=WORD if analyzer == "word" else None,
            sublinear_tf=True,
            min_df=MIN_COUNT,
            max_features=MOST_TERMS,
        )
        parts.append((view, vectorizer))
    union = FeatureUnion(parts, transformer_weights={view: weight for view, _, _, weight in BLOCKS})
    regression = LogisticRegression(C=REGULARIZATION, class_weight="balanced", max_iter=1000)
    return Pipeline([("terms", union), ("regression", regression)])


def _blocks(made: Any) -> tuple[Block, ...]:
    coefficients = made[-1].coef_[0]
    blocks, start = [], 0
    fitted = dict(made[0].transformer_list)
    for view, analyzer, (shortest, longest), weight in BLOCKS:
        terms = fitted[view].get_feature_names_out().tolist()
        own = coefficients[start : start + len(terms)]
        start += len(terms)
        block = {"view": view, "analyzer": analyzer, "shortest": shortest, "longest": longest, "weight": weight}
        values = {"terms": terms, "idf": fitted[view].idf_.tolist(), "coefficients": own.tolist()}
        blocks.append(Block.model_validate({**block, **values}))
    return tuple(blocks)


def _cross_validated(texts: Sequence[str], flags: np.ndarray, prompts: Sequence[str]) -> Quality:
    from sklearn.model_selection import StratifiedGroupKFold

    groups = [prompt or f"row {at}" for at, prompt in enumerate(prompts)]
    folds = StratifiedGroupKFold(n_splits=FOLDS, shuffle=True, random_state=0)
    scores = np.full(len(texts), np.nan)
    for train, held in folds.split(texts, flags, groups):
        if flags[train].all() or not flags[train].any():
            raise DatasetError("all completions of one kind belong to one prompt; give labels of more prompts")
        made = estimator().fit([texts[at] for at in train], flags[train])
        scores[held] = made.predict_proba([texts[at] for at in held])[:, 1]
    said = scores >= 0.5
    words = {True: "complies", False: "not"}
    return Quality(
        folds=FOLDS,
        agreement=agreement([words[bool(f)] for f in flags], [words[bool(s)] for s in said]),
        accuracy=float((said == flags).mean()),
        auc=auc(flags.tolist(), scores.tolist()),
    )
