"""The PDF: what is said where it cannot be made, and that it is one where it can."""

from __future__ import annotations

import shutil

import pytest

from harness.errors import InputError, WorldError
from harness.formats import pdf
from tests.formats.sources import audit
from tests.hostile_corpus import corpus_sources

_needs_browser = pytest.mark.skipif(not any(map(shutil.which, pdf._NAMES)), reason="no Chromium on this machine")


def test_without_a_browser_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="install one .apt install chromium., or take --format html"):
        pdf.files(audit())


def test_a_browser_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/false")
    with pytest.raises(WorldError, match="/bin/false: could not print the report: no message"):
        pdf.files(audit())


@pytest.mark.slow
@pytest.mark.browser
@_needs_browser
def test_a_browser_prints_the_report() -> None:
    (file,) = pdf.files(audit())
    assert file.name == "report.pdf" and file.content.startswith(b"%PDF-") and len(file.content) > 20_000


@pytest.mark.slow
@pytest.mark.browser
@_needs_browser
def test_hostile_text_is_printed_as_text() -> None:
    (file,) = pdf.files(audit(corpus_sources()))
    assert file.content.startswith(b"%PDF-")
    for action in (b"/JavaScript", b"/JS", b"/Launch", b"/SubmitForm", b"/EmbeddedFile", b"/URI"):
        assert action not in file.content, action
