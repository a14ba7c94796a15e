"""What task programs import, and in ordinary Python too.

A task program begins `from polytask.program import predict`. Run by polytask it runs in a sandbox,
where calls are answered by the model that the program belongs to. Imported as ordinary Python (to
read it, to test it, to step through it) they are answered by whoever `using` named:

```python
with polytask.program.using(lambda task, row: {"label": "music", "sure": True}):
    print(triage({"text": "play something"}))
```
"""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from polytask._errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["predict", "using"]

_current: ContextVar[Callable[[str, Any], dict[str, Any]] | None] = ContextVar("answers")


@contextlib.contextmanager
def using(answers: Callable[[str, Any], dict[str, Any]]) -> Iterator[None]:
    """Let `predict` be answered by `answers(task, row)` within the block.

    >>> from polytask.program import predict, using
    >>> with using(lambda task, row: {"label": task}):
    ...     predict("mood", {"text": "hi"})
    {'label': 'mood'}
    """
    token = _current.set(answers)
    try:
        yield
    finally:
        _current.reset(token)


def predict(task: str, row: Any) -> dict[str, Any]:
    """The answer of a task, or of a program that stands above, for a row.

    Args:
        task: A task of the model.
        row: A dict with its input columns, or the value of the only one.

    Returns:
        Of a task with classes `label`, `probability`, `sure` and `probabilities` (by label); of
        one with several labels `labels`, of tags `tags` and `spans`, of numbers `value`. Of a
        program what it returned.

    Raises:
        PlanError: Nobody answers.
    """
    answers = _current.get(None)
    if answers is None:
        raise PlanError(
            f"predict({task!r}, …): nobody answers here. polytask runs task programs; in a test "
            "of your own, call the function within `polytask.program.using(answers)`"
        )
    return answers(task, row)
