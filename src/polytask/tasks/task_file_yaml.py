"""YAML read with suspicion: text only, no tags, no bombs, no doubled keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from polytask._errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 2**20
MAX_NODES = 50_000
"""Nodes a file may have when its aliases are written out."""

_PLAIN = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file whose top is a mapping, every scalar as the text that is written.

    Args:
        path: The file.

    Raises:
        ConfigError: Not there, too large, no YAML, a tag, endless aliases or a doubled key: with
            the line.
    """
    node = _compose(_read(path), path)
    if not isinstance(node, yaml.MappingNode):
        raise ConfigError(f"{path}: a task file begins with `tasks:`; found no mapping")
    _check(node, path, {}, ())
    value: dict[str, Any] = _value(node)
    return value


def _read(path: Path) -> str:
    if not path.is_file():
        raise ConfigError(f"There is no task file {str(path)!r}; `polytask init FILES` writes one")
    if path.stat().st_size > MAX_BYTES:
        raise ConfigError(
            f"{path} has {path.stat().st_size:,} bytes; a task file has at most {MAX_BYTES:,}"
        )
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8") from error


def _compose(text: str, path: Path) -> yaml.Node | None:
    try:
        # BaseLoader gives no scalar a type: `no`, `1` and dates stay text.
        return yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"{path}{line}: no valid YAML: {problem}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deeply for a task file") from error


def _check(node: yaml.Node, path: Path, sizes: dict[int, int], above: tuple[int, ...]) -> int:
    """How many nodes `node` stands for with aliases written out; refuses what it must."""
    place = f"{path}:{node.start_mark.line + 1}"
    if id(node) in above or len(above) > 50:
        raise ConfigError(f"{place}: an alias that holds itself, or nesting without end")
    if node.tag not in _PLAIN:
        raise ConfigError(f"{place}: YAML tags are not read in a task file; found {node.tag!r}")
    if id(node) in sizes:
        return sizes[id(node)]
    if isinstance(node, yaml.MappingNode):
        _check_keys(node, path)
    total = 1
    for child in _children(node):
        total += _check(child, path, sizes, (*above, id(node)))
    if total > MAX_NODES:
        raise ConfigError(f"{place}: aliases expand to more than {MAX_NODES:,} nodes")
    sizes[id(node)] = total
    return total


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _check_keys(node: yaml.MappingNode, path: Path) -> None:
    seen: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise ConfigError(f"{path}:{line}: a key is a name; found a list or mapping")
        if key.value in seen:
            raise ConfigError(
                f"{path}:{line}: {key.value!r} stands twice (also in line {seen[key.value]}); "
                "names are unique. Rename one of them"
            )
        seen[key.value] = line


def _value(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {key.value: _value(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    return node.value
