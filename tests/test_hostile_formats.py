"""The hostile corpus through every format: nothing is markup or formula, files are valid, text is shown as text."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import unicodedata
import zlib

import jsonschema
import pandas as pd
import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from harness.audit_report import schema_text
from harness.formats import Audit, html, markdown, parquet
from harness.formats import csv as csv_format
from harness.formats import json as json_format
from harness.hostile import encodable, visible
from harness.markdown_text import LIMIT
from harness.run_comparison import compare_runs
from harness.run_comparison_html import render_runs
from harness.run_comparison_markdown import runs_markdown
from harness.run_comparison_records import RunComparison, RunInput
from harness.summary import print_summary
from tests.formats.sources import audit
from tests.hostile_corpus import CORPUS, LONG_LINE, corpus_sources
from tests.report_sources import make_sources
from tests.test_report_html import Page


@pytest.fixture(scope="module")
def hostile() -> Audit:
    return audit(corpus_sources())


@pytest.fixture(scope="module")
def compared(hostile: Audit) -> RunComparison:
    everything = tuple((text, text) for text in CORPUS)
    plain = RunInput(sources=make_sources(), headline="plain", facts=())
    return compare_runs([plain, RunInput(sources=hostile.sources, headline="\n".join(CORPUS), facts=everything)])


def hidden(text: str) -> set[str]:
    """Characters of `text` that show nothing or reorder."""
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\n"}




def test_html_has_no_element_of_the_corpus(hostile: Audit) -> None:
    page, plain = (html.files(one)[0].content.decode() for one in (hostile, audit()))
    ours = {tag for tag, _ in Page(plain).tags} | {"abbr"}  # of the report's own, where several variants are named
    assert {tag for tag, _ in Page(page).tags} == ours
    assert hidden(page) <= {"\t"} and LONG_LINE in stored(page)
    assert not {name for _, attrs in Page(page).tags for name in attrs if name.startswith("on")}


def stored(page: str) -> str:
    """The samples that a page carries deflated."""
    found = re.search(r'<script type="text/plain" id="sample-store">([^<]*)</script>', page)
    assert found is not None
    return zlib.decompress(base64.b64decode(found[1]), -zlib.MAX_WBITS).decode()


def test_runs_side_by_side_have_no_element_of_the_corpus(compared: RunComparison) -> None:
    page = Page(render_runs(compared))
    assert not {t for t, _ in page.tags} & {"script", "img", "iframe", "body onload", "animate", "foreignobject"}
    assert all(href.startswith(("#", "data:,")) for href in page.attributes("href"))
    assert not {name for _, attrs in page.tags for name in attrs if name.startswith("on") or name == "style"}
    assert hidden(render_runs(compared)) <= {"\t"}


@pytest.mark.parametrize("kind", ["report", "runs"])
def test_markdown_has_no_markup_of_the_corpus(kind: str, hostile: Audit, compared: RunComparison) -> None:
    text = markdown.markdown(hostile.view) if kind == "report" else runs_markdown(compared)
    assert len(text) <= LIMIT and hidden(text) == set()
    made = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)
    tags = {tag for tag, _ in Page(made).tags}
    allowed = {"h2", "h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "br", "ul", "li", "pre", "code"}
    folds = [(f.table, f.table.groups, f.table.others) for f in hostile.view.frontiers if f.table]
    folds += [(t, t.groups, t.others) for t in hostile.view.loss_tables]
    ours = 0 if kind == "runs" else sum(bool(groups) + bool(others) for _, groups, others in folds)
    assert made.count("<details>") == made.count("</details>") == made.count("<summary>") == ours
    assert tags <= allowed | ({"details", "summary"} if ours else set()) and not Page(made).attributes("href")
    outside = re.sub(r"```+\n.*?\n```+", "", text, flags=re.DOTALL).replace("&#8203;", "\u200b")
    assert not re.search(r"@\w|#\d|https?://\w|(?i:gh-\d)|www\.", outside)


def read_csv(content: bytes) -> list[list[str]]:
    limit = csv.field_size_limit(2_000_000)  # Python's own is 131 072 characters a cell
    try:
        return list(csv.reader(io.StringIO(content.decode(), newline="")))
    finally:
        csv.field_size_limit(limit)


def test_csv_is_whole_and_holds_no_formula(hostile: Audit) -> None:
    for file in csv_format.files(hostile):
        lines = read_csv(file.content)
        assert {len(line) for line in lines} == {len(lines[0])}
        for cell in (cell for line in lines[1:] for cell in line):
            assert not hidden(cell) - {"\t"}
            number = re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", cell)
            assert number or not cell.lstrip(" ").startswith(tuple("=+-@\t\r＝＋－＠"))


def test_csv_shows_every_text(hostile: Audit) -> None:
    heads, *lines = read_csv(csv_format.files(hostile)[0].content)
    shown = {line[heads.index("prompt")] for line in lines}
    assert shown == {csv_format.defused(text) for text in CORPUS}
    assert {text.removeprefix("'") for text in shown} == {visible(text).removeprefix("'") for text in CORPUS}
    assert any(line[heads.index("completion")] == LONG_LINE for line in lines)


def test_parquet_keeps_every_text_as_it_is(hostile: Audit) -> None:
    samples = pd.read_parquet(io.BytesIO(parquet.files(hostile)[0].content))
    assert set(samples["prompt"]) == {encodable(text) for text in CORPUS}
    assert LONG_LINE in set(samples["completion"])


def test_json_is_ascii_and_valid_by_its_schema(hostile: Audit) -> None:
    content = json_format.files(hostile)[0].content
    assert content.isascii() and hidden(content.decode()) == set()
    jsonschema.Draft202012Validator(json.loads(schema_text())).validate(json.loads(content))


def test_the_terminal_gets_no_control_sequence(hostile: Audit) -> None:
    console = Console(file=io.StringIO(), width=120, color_system=None)
    print_summary(hostile.view, console)
    assert isinstance(console.file, io.StringIO) and hidden(console.file.getvalue()) == set()
