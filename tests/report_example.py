"""The example in reports/examples/: the quickstart's report, kept with all that it is made from.

    bash .ci/examples                          runs the quickstart and keeps its report
    python -m tests.report_example             renders again from what is kept, after a change of the report alone

What the report is made from lies beside it, so that tests/test_report_example.py tells without a model when the report
would look otherwise today, and from the config and the stages' numbers when the run would be another.
"""

from __future__ import annotations

import base64
import lzma
import re
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from harness import config
from harness.formats import Audit
from harness.formats import html as html_format
from harness.formats import markdown as markdown_format
from harness.outputs import sources_of
from harness.plan_builder import SCHEMA
from harness.report_records import ReportSources
from harness.report_view import build_view
from harness.run import read_run

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "reports" / "examples"
CONFIG = ROOT / "configs" / "quickstart.yaml"
KEPT = FOLDER / "quickstart.json.xz"
PAGE, COMMENT = FOLDER / "quickstart.html", FOLDER / "quickstart.md"


@dataclass(frozen=True)
class Example:
    """What quickstart.json.xz holds."""

    sources: ReportSources
    schema: tuple[tuple[str, int], ...]
    """Of the stages that made it."""


_ADAPTER = TypeAdapter(Example)


def read() -> Example:
    """What is kept."""
    return _ADAPTER.validate_json(lzma.decompress(KEPT.read_bytes()))


def of_run(run: Path) -> Example:
    """A finished run, without the places on the machine that made it."""
    sources = sources_of(read_run(run))
    name = CONFIG.relative_to(ROOT).as_posix()
    places = {"store": "store", "config_file": name, "command": f"harness run {name}"}
    manifest = sources.manifest.model_copy(update=places)
    example = Example(replace(sources, manifest=manifest), schema=tuple(sorted(SCHEMA.items())))
    told = _ADAPTER.dump_json(example).decode()
    return _ADAPTER.validate_json(told.replace(f"{ROOT}/", "").replace(str(Path.home()), "~"))


def rendered(example: Example) -> tuple[str, str]:
    """The page and the comment for a pull request."""
    audit = Audit(sources=example.sources, view=build_view(example.sources), redact=False)
    (page,), (comment,) = html_format.files(audit), markdown_format.files(audit)
    return page.content.decode(), comment.content.decode()


def opened(page: str) -> str:
    """A page with its samples inflated: how well they are squeezed depends on the machine's zlib."""

    def inflate(found: re.Match[str]) -> str:
        return found[1] + zlib.decompress(base64.b64decode(found[2]), -zlib.MAX_WBITS).decode()

    return re.sub(r'(<script type="text/plain" id="sample-store">)([^<]+)', inflate, page)


def current_config() -> str:
    """The quickstart's config as a manifest would keep it today."""
    return config.dump(config.load(CONFIG))


def keep(example: Example) -> None:
    """Write all three files."""
    FOLDER.mkdir(exist_ok=True)
    KEPT.write_bytes(lzma.compress(_ADAPTER.dump_json(example), preset=9))
    page, comment = rendered(example)
    PAGE.write_text(page, encoding="utf-8")
    COMMENT.write_text(comment, encoding="utf-8")


def main(given: Sequence[str]) -> None:
    """Keep a run's report, or render what is kept again."""
    keep(of_run(Path(given[0])) if given else read())


if __name__ == "__main__":
    main(sys.argv[1:])
