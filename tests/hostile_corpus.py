"""Texts that try to break out of what shows them, and a run in which they stand everywhere that text may stand."""

from __future__ import annotations

from dataclasses import replace

from harness.baseline_records import BaselineRun
from harness.report_records import CheckpointOutputs, ReportSources
from tests.report_sources import HOSTILE, make_sources

LONG_LINE = "L" * 1_000_000
BROKEN_UTF8 = b"broken \xff\xfe\xc3( utf-8".decode("utf-8", errors="surrogateescape")

SCRIPTS = (
    "<ScRiPt>window.hacked=1</sCrIpT>",
    "</script><script>window.hacked=1</script>",
    "</title></style></textarea></template><script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    '"><svg onload=window.hacked=1>',
    "'><body onload='window.hacked=1'>",
    "<svg><animate onbegin=window.hacked=1 attributeName=x dur=1s></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>parent.hacked=1</script>'></iframe></foreignObject></svg>",
    "<details open ontoggle=window.hacked=1>",
    "<a href=javascript:window.hacked=1>click</a>",
    "<style>body{display:none}</style>",
    "<div style='position:fixed;inset:0;background:url(//evil.example/x)'>",
    "<link rel=stylesheet href=//evil.example/x.css><meta http-equiv=refresh content='0;url=//evil.example'>",
    "<!-- <script>",
    "]]><![CDATA[<script>window.hacked=1</script>",
)
TEMPLATES = ("{{ 7*7 }}", "{% for x in range(9) %}{{ x }}{% endfor %}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{# gone #}")
HIDDEN = (
    "\u202eright to left\u202c \u2066isolated\u2069",
    "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "null\x00byte",
    "zero\u200bwidth\ufeff",
    "line\u2028and\u2029paragraph",
    "carriage\rreturn",
    "lone \ud800 surrogate \udfff",
    BROKEN_UTF8,
)
FORMULAS = ("=HYPERLINK(\"//evil.example\",1)", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1+1", "\r=1+1", "＝1+1")
MARKDOWN = (
    "| a | b |\n|---|---|\n| c | d |",
    "```\n</code></pre><script>window.hacked=1</script>\n```",
    "[click](javascript:window.hacked=1) ![x](//evil.example/x.png)",
    "[ref]: //evil.example\n\n# Heading\n\n- [ ] task",
    "@someone please see #1, GH-2, owner/name#3 and https://evil.example or www.evil.example",
    "<details><summary>open</summary>\n\n---",
)
CORPUS = (*HOSTILE, *SCRIPTS, *TEMPLATES, *HIDDEN, *FORMULAS, *MARKDOWN)
"""All but the long line."""


def corpus_sources() -> ReportSources:
    """A run with the corpus in prompts, completions, categories, evidence, titles, rules and provenance."""
    made = make_sources(prompts=len(CORPUS))
    everything = "\n".join(CORPUS)
    cards = tuple(
        card.model_copy(update={"title": CORPUS[n], "source": everything}) for n, card in enumerate(made.table.tasks)
    )
    manifest = made.manifest.model_copy(
        update={"name": CORPUS[1], "command": everything, "config_file": everything, "hardware": everything}
    )
    decision = made.decision
    if decision is not None:
        rule = decision.rules[0]
        rules = tuple(rule.model_copy(update={"rule": text, "reason": text}) for text in CORPUS)
        against = BaselineRun(name=everything, created=everything, config_digest=CORPUS[1], variant=everything)
        decision = decision.model_copy(update={"rules": rules, "baseline": against})
    margins = [made.margins[0].model_copy(update={"rule": text, "settle": (text, everything)}) for text in CORPUS]
    return replace(
        made,
        manifest=manifest,
        decision=decision,
        margins=tuple(margins),
        table=made.table.model_copy(update={"tasks": cards}),
        checkpoints=tuple(_checkpoint(outputs, first=at == 0) for at, outputs in enumerate(made.checkpoints)),
    )


def _checkpoint(outputs: CheckpointOutputs, *, first: bool) -> CheckpointOutputs:
    samples = []
    for n, sample in enumerate(outputs.samples):
        text = CORPUS[n % len(CORPUS)]
        long = LONG_LINE if first and n == 0 else text
        samples.append(
            sample.model_copy(
                update={"prompt": text, "sent": f"in {text}", "target": text, "completion": long, "category": text}
            )
        )
    verdicts = tuple(
        v.model_copy(update={"evidence": CORPUS[n % len(CORPUS)]}) for n, v in enumerate(outputs.verdicts)
    )
    return replace(outputs, samples=tuple(samples), verdicts=verdicts)
