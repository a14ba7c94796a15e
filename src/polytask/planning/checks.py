"""Check a plan program without running it: types, names, syntax the sandbox does not know."""

from __future__ import annotations

import ast
import functools
import json
import re
from typing import TYPE_CHECKING, Any

from polytask._catalogue import nearest
from polytask._errors import PlanError, command
from polytask.planning.sandbox import MODULE, Limits, session
from polytask.planning.stubs import Vocabulary, operation_names, signature

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydantic_monty import MontyRuntimeError, MontySession

LARGEST = 1_000_000
"""Bytes of the largest plan that is read."""

_SHOWN = 20
_MODULES = (
    *("math", "json", "re", "itertools", "functools", "collections", "random", "copy"),
    *("dataclasses", "typing", "datetime"),
)


def read(path: Path) -> str:
    """The text of the plan at `path`.

    Raises:
        PlanError: Missing, empty, too large, or not UTF-8.
    """
    try:
        data = path.read_bytes() if path.stat().st_size <= LARGEST else None
    except OSError as error:
        raise PlanError(f"The plan {path} cannot be read: {error.strerror}") from error
    if data is None:
        raise PlanError(f"{path}: a plan has at most {LARGEST:,} bytes; is this a plan program?")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PlanError(f"{path}:{line}: a plan is UTF-8 text; save the file as UTF-8") from error
    if not text.strip():
        raise PlanError(
            f"{path}: the plan is empty; {command('plan', 'FILES', '-o', path)} writes one"
        )
    return text


def check(path: Path, vocabulary: Vocabulary) -> None:
    """Check the plan at `path`; runs none of it, takes some 50 ms.

    Raises:
        PlanError: One `file:line:column: message` a fault, at most 20.
    """
    check_text(read(path), vocabulary, name=str(path))


def check_text(text: str, vocabulary: Vocabulary, *, name: str = "plan.py") -> None:
    """As `check`, for a text; `name` stands in the messages."""
    with session(vocabulary, Limits(), type_check=True) as sandbox:
        examine(text, sandbox, MODULE, functools.partial(_hint, vocabulary), name=name)


def examine(
    text: str, sandbox: MontySession, module: str, hint: Callable[[str], str], *, name: str
) -> None:
    """Check `text` in a fresh sandbox that checks types; runs none of it.

    Args:
        text: A program.
        sandbox: A session opened with `type_check=True` and JSON messages.
        module: The module of polytask that it may import from.
        hint: The way out of a fault, from the checker's message; "" where there is none.
        name: Stands in the messages.

    Raises:
        PlanError: One `file:line:column: message` a fault, at most 20.
    """
    from pydantic_monty import MontyRuntimeError, MontySyntaxError, MontyTypingError

    # The sandbox knows some more (`os`, `sys`), and refuses their use only when the plan runs.
    foreign = _imports(text, module, name)
    if foreign:
        raise PlanError(_cut(foreign, name))
    try:
        # The import runs before the first statement, and the check ends there: types and syntax of
        # the whole text have been read by then, and nothing of it has run.
        snapshot: Any = sandbox.feed_start(f"import {module}\n{text}")
        while getattr(snapshot, "function_name", "") == "import_stubs":
            snapshot = snapshot.resume_auto()
    except MontyTypingError as error:
        raise PlanError(_typing(error.display(), text, hint, name)) from None
    except (MontySyntaxError, MontyRuntimeError) as error:
        raise PlanError(_unsupported(error, module, name)) from None


def _imports(text: str, home: str, name: str) -> list[str]:
    """A fault for each import of what is no part of plans; none where the text does not parse."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # said by the sandbox's own parser
    found = [
        (alias.lineno, alias.col_offset, alias.name)
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
    found += [
        (node.lineno, node.col_offset + len("from "), "." * node.level + (node.module or ""))
        for node in nodes
        if isinstance(node, ast.ImportFrom)
    ]
    lines = re.split(r"\r\n?|\n", text)
    return [
        _foreign(lines[row - 1], offset, f"{name}:{row}", f"{module}; {_import(module, home)}")
        for row, offset, module in sorted(found)
        if module not in ("polytask", home) and module.partition(".")[0] not in _MODULES
    ]


def _foreign(line: str, offset: int, place: str, what: str) -> str:
    column = len(line.encode()[:offset].decode()) + 1
    return f"{place}:{column}: plans cannot import {what}\n    {line.strip()}"


def _cut(lines: list[str], name: str) -> str:
    more = [f"{name}: and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return "\n".join([*lines[:_SHOWN], *more])


def _typing(found: str, text: str, hint: Callable[[str], str], name: str) -> str:
    faults = [item for item in json.loads(found) if item["severity"] in ("error", "fatal")]
    faults = [item for item in faults if item["code"] == "invalid-syntax"] or faults
    return _cut([_fault(item, text, hint, name) for item in faults], name)


def _fault(item: dict[str, Any], text: str, hint: Callable[[str], str], name: str) -> str:
    row, column = item["location"]["row"] - 1, item["location"]["column"]
    message = str(item["message"])
    source = text.split("\n")[row - 1].strip() if 0 < row <= text.count("\n") + 1 else ""
    return f"{name}:{row}:{column}: {message}{hint(message)}\n    {source}".rstrip()


def _hint(vocabulary: Vocabulary, message: str) -> str:
    for pattern, hint in _HINTS.items():
        found = re.search(pattern, message)
        if found:
            return f"; {hint(vocabulary, *found.groups())}"
    return ""


def _member(vocabulary: Vocabulary, name: str) -> str:
    return nearest(name, vocabulary.names())


def _reference(vocabulary: Vocabulary, name: str) -> str:
    if name in vocabulary.names():
        return f"add it to the import: from {MODULE} import {name}"
    if name in ("open", "input", "compile", "globals", "callable"):
        return "a plan has no files and no console; its operations are its only way out"
    return nearest(name, vocabulary.names())


def _argument(vocabulary: Vocabulary, argument: str, function: str) -> str:
    if function in operation_names():
        return nearest(argument, signature(function).parameters)
    for name, catalogue in vocabulary.catalogues():
        if name == function:
            return nearest(argument, (item.name for item in catalogue.signature(name)))
    return "see the function's signature"


def _import(module: str, home: str = MODULE) -> str:
    if module == "__future__":
        return "a plan needs none of it: remove the line"
    return (
        f"a plan may import from {home}, and {', '.join(_MODULES)}; code that needs files, "
        "clocks or packages is no plan"
    )


_HINTS: dict[str, Callable[..., str]] = {
    rf"Module `{MODULE}` has no member `(\w+)`": _member,
    r"Name `(\w+)` used when not defined": _reference,
    r"Argument `(\w+)` does not match any known parameter of function `(\w+)`": _argument,
    r"Cannot resolve imported module `([\w.]+)`": lambda _, module: _import(module),
}


def _unsupported(error: MontyRuntimeError | Any, module: str, name: str) -> str:
    frames = error.traceback()
    row, column = (frames[-1].line - 1, frames[-1].column) if frames else (1, 1)
    what = error.display("msg").removeprefix("The monty syntax parser does not yet support ")
    source = (frames[-1].source_line or "").strip() if frames else ""
    if what.startswith("Wildcard"):
        words = "tasks, train, finish" if module == MODULE else "predict"
        way_out = f"name what is imported: from {module} import {words}"
        return f"{name}:{row}:{column}: plans cannot import *; {way_out}\n    {source}".rstrip()
    return (
        f"{name}:{row}:{column}: plans cannot use {what}; loops, functions, comprehensions, "
        f"try/except, match and dataclasses are there\n    {source}"
    ).rstrip()
