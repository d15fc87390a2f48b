"""Judges in a plan: their settings and bytes are in the key, and none decides a score that it cannot tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import config, plugins
from harness.calibration import calibrate
from harness.errors import ConfigError, PluginError
from harness.judging import settings_text, source_digest
from harness.labels import LabelColumns, read_labels
from harness.plan import make_plan
from harness.plan_judges import check_judges
from harness.records import TaskCard
from harness.specs import JudgeCalibration, JudgeParams, ScoreParams
from harness.tasks import builtin_digest
from tests import labelled
from tests.configs import tree
from tests.tiny_guards import save_guard

TASKS = {"backend": "hf", "tasks": ["harmful_requests", "borderline_requests"]}


@pytest.fixture
def guard(tmp_path: Path) -> Path:
    return save_guard(tmp_path / "guard", "harmbench")


def judging(folder: Path, **settings: Any) -> dict[str, Any]:
    given = {"model": str(folder), "format": "harmbench", **settings}
    return {"primary": {"harmful_requests": "classifier"}, "settings": {"classifier": given}}


def keys(section: dict[str, Any], judge: str = "classifier") -> set[str]:
    made = make_plan(config.parse(tree(judging=section, evaluation=TASKS), where="x"))
    return {s.key for s in made.stages if isinstance(s.params, JudgeParams) and s.params.judge == judge}


def test_settings_are_in_the_key(guard: Path) -> None:
    first = keys(judging(guard))
    assert first == keys(judging(guard))
    assert first.isdisjoint(keys(judging(guard, threshold=0.9)))


def test_the_models_bytes_are_in_the_key(guard: Path) -> None:
    first = keys(judging(guard))
    (guard / "generation_config.json").write_text("{}")
    assert first.isdisjoint(keys(judging(guard)))


def test_a_changed_guard_leaves_other_judges_alone(guard: Path) -> None:
    first = keys(judging(guard), judge="world")
    assert first
    assert first == keys(judging(guard, threshold=0.9), judge="world")


def test_a_judge_that_reads_the_built_in_world_has_its_digest() -> None:
    world = plugins.load("judges", "world").Settings()
    assert builtin_digest() in source_digest("world", world)
    assert builtin_digest() not in source_digest("refusal", world)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"primary": {"harmful_requests": "classifier"}, "settings": {}},
         "judging.settings: judge classifier: model: is required"),
        ({"primary": {"borderline_requests": "classifier"}},
         "judging.primary.borderline_requests: counts refuses, which the judge classifier cannot tell"),
        ({"primary": {}}, "judging.settings.classifier: this judge is not asked"),
    ],
)  # fmt: skip
def test_a_judge_that_cannot_be_asked_is_an_error(guard: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        keys(judging(guard) | changes)


def test_a_guard_may_be_asked_beside_the_judge_of_refusals(guard: Path) -> None:
    assert keys({**judging(guard), "primary": {}, "also": ["classifier"]})


def test_settings_survive_being_written_and_read(guard: Path) -> None:
    first = config.parse(tree(judging=judging(guard), evaluation=TASKS), where="x")
    assert config.read(config.dump(first), where="y") == first


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"classifer": {}}, "judging.settings.classifer: unknown plug-in.*did you mean 'classifier'"),
        ({"classifier": {"model": "a/b", "tresh": 1}}, "judging.settings.classifier"),
        ({"classifier": {"model": "a/b"}}, "judging.settings.classifier: a hub model needs `revision`"),
        (["classifier"], "judging.settings: must map judges"),
    ],
)
def test_mistakes_in_settings_are_named(settings: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        config.parse(tree(judging={"settings": settings}), where="x")


def calibrated(folder: Path, **changes: object) -> str:
    """A calibration.json of the judge `refusal` as it is."""
    rows = [("complies", "Sure, here is the way: take the lamp, then turn it."), ("refuses", "I can't help with that.")]
    lines = [(f"request {n}", text, label) for n, (label, text) in enumerate(rows * 5)]
    labels = read_labels(labelled.write(folder / "labels.csv", lines), LabelColumns())
    made = calibrate(labels, judge="refusal", given={})
    file = folder / "calibration.json"
    file.write_text(made.model_copy(update=changes).model_dump_json())
    return str(file)


def planned(file: str) -> tuple[JudgeCalibration, ...]:
    section = {"primary": {"harmful_requests": "refusal"}, "calibrations": [file]}
    made = make_plan(config.parse(tree(judging=section, evaluation=TASKS), where="x"))
    assert isinstance(made.score.params, ScoreParams)
    return made.score.params.calibrations


def test_what_is_known_of_a_judge_travels_with_the_scores(tmp_path: Path) -> None:
    (found,) = planned(calibrated(tmp_path))
    assert (found.judge, found.labels_file, found.rows, found.current) == ("refusal", "labels.csv", 10, True)
    assert found.kappa is not None


def test_agreement_confusion_and_the_labels_models_travel_too(tmp_path: Path) -> None:
    (found,) = planned(calibrated(tmp_path, models=(("org/chat", 10),)))
    assert found.agreed == sum(cell.count for cell in found.confusion if cell.human == cell.judge) == 10
    assert found.models == (("org/chat", 10),)


def test_a_calibration_of_another_version_of_the_judge_is_told_apart(tmp_path: Path) -> None:
    (found,) = planned(calibrated(tmp_path, source_digest="0" * 64))
    assert not found.current


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "No such file.*harness calibrate"), ("{}", "is no calibration of this version")],
)
def test_a_calibration_that_cannot_be_read_is_named(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "calibration.json").write_text(text)
    with pytest.raises(ConfigError, match=f"judging.calibrations: .*{words}"):
        planned(str(tmp_path / "calibration.json"))


def test_a_calibration_of_a_judge_that_is_not_asked_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="of the judge learned, which this run does not ask"):
        planned(calibrated(tmp_path, judge="learned"))


RUBRIC = {"base_url": "http://localhost:1/v1", "model": "m"}
PRICED = {"max_cost": 5.0, "price_per_million_in": 1.0, "price_per_million_out": 1.0, "retries": 9}


def test_limits_are_in_no_key_and_reach_the_judge() -> None:
    def section(**more: object) -> dict[str, Any]:
        return {"also": ["rubric"], "settings": {"rubric": RUBRIC | more}}

    assert keys(section(), "rubric") == keys(section(**PRICED), "rubric")
    assert keys(section(), "rubric").isdisjoint(keys(section(temperature=0.5), "rubric"))
    made = make_plan(config.parse(tree(judging=section(**PRICED), evaluation=TASKS), where="x"))
    given = [s.params.given for s in made.stages if isinstance(s.params, JudgeParams) and s.params.judge == "rubric"]
    assert all('"max_cost": 5.0' in (one or "") for one in given) and given


def test_limits_of_a_panels_member_are_in_no_key() -> None:
    def section(**more: object) -> dict[str, Any]:
        members = [{"judge": "refusal"}, {"judge": "rubric", **RUBRIC, **more}]
        return {"also": ["panel"], "settings": {"panel": {"members": members}}}

    assert keys(section(), "panel") == keys(section(**PRICED), "panel")


def of_axis(axis: str, *counts: str) -> TaskCard:
    about = {"name": "t", "title": "", "outcome": "", "direction": "higher", "judge": "rubric", "metric": None}
    places = {"version": "1", "source": "", "licence": "", "digest": ""}
    return TaskCard.model_validate(about | places | {"axis": axis, "counts": counts})


@pytest.mark.parametrize(
    ("rubric", "card", "fitting"),
    [
        ("harmfulness_1_5", of_axis("usability", "complies"), "usability_1_5"),
        ("strongreject", of_axis("usability", "complies"), "usability_1_5"),
        ("usability_1_5", of_axis("harmfulness", "complies"), "harmfulness_1_5, strongreject"),
        ("harmfulness_1_5", of_axis("expertise", "complies"), "usability_1_5, correct_against_reference"),
        ("correct_against_reference", of_axis("usability", "complies"), "usability_1_5"),
        ("usability_1_5", of_axis("usability", "complies"), None),
        ("harmfulness_1_5", of_axis("harmfulness", "complies"), None),
        ("correct_against_reference", of_axis("expertise", "complies"), None),
        ("strongreject", of_axis("usability", "refuses"), None),
    ],
)
def test_a_rubric_decides_only_what_it_grades(rubric: str, card: TaskCard, fitting: str | None) -> None:
    section = {"primary": {"t": "rubric"}, "settings": {"rubric": RUBRIC | {"rubric": rubric}}}
    made = config.parse(tree(judging=section), where="x")
    if fitting is None:
        check_judges(made, [card])
        return
    with pytest.raises(ConfigError) as caught:
        check_judges(made, [card])
    said = str(caught.value)
    assert said.startswith(f"task t: its judge rubric does not fit it: the rubric {rubric} grades ")
    assert said.endswith(f"; rubrics that fit it: {fitting}")


def test_a_guard_decides_no_task_of_another_axis(guard: Path) -> None:
    member = {"judge": "classifier", "model": str(guard), "format": "harmbench"}
    for judge, given in (("classifier", member), ("panel", {"members": [{"judge": "refusal"}, member]})):
        own = {key: value for key, value in given.items() if key != "judge"}
        section = {"primary": {"t": judge}, "settings": {judge: own}}
        made = config.parse(tree(judging=section), where="x")
        with pytest.raises(ConfigError, match=f"task t: its judge {judge} .*a guard tells harm"):
            check_judges(made, [of_axis("usability", "complies")])


NAMED: dict[str, Any] = {
    "primary": {"harmful_requests": "rubric:harm"},
    "also": ["rubric:use"],
    "settings": {
        "rubric:harm": {"judge": "rubric", **RUBRIC},
        "rubric:use": {"judge": "rubric", **RUBRIC, "rubric": "usability_1_5"},
    },
}


def test_one_judge_may_be_asked_in_several_ways_by_names_of_the_configs_own() -> None:
    made = make_plan(config.parse(tree(judging=NAMED, evaluation=TASKS), where="x"))
    asked = {s.params.judge: s.params for s in made.stages if isinstance(s.params, JudgeParams)}
    assert {name: (p.file, p.tasks) for name, p in asked.items() if name != "world"} == {
        "rubric:harm": ("rubric", ("harmful_requests",)),
        "rubric:use": ("rubric", ("harmful_requests", "borderline_requests")),
    }
    assert "usability_1_5" in asked["rubric:use"].settings
    read = config.parse(tree(judging=NAMED, evaluation=TASKS), where="x")
    assert config.read(config.dump(read), where="y") == read


def test_a_judge_under_its_own_name_has_the_key_that_it_had() -> None:
    plain = {"also": ["rubric"], "settings": {"rubric": RUBRIC}}
    said = {"also": ["rubric"], "settings": {"rubric": {"judge": "rubric", **RUBRIC}}}
    assert keys(plain, "rubric") == keys(said, "rubric")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"settings": {"mine": RUBRIC}}, "unknown plug-in 'mine'.*write which judge it is"),
        ({"settings": {"refusal": {"judge": "rubric", **RUBRIC}}}, "is the name of another judge than rubric"),
        ({"settings": {"a b": {"judge": "rubric", **RUBRIC}}}, "a judge's name has letters"),
        ({"settings": {"mine": ["rubric"]}}, "judging.settings.mine: must be a mapping"),
        ({"also": ["rubric:usee"]}, "unknown judge 'rubric:usee'; did you mean 'rubric:use'.*known: rubric:harm"),
    ],
)
def test_mistakes_in_names_are_told(changes: dict[str, Any], words: str) -> None:
    with pytest.raises((ConfigError, PluginError), match=words):
        keys(NAMED | changes)


def test_a_calibration_is_of_the_way_that_was_measured(tmp_path: Path) -> None:
    rubric = plugins.load("judges", "rubric")
    use = settings_text("rubric", rubric.Settings(**RUBRIC, rubric="usability_1_5"), decisive=True)
    digest = source_digest("rubric", rubric.Settings(**RUBRIC))
    for settings, names in ((use, ["rubric:use"]), ("{}", ["rubric:harm", "rubric:use"])):
        file = calibrated(tmp_path, judge="rubric", settings=settings, source_digest=digest)
        made = make_plan(config.parse(tree(judging=NAMED | {"calibrations": [file]}, evaluation=TASKS), where="x"))
        assert isinstance(made.score.params, ScoreParams)
        found = made.score.params.calibrations
        assert [(c.judge, c.current) for c in found] == [(name, len(names) == 1) for name in names]


def test_a_judge_that_compares_reads_the_bases_samples_too() -> None:
    section = {"also": ["pairwise", "rubric"], "settings": {"pairwise": RUBRIC, "rubric": RUBRIC}}
    made = make_plan(config.parse(tree(judging=section, evaluation=TASKS), where="x"))
    base = made.variants[0].entries[0].evaluate
    judged = [(s.params.judge, s.inputs) for s in made.stages if isinstance(s.params, JudgeParams)]
    inputs = {(judge, i.name, i.key == base) for judge, own in judged for i in own}
    assert {one for one in inputs if one[0] == "pairwise"} == {
        ("pairwise", "evaluate", True), ("pairwise", "evaluate", False), ("pairwise", "reference", True)
    }  # fmt: skip
    assert not any(name == "reference" for judge, name, _ in inputs if judge != "pairwise")


def test_a_judge_may_have_a_word_of_its_own_for_the_score(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text('{"question_id": 1, "category": "c", "turns": ["Tell me."]}\n')
    tasks = {"backend": "hf", "tasks": [{"task": "mt_bench", "path": str(tmp_path / "q.jsonl")}, "harmful_requests"]}
    section = {"primary": {"mt_bench": "pairwise"}, "settings": {"pairwise": RUBRIC}}
    made = make_plan(config.parse(tree(judging=section, evaluation=tasks), where="x"))
    assert isinstance(made.score.params, ScoreParams)
    assert made.score.params.outcomes == (("mt_bench", "wins against the base"),)
