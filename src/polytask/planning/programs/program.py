"""A task program as text: reading it, checking it, and which tasks it calls."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask._catalogue import nearest
from polytask._errors import PlanError
from polytask.planning.checks import examine, read
from polytask.planning.programs.sandbox import MODULE, WORD, checkout, pool

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
    """

    function: str
    text: str
    tasks: tuple[str, ...] = ()
    file: str = "program.py"

    @classmethod
    def read(cls, path: Path, function: str, tasks: Iterable[str] = ()) -> Program:
        """The program in the file at `path`; checks nothing but that it is a text.

        Raises:
            PlanError: Missing, empty, too large, or not UTF-8.
        """
        return cls(function, read(path), tuple(tasks), path.name)

    def check(self) -> None:
        """Check types, names and syntax; runs none of it, takes some 50 ms.

        Raises:
            PlanError: One `file:line:column: message` a fault.
        """
        with pool(1) as opened, checkout(opened, {}, type_check=True) as sandbox:
            examine(self.text, sandbox, MODULE, _hint, name=self.file)
        self._check_function()
        for name, line in self._named():
            if name is not None and name not in self.tasks:
                raise PlanError(
                    f"{self.file}:{line}: predict({name!r}, …): a program calls tasks, and "
                    f"programs that stand above it; {nearest(name, self.tasks)}"
                )

    @property
    def calls(self) -> list[str]:
        """Those of its tasks that it calls: the names it writes, or all if it computes one."""
        named = [name for name, _ in self._named()]
        return [task for task in self.tasks if None in named or task in named]

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

    def _named(self) -> Iterator[tuple[str | None, int]]:
        """By mention of `predict` the task named, or `None` where it is computed; and the line."""
        tree = ast.parse(self.text)
        called = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _word(node.func) == WORD:
                called.add(id(node.func))
                yield _literal(node), node.lineno
        for node in ast.walk(tree):
            if _word(node) == WORD and id(node) not in called:
                yield None, getattr(node, "lineno", 0)


def _word(node: ast.AST) -> str:
    """The name by which `node` speaks of a function; that of an import only if it is changed."""
    if isinstance(node, ast.alias):
        return node.name if node.asname not in (None, node.name) else ""
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def _literal(call: ast.Call) -> str | None:
    named = [item.value for item in call.keywords if item.arg == "task"]
    first = [*call.args, *named][:1]
    value = first[0].value if first and isinstance(first[0], ast.Constant) else None
    return value if isinstance(value, str) else None


def _hint(message: str) -> str:
    if re.search(rf"Module `{re.escape(MODULE)}` has no member `\w+`", message):
        return "; a task program has `predict`"
    return ""
