"""A task program as text: reading it, checking it, and which tasks it calls."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from polytask._catalogue import nearest
from polytask._errors import PlanError
from polytask.planning.checks import examine, read
from polytask.planning.programs.coding import Code
from polytask.planning.programs.sandbox import ASK, CODE, MODULE, PREDICT, WORDS, checkout, pool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Program:
    """A program that answers a row: a file in the language of plans, and a function in it.

    ```python
    from polytask.program import predict

    def triage(row):
        intent = predict("intent", row)
        return intent["label"] if intent["sure"] else None
    ```

    Args:
        function: The function that gets a row, a dict of its input columns.
        text: The text of the file.
        tasks: What it may call: the tasks, and the programs that stand above it. So no two programs
            can call each other in a circle.
        file: The name that messages show.
        codes: The files of code that it may run.
    """

    function: str
    text: str
    tasks: tuple[str, ...] = ()
    file: str = "program.py"
    codes: tuple[Code, ...] = ()

    @classmethod
    def read(cls, path: Path, function: str, tasks: Iterable[str] = ()) -> Program:
        """The program in the file at `path`, with the files of code that it names beside it.

        Checks nothing but that they are texts.

        Raises:
            PlanError: Missing, empty, too large, or not UTF-8; or code that is named in another way
                than by the plain name of a file, written out.
        """
        alone = cls(function, read(path), tuple(tasks), path.name)
        codes = tuple(Code(file, read(path.parent / file)) for file in alone.code_files)
        return replace(alone, codes=codes)

    def check(self) -> None:
        """Check types, names and syntax; runs none of it, takes some 50 ms.

        Raises:
            PlanError: One `file:line:column: message` a fault.
        """
        with pool(1) as opened, checkout(opened, {}, type_check=True) as sandbox:
            examine(self.text, sandbox, MODULE, _hint, name=self.file)
        self._check_function()
        for name, line in self._named(PREDICT):
            if name is not None and name not in self.tasks:
                raise PlanError(
                    f"{self.file}:{line}: predict({name!r}, …): a program calls tasks, and "
                    f"programs that stand above it; {nearest(name, self.tasks)}"
                )

    @property
    def calls(self) -> list[str]:
        """Those of its tasks that it calls: the names it writes, or all if it computes one."""
        named = [name for name, _ in self._named(PREDICT)]
        return [task for task in self.tasks if None in named or task in named]

    @property
    def asks(self) -> int:
        """The line where it takes `ask` from `polytask.program`; 0 where it asks no model."""
        for node in _nodes(self.text):
            aliases = node.names if isinstance(node, ast.ImportFrom) else []
            named = [one.name for one in aliases] if getattr(node, "module", "") == MODULE else []
            if ASK in named or getattr(node, "attr", "") == ASK:
                return int(getattr(node, "lineno", 0))
        return 0

    @property
    def code_files(self) -> list[str]:
        """The files of code that it names, each once.

        Raises:
            PlanError: One is computed, or lies elsewhere than beside the program.
        """
        found = []
        for name, line in self._named(CODE):
            if name is None or PurePath(name).name != name or not name.endswith(".py"):
                raise PlanError(
                    f"{self.file}:{line}: {CODE}(FILE, inputs) names a Python file beside the "
                    f'program, written out, such as {CODE}("tidy.py", inputs); found '
                    f"{'what is computed' if name is None else repr(name)}"
                )
            found.append(name)
        return list(dict.fromkeys(found))

    def _check_function(self) -> None:
        tree = ast.parse(self.text)
        found = {item.name: item for item in tree.body if isinstance(item, ast.FunctionDef)}
        if self.function not in found:
            known = nearest(self.function, found) if found else "it has no function"
            raise PlanError(
                f"{self.file}: a program is a function that has the task's name, or is named as "
                f"`program: {self.file}:FUNCTION`; found no `def {self.function}(row)`; {known}"
            )
        taken = found[self.function].args
        needed = len(taken.posonlyargs + taken.args) - len(taken.defaults)
        if needed > 1 or not (taken.posonlyargs or taken.args or taken.vararg):
            line = found[self.function].lineno
            raise PlanError(
                f"{self.file}:{line}: the function of a program gets the row and nothing else: "
                f"`def {self.function}(row):`"
            )

    def _named(self, word: str) -> Iterator[tuple[str | None, int]]:
        """By mention of `word` the name given to it, or `None` if it is computed; and the line."""
        called = set()
        nodes = _nodes(self.text)
        for node in nodes:
            if isinstance(node, ast.Call) and _word(node.func) == word:
                called.add(id(node.func))
                yield _literal(node), node.lineno
        for node in nodes:
            if _word(node) == word and id(node) not in called:
                yield None, getattr(node, "lineno", 0)


def _nodes(text: str) -> list[ast.AST]:
    """The nodes of a program; none where it does not parse, which its check says."""
    try:
        return list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _word(node: ast.AST) -> str:
    """The name by which `node` speaks of a function; that of an import only if it is changed."""
    if isinstance(node, ast.alias):
        return node.name if node.asname not in (None, node.name) else ""
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def _literal(call: ast.Call) -> str | None:
    named = [item.value for item in call.keywords if item.arg in ("task", "file")]
    first = [*call.args, *named][:1]
    value = first[0].value if first and isinstance(first[0], ast.Constant) else None
    return value if isinstance(value, str) else None


def _hint(message: str) -> str:
    if re.search(rf"Module `{re.escape(MODULE)}` has no member `\w+`", message):
        return f"; a task program has {', '.join(f'`{word}`' for word in WORDS)}"
    return ""
