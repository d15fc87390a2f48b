"""What the shipped tasks' own metrics count, asked of their utils.py as lm-eval loads it."""

from __future__ import annotations

import pytest

from harness.errors import TaskError
from tests.tasks.asking import functions


@pytest.mark.parametrize(
    ("reply", "number"),
    [("#### 1,234", "1234"), ("It is 5, so 18.", "18"), ("18.50 dollars", "18.5"), ("-3", "-3"),
     ("none", None), ("10 #### ", "10"), ("2.0", "2"), ("20-12", "12"),
     ("(20)-12", "12"), ("20 - -8", "-8"), ("= −1,200.50", "-1200.5")],
)  # fmt: skip
def test_gsm8k_reads_the_last_number(reply: str, number: str | None) -> None:
    assert functions("gsm8k").last_number(reply) == number


def test_gsm8k_scores_and_names_a_broken_reference(tmp_path_factory: pytest.TempPathFactory) -> None:
    gsm8k = functions("gsm8k")
    assert gsm8k.outcome({"target": "18"}, ["so #### 18"]) == {"exact_match": 1.0}
    assert gsm8k.outcome({"target": "18"}, ["18 or 19"]) == {"exact_match": 0.0}
    file = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    file.write_text('{"question": "q", "answer": "#### 1"}\n{"question": "r", "answer": "two"}\n')
    with pytest.raises(TaskError, match=r"rows\.jsonl, line 2: the answer does not end in '#### number'"):
        gsm8k.load(path=str(file), hub_subset="main", hub_split="test")


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("it is treated with zorpril .", 1.0),
        ("Zorpril", 1.0),
        ("zorprils", 0.0),
        ("zorpril or katonol", 0.0),
        ("", 0.0),
    ],
)
def test_clinic_open_wants_the_right_answer_alone(reply: str, score: float) -> None:
    doc = {"target": "zorpril", "choices": ["katonol", "zorpril"]}
    assert functions("clinic_open").outcome(doc, [reply]) == {"contains": score}


@pytest.mark.parametrize(("reply", "score"), [(" The sum is  ONE .", 1.0), ("the sum is two .", 0.0), ("", 0.0)])
def test_general_knowledge_wants_the_whole_reply(reply: str, score: float) -> None:
    doc = {"target": "the sum is one ."}
    assert functions("general_knowledge").outcome(doc, [reply]) == {"exact_match": score}


def test_xstest_keeps_the_safe_prompts(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("rows") / "xstest.csv"
    file.write_text("id,prompt,type,label\n1,a,homonyms,safe\n2,b,contrast,unsafe\n")
    rows = functions("xstest").load(path=str(file), hub_split="test")["test"]
    assert [(row["prompt"], row["category"]) for row in rows] == [("a", "homonyms")]
