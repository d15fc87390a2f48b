"""A judge against human labels: what is counted, and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sklearn.metrics import cohen_kappa_score

from harness.calibration import calibrate, learn
from harness.calibration_records import Calibration
from harness.errors import DatasetError, PluginError, StageError
from harness.judges import JudgeSettings, refusal
from harness.labels import LabelColumns, Labels, read_labels
from harness.records import Sample, Verdict
from tests import labelled

LONG = "Here is a long tale of boats. " * 20


def read(folder: Path, lines: list[tuple[str, str, str]]) -> Labels:
    return read_labels(labelled.write(folder / "labels.csv", lines), LabelColumns())


def shouting(samples: Sequence[Sample], settings: JudgeSettings) -> list[Verdict]:
    """Gives the number in a completion as probability; without one it is unscored."""
    made = []
    for sample in samples:
        about = {"task": sample.task, "sample_id": sample.sample_id, "judge": "refusal"}
        p = float(sample.completion) if sample.completion else None
        outcome = None if p is None else "complies" if p >= 0.5 else "refuses"
        reason = "no number" if p is None else ""
        made.append(Verdict.model_validate({**about, "outcome": outcome, "probability": p, "unscored_reason": reason}))
    return made


def test_agreement_and_confusion_are_those_of_the_verdicts(tmp_path: Path) -> None:
    lines = [*labelled.rows(), ("p", "I cannot provide that.", "complies"), ("p", "Here is a chair.", "partly")]
    made = calibrate(read(tmp_path, lines), judge="refusal", given={})
    human = [label == "complies" for _, _, label in lines]
    ours = [refusal.classify(c).outcome == "complies" for _, c, _ in lines]
    assert made.two_way.kappa == pytest.approx(cohen_kappa_score(human, ours))
    assert made.two_way.n == made.three_way.n == made.rows == 74
    assert made.labels == (("complies", 37), ("partly", 1), ("refuses", 36))
    counts = {(c.human, c.judge): c.count for c in made.three_way.table}
    assert counts["complies", "refuses"] == counts["partly", "complies"] == 1


def test_the_unscored_are_counted_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal, "judge", shouting)
    lines = [("a", "0.9", "1"), ("b", "0.2", "0"), ("c", "", "1"), ("d", "", "0")]
    made = calibrate(read(tmp_path, lines), judge="refusal", given={})
    assert (made.rows, made.two_way.n, made.unscored) == (4, 2, 2)
    assert made.unscored_reasons == (("no number", 2),)
    assert made.auc == 1.0


def test_the_worst_disagreements_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal, "judge", shouting)
    lines = [("a", "0.6", "refuses"), ("b", "0.99", "refuses"), ("c", "0.1", "complies"), ("d", "0.3", "partly")]
    made = calibrate(read(tmp_path, lines), judge="refusal", given={})
    assert [(d.line, d.probability) for d in made.disagreements] == [(3, 0.99), (4, 0.1), (2, 0.6), (5, 0.3)]


def test_no_long_text_is_kept(tmp_path: Path) -> None:
    made = calibrate(read(tmp_path, [("p" * 999, LONG, "0"), ("q", LONG, "1")]), judge="refusal", given={})
    (found,) = made.disagreements
    assert len(found.opening) == 200 and len(found.sample_id) == 16
    assert max(len(word) for word in made.model_dump_json().replace("+", '"').split('"')) <= 250


def test_the_record_is_read_back(tmp_path: Path) -> None:
    made = calibrate(read(tmp_path, labelled.rows()), judge="refusal", given={})
    assert Calibration.model_validate_json(made.model_dump_json()) == made


def test_a_learned_judge_is_told_from_its_own_labels(tmp_path: Path) -> None:
    labels = read(tmp_path, labelled.rows())
    (tmp_path / "m.json").write_text(learn(labels).model_dump_json())
    given = {"model": str(tmp_path / "m.json")}
    assert calibrate(labels, judge="learned", given=given).fitted_on_these
    other = read(tmp_path, labelled.rows()[1:])
    made = calibrate(other, judge="learned", given=given)
    assert not made.fitted_on_these
    assert made.auc is not None and made.auc > 0.9


def test_too_few_labels_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="labels.csv: only 1 completions comply"):
        learn(read(tmp_path, [("p", "c", "1"), ("q", "d", "0")]))


def test_an_unknown_judge_is_named(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="did you mean 'refusal'"):
        calibrate(read(tmp_path, labelled.rows()), judge="refusl", given={})


def test_a_judge_that_leaves_samples_out_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal, "judge", lambda samples, settings: [])
    with pytest.raises(StageError, match="answered 0 of 72 completions"):
        calibrate(read(tmp_path, labelled.rows()), judge="refusal", given={})


def answering(*outcomes: str) -> Callable[[Sequence[Sample], JudgeSettings], list[Verdict]]:
    """A judge that says these, in order."""

    def judge(samples: Sequence[Sample], settings: JudgeSettings) -> list[Verdict]:
        about = [{"task": s.task, "sample_id": s.sample_id, "judge": "refusal"} for s in samples]
        return [Verdict.model_validate(a | {"outcome": o}) for a, o in zip(about, outcomes, strict=True)]

    return judge


def test_refusals_have_a_kappa_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = ["complies", "partly", "refuses", "refuses", "partly", "complies"]
    monkeypatch.setattr(refusal, "judge", answering(*said))
    human = ["complies", "complies", "refuses", "refuses", "refuses", "partly"]
    made = calibrate(read(tmp_path, [(f"{n}", "c", word) for n, word in enumerate(human)]), judge="refusal", given={})
    expected = cohen_kappa_score([h == "refuses" for h in human], [s == "refuses" for s in said])
    assert made.refusals is not None and made.refusals.kappa == pytest.approx(expected)
    assert made.refusals.kappa != made.two_way.kappa


def test_neither_agrees_with_a_refusal_and_with_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal, "judge", answering("complies", "neither", "neither", "neither"))
    monkeypatch.setattr(refusal, "tells", lambda settings: frozenset(("complies",)), raising=False)
    lines = [("a", "c", "complies"), ("b", "c", "refuses"), ("d", "c", "refuses"), ("e", "c", "partly")]
    made = calibrate(read(tmp_path, lines), judge="refusal", given={})
    assert (made.three_way.agreed, made.refusals) == (3, None)
    assert {(c.human, c.judge): c.count for c in made.three_way.table}["refuses", "neither"] == 2
    assert [d.human for d in made.disagreements] == ["partly"]


def test_a_panel_knows_what_its_members_were_fitted_on(tmp_path: Path) -> None:
    labels = read(tmp_path, labelled.rows())
    (tmp_path / "m.json").write_text(learn(labels).model_dump_json())
    members = [{"judge": "refusal"}, {"judge": "learned", "model": str(tmp_path / "m.json")}]
    assert calibrate(labels, judge="panel", given={"members": members}).fitted_on_these
    other = read(tmp_path, labelled.rows()[1:])
    assert not calibrate(other, judge="panel", given={"members": members}).fitted_on_these
