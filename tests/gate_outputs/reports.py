"""Reports of the gate for tests of its outputs."""

from __future__ import annotations

from harness.baseline_records import BaselineRun
from harness.gate_outputs import GateReport
from harness.gate_records import RuleMargin
from harness.records import GateDecision, RuleResult

HOSTILE = (
    "a]]>b</testcase><x>", "</svg><script>alert(1)</script>", "a|b`c`*d*_e_ [f](https://evil.example) @g #1",
    "\x1b[31mred\x07\x00", "\u202egnp.exe\u2066", "one\n::error::two\r\n| three |",
    "100% : , {0} \\ \"q\" 'r' &amp; <br>",
    "\ud800 \ufffe \ufffd", "![x](javascript:1)", "\u2028\u0085~~z~~ www.evil.example", "",
)  # fmt: skip
"""Names that would break one form or another."""


def report(
    *, name: str = "ift", cant_say_fails: bool = True, outcomes: tuple[str, ...] = (), against: bool = False
) -> GateReport:
    """A pass, a fail and a can't say of a variant of this name; everything else is called so too, and the baseline."""
    chosen = outcomes or ("pass", "fail", "cant_say")
    rules = tuple(
        RuleResult.model_validate(
            {"rule": f"rule {n} of {name}", "outcome": outcome, "measured": 0.1, "threshold": 0.2,
             "reason": f"measured {name} 10.0 [5.0, 15.0]", "variant": name, "task": name}
        )
        for n, outcome in enumerate(chosen)
    )  # fmt: skip
    margins = tuple(
        RuleMargin(rule=r.rule, bound=0.15, end="upper", of="share", margin=0.05, prompts=300,
                   settle=(f"more {name}",) if r.outcome == "cant_say" else ())
        for r in rules
    )  # fmt: skip
    worst = next(o for o in ("fail", "cant_say", "pass") if o in chosen)
    baseline = BaselineRun(name=name, created=name, config_digest=name, git_commit=name, variant=name)
    decision = GateDecision.model_validate(
        {"outcome": worst, "rules": rules, "baseline": baseline if against else None}
    )
    return GateReport(run=name, config=name, decision=decision, margins=margins, cant_say_fails=cant_say_fails)
