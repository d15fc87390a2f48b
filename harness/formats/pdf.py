"""The page as printed by headless Chromium: report.pdf."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.errors import InputError, WorldError
from harness.formats import Audit, File
from harness.report_view import render

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_SECONDS = 120


def files(audit: Audit) -> tuple[File, ...]:
    """The report as a PDF.

    Raises InputError where there is no Chromium, WorldError where it fails or takes more than two minutes.
    """
    browser = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if browser is None:
        raise InputError(
            f"--format pdf: needs a Chromium to print with, and none of {', '.join(_NAMES)} is on the PATH; "
            "install one (apt install chromium), or take --format html"
        )
    with tempfile.TemporaryDirectory(prefix="harness-pdf-") as folder:
        page, made = Path(folder, "report.html"), Path(folder, "report.pdf")
        page.write_text(render(audit.view, redact=audit.redact), encoding="utf-8")
        _print(browser, page=page, made=made)
        return (File("report.pdf", made.read_bytes()),)


def _print(browser: str, *, page: Path, made: Path) -> None:
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium has no sandbox for root
    command = [
        browser, "--headless", *as_root, "--disable-gpu", "--disable-dev-shm-usage", "--no-pdf-header-footer",
        f"--user-data-dir={page.parent / 'profile'}", f"--print-to-pdf={made}", page.as_uri(),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise WorldError(f"{browser}: did not print the report in {_SECONDS} s; take --format html") from None
    if done.returncode != 0 or not made.is_file():
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise WorldError(f"{browser}: could not print the report: {last}")
