"""What plan programs import, and in ordinary Python too.

A plan begins `from polytask.plan import tasks, train, finish, FineTune`. Run by polytask it runs in
a sandbox, where these names are answered by the interpreter. Imported as ordinary Python (to read
it, to test it, to step through it) the same names come from here: the operations hand over to
whoever `using` named, and a recipe's name gives its text form.

```python
with polytask.plan.using(my_operations):
    runpy.run_path("plan.py")
```

The module can also be called: `polytask.plan("data/", out="plan.py")` writes a plan. A module that
can be called needs a class of its own (Python looks `__call__` up on the class, never on the
module); it is the price for one word, `plan`, with one meaning in Python, plan programs and the
command line.
"""

from __future__ import annotations

import contextlib
import sys
from contextvars import ContextVar
from types import ModuleType
from typing import TYPE_CHECKING, Any

from polytask._errors import PlanError
from polytask.planning.operations import (
    Attempted,
    Clue,
    Compared,
    Cost,
    Drafted,
    Helper,
    Trained,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from polytask.planning.operations import Operations
    from polytask.planning.stubs import Vocabulary

__all__ = [
    "Attempted",
    "Clue",
    "Compared",
    "Cost",
    "Drafted",
    "Helper",
    "Trained",
    "affinity",
    "combine",
    "compare",
    "cost",
    "draft",
    "evidence",
    "finish",
    "helpers",
    "profile",
    "say",
    "seconds_left",
    "suggest",
    "tasks",
    "train",
    "train_all",
    "try_plan",
    "using",
]

_current: ContextVar[Operations | None] = ContextVar("operations", default=None)


@contextlib.contextmanager
def using(operations: Operations) -> Iterator[Operations]:
    """Let the operations of this module be carried out by `operations` within the block.

    >>> from polytask.plan import tasks, using
    >>> class Two:
    ...     def tasks(self, source):
    ...         return ["intent", "slots"]
    >>> with using(Two()):
    ...     tasks("tasks.yaml")
    ['intent', 'slots']
    """
    token = _current.set(operations)
    try:
        yield operations
    finally:
        _current.reset(token)


def tasks(source: str = "tasks.yaml") -> list[str]:
    """As `Operations.tasks`."""
    return _operations("tasks").tasks(source)


def profile(task: str) -> dict[str, object]:
    """As `Operations.profile`."""
    return _operations("profile").profile(task)


def helpers(task: str) -> list[Helper]:
    """As `Operations.helpers`."""
    return _operations("helpers").helpers(task)


def train(
    tasks: Sequence[str],
    recipe: str,
    repeat: int = 0,
    start: str = "",
    teachers: Mapping[str, str] = {},
) -> Trained:
    """As `Operations.train`."""
    return _operations("train").train(tasks, recipe, repeat, start, teachers)


def train_all(candidates: Sequence[Mapping[str, object]]) -> list[Trained]:
    """As `Operations.train_all`."""
    return _operations("train_all").train_all(candidates)


def compare(shared: str, controls: Mapping[str, str]) -> dict[str, Compared]:
    """As `Operations.compare`."""
    return _operations("compare").compare(shared, controls)


def affinity(part: str) -> dict[str, dict[str, float]]:
    """As `Operations.affinity`."""
    return _operations("affinity").affinity(part)


def evidence(tasks: Sequence[str], parts: Sequence[str] = ()) -> list[Clue]:
    """As `Operations.evidence`."""
    return _operations("evidence").evidence(tasks, parts)


def cost(part: str) -> Cost:
    """As `Operations.cost`."""
    return _operations("cost").cost(part)


def suggest(
    task: str,
    sampler: str = "tpe",
    tried: Mapping[str, float] = {},
    count: int = 1,
    epochs: int = 0,
) -> list[str]:
    """As `Operations.suggest`."""
    return _operations("suggest").suggest(task, sampler, tried, count, epochs)


def combine(
    parts: Mapping[str, str],
    controls: Mapping[str, str],
    repeats: Mapping[str, Sequence[str]] = {},
    front: Mapping[str, object] = {},
) -> str:
    """As `Operations.combine`."""
    return _operations("combine").combine(parts, controls, repeats, front)


def try_plan(text: str, seconds: float) -> Attempted:
    """As `Operations.try_plan`."""
    return _operations("try_plan").try_plan(text, seconds)


def draft(seconds: float, text: str = "", found: str = "") -> Drafted:
    """As `Operations.draft`."""
    return _operations("draft").draft(seconds, text, found)


def seconds_left() -> float:
    """As `Operations.seconds_left`."""
    return _operations("seconds_left").seconds_left()


def say(text: str) -> None:
    """As `Operations.say`."""
    _operations("say").say(text)


def finish(model: str) -> None:
    """As `Operations.finish`."""
    _operations("finish").finish(model)


def __getattr__(name: str) -> Callable[..., str]:
    if name in dict(_vocabulary().catalogues()):
        return _vocabulary().form(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *dict(_vocabulary().catalogues())])


def _vocabulary() -> Vocabulary:
    from polytask.workflow.checking import VOCABULARY

    return VOCABULARY


def _operations(name: str) -> Operations:
    found = _current.get()
    if found is None:
        raise PlanError(
            f"`{name}` needs somebody to carry it out: `polytask run plan.py` runs a plan; in "
            "Python, `with polytask.plan.using(operations): ...` names them"
        )
    return found


class _Plan(ModuleType):
    """This module, which can be called."""

    def __call__(self, source: Any, **options: Any) -> list[Path]:
        """Write a plan program; arguments and result as `polytask.workflow.planning.write`."""
        from polytask.workflow import planning

        return planning.write(source, **options)


sys.modules[__name__].__class__ = _Plan
