"""The wheel, built through the sdist, carries everything and works where there is no checkout."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT), cwd=folder)
    return folder


@pytest.fixture(scope="module")
def command(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`harness` in a fresh environment with the wheel, and this one's libraries without its harness."""
    home = tmp_path_factory.mktemp("fresh")
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    (wheel,) = built.glob("*.whl")
    run(str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel), cwd=home)
    site = run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    # A plain path entry comes after the wheel, and does not follow the editable install's own .pth file.
    (Path(site) / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin" / "harness"


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


def resource_files() -> set[str]:
    """Files of tasks/, reports/ and configs/ in the checkout; reports/examples/ stays out of a wheel."""
    files = (f for name in ("tasks", "reports", "configs") for f in (ROOT / name).rglob("*") if f.is_file())
    return {f.relative_to(ROOT).as_posix() for f in files if not {"__pycache__", "examples"} & set(f.parts)}


def test_the_wheel_carries_tasks_reports_and_configs(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert {f"harness/{name}" for name in resource_files()} <= inside
    assert {name.split("/")[0] for name in inside} == {"harness", "benign_ift_harness-0.1.0.dist-info"}


def test_the_sdist_carries_what_the_tests_need(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert resource_files() <= inside
    assert {"pyproject.toml", "LICENSE", "README.md", "CHANGELOG.md", "tests/test_packaging.py"} <= inside


def test_the_installed_package_is_the_wheels(command: Path, tmp_path: Path) -> None:
    python = str(command.with_name("python"))
    place = run(python, "-c", "import harness; print(harness.__file__)", cwd=tmp_path).strip()
    assert Path(place).is_relative_to(command.parent.parent)


def test_an_installed_harness_lists_the_tasks(command: Path, tmp_path: Path) -> None:
    listed = run(str(command), "ls", "tasks", cwd=tmp_path)
    assert {line.split()[0] for line in listed.splitlines()} == {
        f.stem for f in (ROOT / "tasks").glob("*/*/*.yaml")
    }


def test_an_installed_harness_finds_and_plans_its_quickstart(command: Path, tmp_path: Path) -> None:
    listed = run(str(command), "ls", "configs", cwd=tmp_path).splitlines()
    (quickstart,) = [line.split()[0] for line in listed if "quickstart.yaml" in line]
    assert "stages" in run(str(command), "plan", quickstart, cwd=tmp_path)
