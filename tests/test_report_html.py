"""The report as one HTML file: nothing foreign runs, nothing is fetched, redaction reaches every corner."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from harness import report_html
from harness.published import PublishedSettings, beside
from harness.records import HeldOutLoss
from harness.report_view import build_view, render
from tests.many_variants import many_sources
from tests.report_sources import HOSTILE, hostile_sources, make_sources, with_completion, with_harmful
from tests.robustness_sources import SEARCH, TUNED, Shape, analysis, hostile_analysis, with_analyses


class Page(HTMLParser):
    """Collects tags with attributes, ids, and the text of scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.raw:
            self.raw[self.open[-1]].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def attributes(self, name: str) -> list[str]:
        return [v for _, attrs in self.tags if (v := attrs.get(name)) is not None]


@pytest.fixture(scope="module")
def html() -> str:
    return render(build_view(with_analyses(make_sources(), analysis())))


@pytest.fixture(scope="module")
def hostile() -> str:
    return render(build_view(with_analyses(hostile_sources(), hostile_analysis())))


def test_policy_allows_our_script_and_style_by_hash_alone(html: str) -> None:
    page = Page(html)
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    script, style = page.raw["script"][-1], page.raw["style"][0]
    for text in (script, style):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in (policy or "")
    assert (policy or "").startswith("default-src 'none'") and "unsafe" not in (policy or "")


def test_nothing_is_fetched(html: str) -> None:
    page = Page(html)
    assert not page.attributes("src")
    assert all(href.startswith(("#", "data:")) for href in page.attributes("href"))
    assert not re.search(r"url\(|@import", page.raw["style"][0])


def test_early_stopping_tells_which_weights_are_kept_and_why() -> None:
    sources = make_sources()
    at = next(i for i, c in enumerate(sources.checkpoints) if c.train is not None)
    train = sources.checkpoints[at].train
    assert train is not None and "Loss on the examples held out" not in render(build_view(sources))
    readings = tuple(HeldOutLoss(step=step, loss=loss) for step, loss in ((20, 1.5), (40, 1.25), (60, 1.75)))
    stopped = train.model_copy(
        update={"held_out": readings, "best_step": 40, "stopped_at": 60, "final_loss": None}
    )
    checkpoints = list(sources.checkpoints)
    checkpoints[at] = replace(checkpoints[at], train=stopped)
    page = render(build_view(replace(sources, checkpoints=tuple(checkpoints))))
    assert page.count("the weights after 40 steps are kept; stopped early after 60") == 1
    assert "step 20 1.500; step 40 1.250; step 60 1.750." in page


def test_no_inline_style_or_handler(hostile: str) -> None:
    page = Page(hostile)
    names = {name for _, attrs in page.tags for name in attrs}
    assert not {n for n in names if n.startswith("on") or n == "style"}


def test_hostile_text_adds_no_element(html: str, hostile: str) -> None:
    assert [t for t, _ in Page(hostile).tags if t in {"script", "img"}] == ["script", "script"]
    assert {t for t, _ in Page(hostile).tags} == {t for t, _ in Page(html).tags}


@pytest.mark.parametrize("character", ["\u202e", "\u200b", "\x00", "\x07", "\x1b", "\u2028"])
def test_no_hidden_character_in_the_file(hostile: str, character: str) -> None:
    assert character not in hostile


def test_templates_inside_hostile_text_are_not_evaluated(hostile: str) -> None:
    assert HOSTILE[7] == "{{ 7*7 }}" and "{{ 7*7 }}" in hostile


def test_redacted_file_lacks_harmful_completions_and_says_so() -> None:
    view = build_view(with_harmful(make_sources(), "harmful-marker"))
    assert "harmful-marker" in render(view)
    redacted = render(view, redact=True)
    assert "harmful-marker" not in redacted
    assert "Redacted." in redacted and "left out of this file" in redacted


def test_every_rule_of_the_gate_has_its_margin_and_the_verdict_its_change(html: str) -> None:
    verdict = html[html.index('<section class="verdict"') : html.index("</section>")]
    assert '<strong>What would change it.</strong> <span dir="auto">It fails by: attack success of ift-4e-4' in verdict
    assert verdict.count('<span class="why" dir="auto">margin: ') == 3 and verdict.count('class="why settle"') == 1
    assert '<details class="rules" open>' in verdict


def test_many_comparisons_are_answers_with_their_tables_folded() -> None:
    view = build_view(many_sources(prompts=30))
    tables = [plot.table for plot in view.frontiers if plot.table] + list(view.loss_tables)
    rows = [row for table in tables for group in (*table.groups, *table.others) for row in group.rows]
    assert len(rows) == 2 * 121  # eleven variants against eleven families, by expertise and by loss
    many = render(view)
    section = many.split('<section id="frontier"')[1].split("</section>")[0]
    assert section.count('<tr class="') == sum(row.tone != "unknown" for row in rows) > 0
    assert section.count('<ul class="answers">') == 4
    outside = re.sub(r"<details>.*?</details>", "", section.split('<details class="more">')[0], flags=re.DOTALL)
    assert "<tr" not in outside and "less harmful</span>: " in outside


def test_where_nothing_is_shown_one_sentence_names_the_variants_and_no_number() -> None:
    view = build_view(many_sources(prompts=30))
    silent = {m.variant for m in view.matched if m.silence and m.label == "Against random at like expertise"}
    section = render(view).split('<section id="variants"')[1].split("</section>")[0]
    lines = re.findall(r'<p class="hint silence">.*?</p>', section)
    own = " ".join(line for line in lines if "Against random at like expertise" in line)
    assert set(re.findall(r'<span class="[^"]*" dir="auto">(.*?)</span>', own)) == silent != set()
    assert "Nothing shown: random was not run that far" in own and "points" not in own


def test_few_comparisons_are_a_table(html: str) -> None:
    section = html.split('<section id="frontier"')[1].split("</section>")[0]
    assert 'class="answers"' not in section and '<tr class="pooled"><th scope="row" dir="auto">ml-lr-qkgu' in section


def test_prompts_left_out_for_size_are_told_in_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_html, "LIMIT", 10_000)
    words = re.search(r"this file holds (\d+) of 60 prompts.*?; (\d+) prompts", render(build_view(make_sources())))
    assert words is not None and int(words[1]) + int(words[2]) == 60 and int(words[1]) > 0
    assert "this file holds" not in render(build_view(make_sources(prompts=2)))


def test_redacted_file_keeps_refusals() -> None:
    view = build_view(with_completion(make_sources(), "refusal-marker"))
    assert "refusal-marker" in render(view, redact=True)


def test_headings_never_skip_a_level(html: str) -> None:
    levels = [int(t[1]) for t, _ in Page(html).tags if re.fullmatch(r"h[1-6]", t)]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_ids_are_unique_and_links_land(html: str) -> None:
    page = Page(html)
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    links = {h[1:] for h in page.attributes("href") if h.startswith("#")}
    ours = {link for link in links if link.startswith("task=")}  # the sample browser's: its script reads them
    assert ours and links - ours <= set(ids)


def test_column_heads_have_scope(html: str) -> None:
    assert all("scope" in attrs for tag, attrs in Page(html).tags if tag == "th")


def test_numbers_of_the_scores_stand_in_the_page(html: str) -> None:
    sources = make_sources()
    score = next(s for s in sources.table.scores if s.seed is None and s.variant == "ift-4e-4")
    assert score.value is not None and f"{score.value * 100:.1f}\u00a0%" in html


def test_the_sources_of_mixed_data_are_shown(html: str) -> None:
    assert "Sources of the data" in html
    assert "builtin:safe" in html
    assert "5.0\u00a0%" in html


def test_a_run_beside_a_published_table_says_whose_numbers_they_are() -> None:
    sources = make_sources()
    settings = PublishedSettings(table="procon-llama-2-7b-benign", methods={"ift-4e-4": "IFT"})
    score = next(s for s in sources.table.scores if s.variant == "ift-4e-4" and s.seed is None)
    scores = [score.model_copy(update={"task": "advbench"})]
    made = beside(settings, model="my/model", scores=scores, judges=[("catqa", "world")])
    html = render(build_view(replace(sources, published=made)))
    assert "the numbers of ProCon, arXiv 2509.06795" in html
    assert "not known to be that model" in html
    assert "<code>catqa</code> is scored by the judge <code>world</code>" in html
    assert "30.91&nbsp;%" in html


def test_a_run_without_a_published_table_says_nothing_of_one(html: str) -> None:
    assert 'id="published"' not in html


def test_run_without_gate_training_or_samples_renders() -> None:
    bare = replace(make_sources(), decision=None, checkpoints=(), dataset=None)
    html = render(build_view(bare))
    assert "Gate: none" in html and "No variant of this run was trained." in html


def test_rendering_twice_gives_the_same_bytes(html: str) -> None:
    assert render(build_view(with_analyses(make_sources(), analysis()))) == html


def cells(html: str) -> list[dict[str, str | None]]:
    return [attrs for tag, attrs in Page(html).tags if tag == "td" and " h" in (attrs.get("class") or "")]


def test_chosen_modules_have_ring_and_tick(html: str) -> None:
    chosen = len(analysis().searches[0].outcome.chosen.modules)
    ringed = [c for c in cells(html) if "chosen" in (c["class"] or "")]
    assert len(ringed) == chosen * (10 + 1)  # ten measures, and one variant that tuned them
    assert html.count('<span class="pick">✓</span>') == len(ringed) + 10  # and a legend for each map


def test_cells_of_the_map_tell_everything_on_hover(html: str) -> None:
    titles = [c["title"] or "" for c in cells(html) if (c.get("title") or "").startswith("v.0: ")]
    assert len(titles) == 10 and sum("by seed" in t and "retrained" not in t for t in titles) == 10
    assert sum("Alone, margin lost" in t for t in titles) == 1


def test_a_run_without_an_analysis_has_no_section_for_it() -> None:
    html = render(build_view(make_sources()))
    assert 'id="modules"' not in html and '"#modules"' not in html


def test_several_analyses_and_searches_stand_apart() -> None:
    two = analysis(settings=(SEARCH, TUNED))
    html = render(build_view(with_analyses(make_sources(), two, analysis(Shape(layers=3)))))
    ids = Page(html).attributes("id")
    assert len(ids) == len(set(ids))
    assert html.count('<details class="task"') - len(make_sources().table.tasks) == 2
    assert html.count("Drift of each tested set, in order,") == 3


def test_warnings_of_the_instruments_are_shown() -> None:
    html = render(build_view(with_analyses(make_sources(), hostile_analysis())))
    assert "What the drift may not mean." in html and "mere distribution shift" in html


def test_eighty_layers_stay_under_a_megabyte() -> None:
    deep = analysis(Shape(layers=80, options=False, seeds=(0,)))
    assert len(render(build_view(with_analyses(make_sources(), deep)))) < 1_000_000


def test_size_grows_slowly_with_samples() -> None:
    assert len(render(build_view(make_sources(prompts=100)))) < 600_000
