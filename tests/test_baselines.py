"""--baseline: what it names, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.baselines import baseline_table, check_another, given_baseline, load_baseline, outcomes_of
from harness.errors import ConfigError, InputError, StoreError
from harness.policy import Policy, Rule
from harness.policy_files import load_policy
from harness.record_files import write_text
from harness.run import read_run
from tests.outcomes import RISE, folder, given, harm


@pytest.fixture
def main(tmp_path: Path) -> Path:
    """The folder of a finished run."""
    return folder(tmp_path, harm(0.1))


def test_a_run_by_its_folder(main: Path) -> None:
    found = load_baseline(str(main))
    assert found.outcomes == harm(0.1) and found.variant is None


def test_one_of_its_variants(main: Path) -> None:
    assert load_baseline(f"{main}:ift").variant == "ift"


def test_a_folder_with_a_colon_is_a_run(main: Path) -> None:
    odd = main.rename(main.parent / "a:ift")
    assert load_baseline(str(odd)).variant is None
    assert load_baseline(f"{odd}:base").variant == "base"


def test_it_needs_no_store(main: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "store")
    assert load_baseline(str(main)).outcomes == harm(0.1)


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (":ifd", "'ifd' is not a variant of .*main; did you mean 'ift'.; it has base, ift"),
        ("-gone", "main-gone: not a finished run"),
        ("-gone:ift", "main-gone:ift: not a finished run"),
        (":", "main:: not a finished run"),
    ],
)
def test_what_is_no_run_or_no_variant_is_named(ending: str, words: str, main: Path) -> None:
    with pytest.raises(InputError, match=words):
        load_baseline(f"{main}{ending}")


def test_files_of_two_runs_are_refused(main: Path) -> None:
    write_text(main / "outcomes.json", harm(0.1).model_copy(update={"score_digest": "0" * 64}).model_dump_json())
    with pytest.raises(InputError, match=r"outcomes.json and manifest.json are of two runs"):
        outcomes_of(main)


def test_damaged_outcomes_are_named(main: Path) -> None:
    write_text(main / "outcomes.json", "{}")
    with pytest.raises(StoreError, match=r"outcomes.json: is damaged"):
        outcomes_of(main)


def test_a_run_of_an_earlier_version_needs_its_store(main: Path, tmp_path: Path) -> None:
    (main / "outcomes.json").unlink()
    shutil.rmtree(tmp_path / "store")
    with pytest.raises(InputError, match=r"has no outcomes.json.*store is not here; make the run again"):
        outcomes_of(main)
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (None, "^c.yaml: has no gate, so --baseline would change nothing"),
        (load_policy("standard"), "^c.yaml: has no rule with `reference: baseline`.*`regression`"),
    ],
)
def test_a_policy_that_does_not_look_at_it_is_refused(policy: Policy | None, words: str, main: Path) -> None:
    with pytest.raises(ConfigError, match=words):
        given_baseline(str(main), policy, where="c.yaml")


def test_the_run_itself_is_no_baseline_but_a_variant_of_it_is(main: Path) -> None:
    check_another(f"{main}:ift", main)
    with pytest.raises(InputError, match="is the run that is judged"):
        check_another(f"{main}/../main", main)


def test_what_a_run_was_judged_against_is_used_again(main: Path, tmp_path: Path) -> None:
    pr = folder(tmp_path, harm(0.1, name="pr"))
    finished = read_run(pr)
    assert baseline_table(finished, RISE, None) is None
    write_text(pr / "baseline.json", given(harm(0.2), "ift").model_dump_json())
    recorded = baseline_table(finished, RISE, None)
    assert recorded is not None and (recorded.run.name, recorded.run.variant) == ("main", "ift")


def test_the_one_given_comes_before_it(main: Path, tmp_path: Path) -> None:
    pr = folder(tmp_path, harm(0.1, name="pr"))
    write_text(pr / "baseline.json", given(harm(0.2)).model_dump_json())
    found = baseline_table(read_run(pr), RISE, given(harm(0.1, name="other")))
    assert found is not None and found.run.name == "other"


def test_without_rules_that_ask_nothing_is_read(tmp_path: Path) -> None:
    pr = folder(tmp_path, harm(0.1, name="pr"))
    (pr / "outcomes.json").unlink()
    policy = Policy(variants=("ift",), rules=(Rule(task="harm", at_most=0.2),))
    assert baseline_table(read_run(pr), policy, given(harm(0.1))) is None
