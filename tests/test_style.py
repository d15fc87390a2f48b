"""The style budget, measured: sizes of files and functions, arguments, import cycles, layers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "harness"

FILE_LINES = 400
LONG_FUNCTION = 50
LONG_SHARE = 0.025
ARGUMENTS = 5
POSITIONAL = 2
MEDIAN_TEST = 12

VERBS = {
    f"cli/{verb}.py"
    for verb in (
        "run",
        "plan",
        "audit",
        "analyze",
        "validate",
        "fetch",
        "calibrate",
        "report",
        "gate",
        "show",
        "export",
        "ls",
        "init",
        "doctor",
    )
}
"""A verb's parameters are the command line's; typer reads them from the signature."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def code() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def functions(files: list[Path]) -> Iterator[tuple[str, Function]]:
    for file in files:
        for node in ast.walk(tree(file)):
            if isinstance(node, Function):
                yield f"{file.relative_to(ROOT)}:{node.lineno} {node.name}", node


def length(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def own_arguments(node: Function) -> int:
    """Arguments of a function, without self or cls."""
    named = [*node.args.posonlyargs, *node.args.args]
    bound = bool(named) and named[0].arg in ("self", "cls")
    return len(named) + len(node.args.kwonlyargs) + (node.args.vararg is not None) - bound


@pytest.mark.parametrize("folder", ["harness", "tests", "tasks", "benchmarks"])
def test_no_file_is_over_the_limit(folder: str) -> None:
    sizes = {str(f.relative_to(ROOT)): len(f.read_text().splitlines()) for f in (ROOT / folder).rglob("*.py")}
    assert {name: size for name, size in sizes.items() if size > FILE_LINES} == {}


def test_long_functions_are_rare() -> None:
    found = list(functions(code()))
    long = [name for name, node in found if length(node) > LONG_FUNCTION]
    assert len(long) <= LONG_SHARE * len(found), long


def test_no_function_takes_more_than_five_arguments() -> None:
    wide = {name: own_arguments(node) for name, node in functions(code()) if own_arguments(node) > ARGUMENTS}
    assert {name for name in wide if name.split(":")[0].removeprefix("harness/") not in VERBS} == set()


def test_no_function_of_ours_takes_keyword_dictionaries() -> None:
    """A foreign caller may pass what it likes to a `**_` that is thrown away."""
    assert [name for name, node in functions(code()) if node.args.kwarg and node.args.kwarg.arg != "_"] == []


def test_every_file_opens_with_a_docstring() -> None:
    assert [str(f.relative_to(ROOT)) for f in code() if not ast.get_docstring(tree(f))] == []


def test_every_public_function_has_a_docstring() -> None:
    bare = []
    for file in code():
        tops = [node for node in tree(file).body if isinstance(node, Function | ast.ClassDef)]
        bare += [f"{file.name}: {n.name}" for n in tops if not n.name.startswith("_") and not ast.get_docstring(n)]
    assert bare == []


def test_tests_are_short() -> None:
    lengths = [
        length(node) for _, node in functions(sorted((ROOT / "tests").rglob("*.py"))) if node.name.startswith("test_")
    ]
    assert median(lengths) <= MEDIAN_TEST


def test_no_file_is_called_utils() -> None:
    assert [f for folder in (PACKAGE, ROOT / "tests") for f in folder.rglob("utils.py")] == []


def test_the_project_has_no_import_cycle() -> None:
    graph = {name: imports(file) for name, file in modules().items()}
    assert cycle(graph) == []


def modules() -> dict[str, Path]:
    return {module_name(file): file for file in code()}


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(file: Path) -> set[str]:
    """Modules of ours that a file imports, inside functions too; not those under TYPE_CHECKING."""
    known, found = modules(), set()
    typing_only = {
        id(inner)
        for node in ast.walk(tree(file))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree(file)):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names} & known.keys()
            found |= names or ({node.module} & known.keys())
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & known.keys()
    return found


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """One cycle of a graph, or nothing."""
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        found = next((c for n in sorted(graph.get(node, ())) if (c := visit(n, [*path, node]))), [])
        done.add(node)
        return found

    return next((c for node in sorted(graph) if (c := visit(node, []))), [])


def test_a_cycle_is_found() -> None:
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_imports_point_down(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlinter.cli import lint_imports

    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0
