"""YAML that a person wrote: as safe_load reads it, but a key that a mapping has twice is a mistake, never the last."""

from __future__ import annotations

from typing import Any

import yaml


class TwiceError(yaml.MarkedYAMLError):
    """A mapping has a key twice."""


class StrictLoader(yaml.SafeLoader):
    """SafeLoader that raises TwiceError. Keys that a merge (`<<`) brings may be overlaid, as YAML means it."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """As the composer does; looked at before merges are resolved."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        lines: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if first := lines.get((key.tag, key.value)):
                problem = f"the key {key.value!r} is given twice, the first time on line {first}; keep one of them"
                raise TwiceError(problem=problem, problem_mark=key.start_mark)
            lines[key.tag, key.value] = key.start_mark.line + 1
        return node


def load(text: str, *, loader: type[StrictLoader] = StrictLoader) -> Any:
    """What a YAML text holds. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=loader)


def line_of(error: yaml.YAMLError) -> int | None:
    """The line, from 1, on which a text is wrong; None where that is not known."""
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark else None


def why(error: yaml.YAMLError) -> str:
    """What is wrong with it, to stand behind file and line."""
    problem = getattr(error, "problem", None) or error
    return str(problem) if isinstance(error, TwiceError) else f"not YAML: {problem}"
