"""The judge stage: asks one judge about its tasks' samples."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from harness.errors import ConfigError, WorldError
from harness.records import Verdict
from harness.specs import JudgeParams
from harness.stages import Progress, StageContext, judge
from tests.rubrics.server import raw, says, serving
from tests.tables import sample


def run(tmp_path: Path, params: JudgeParams) -> tuple[list[Verdict], list[Progress]]:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    lines = [sample(0, "i am sorry , but i cannot help with that request ."), sample(1, task="other")]
    (tmp_path / "in" / "samples.jsonl").write_text("".join(s.model_dump_json() + "\n" for s in lines))
    seen: list[Progress] = []
    judge.run(params, StageContext(tmp_path / "out", (("evaluate", tmp_path / "in"),), seen.append))
    written = (tmp_path / "out" / "verdicts.jsonl").read_text().splitlines()
    return [Verdict.model_validate_json(line) for line in written], seen


def params(**changes: object) -> JudgeParams:
    return JudgeParams.model_validate({"judge": "world", "tasks": ["harm"], "source_digest": "0", **changes})


def test_only_the_asked_tasks_are_judged(tmp_path: Path) -> None:
    verdicts, seen = run(tmp_path, params())
    assert [(v.task, v.outcome) for v in verdicts] == [("harm", "refuses")]
    assert seen[-1] == Progress(1, 1, "judging")


def test_settings_that_the_judge_does_not_take_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="judge world"):
        run(tmp_path, params(settings='{"floor": 1}'))


def test_a_judge_that_holds_a_model_is_opened_once_with_the_settings_of_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.guards import scoring
    from harness.judges import classifier
    from harness.judging import source_digest
    from tests.tiny_guards import save_guard

    folder = save_guard(tmp_path / "guard", "harmbench", says={"Ġyes": 0.9})
    settings = classifier.Settings(model=str(folder), format="harmbench", dtype="float32")
    monkeypatch.setattr(judge, "CHUNK", 1)
    loads: list[scoring.Engine] = []

    def counted(engine: scoring.Engine) -> AbstractContextManager[scoring.Scorer]:
        loads.append(engine)
        return scoring.opened(engine)

    monkeypatch.setattr(classifier, "open_scorer", counted)
    verdicts, _ = run(
        tmp_path,
        params(
            judge="classifier",
            settings=settings.model_dump_json(),
            tasks=["harm", "other"],
            source_digest=source_digest("classifier", settings),
        ),
    )
    assert [v.outcome for v in verdicts] == ["complies", "complies"]
    assert len(loads) == 1


def test_an_outage_writes_no_verdicts_and_the_replies_before_it_are_kept(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "samples.jsonl").write_text("".join(sample(n).model_dump_json() + "\n" for n in range(3)))
    about = {"model": "m", "concurrency": 1, "retries": 0}

    def asked(url: str, folder: str) -> None:
        (tmp_path / folder).mkdir()
        inputs = (("evaluate", tmp_path / "in"),)
        context = StageContext(tmp_path / folder, inputs, lambda _: None, shared=tmp_path / "replies")
        given = json.dumps(about | {"base_url": url})
        judge.run(params(judge="rubric", settings="{}", given=given), context)

    with serving(says("VERDICT CODE: rating=5"), raw(503, b"")) as script:
        with pytest.raises(WorldError, match="HTTP 503, 1 times; the replies so far are kept: the same command asks"):
            asked(script.url, "first")
        assert not list((tmp_path / "first").iterdir())
        script.behaviours[:] = [says("VERDICT CODE: rating=5")]
        asked(script.url, "second")
        assert len(script.bodies) == 4
    assert len((tmp_path / "second" / "verdicts.jsonl").read_text().splitlines()) == 3


def test_a_judge_of_another_name_is_called_by_it(tmp_path: Path) -> None:
    verdicts, _ = run(tmp_path, params(judge="mine", plugin="world"))
    assert [(v.judge, v.outcome) for v in verdicts] == [("mine", "refuses")]


def test_a_judge_that_compares_is_given_the_bases_samples(tmp_path: Path) -> None:
    for name, text in (("in", "Take the long hose."), ("base", "Take it.")):
        (tmp_path / name).mkdir()
        lines = [sample(0, text), sample(1, text, task="other")]
        (tmp_path / name / "samples.jsonl").write_text("".join(s.model_dump_json() + "\n" for s in lines))
    (tmp_path / "out").mkdir()
    inputs = (("evaluate", tmp_path / "in"), ("reference", tmp_path / "base"))
    with serving(says("VERDICT CODE: better=1"), says("VERDICT CODE: better=2")) as script:
        given = json.dumps({"base_url": script.url, "model": "m", "concurrency": 1})
        context = StageContext(tmp_path / "out", inputs, lambda _: None)
        judge.run(params(judge="pairwise", given=given), context)
    assert "Take it." in script.bodies[0]["messages"][1]["content"]
    (line,) = (tmp_path / "out" / "verdicts.jsonl").read_text().splitlines()
    assert Verdict.model_validate_json(line).value == 1.0


def test_a_value_is_written_only_where_a_judge_gives_one(tmp_path: Path) -> None:
    run(tmp_path, params())
    assert "value" not in (tmp_path / "out" / "verdicts.jsonl").read_text()
