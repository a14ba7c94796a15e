"""What task programs import, and in ordinary Python too.

A task program begins `from polytask.program import predict`. Run by polytask it runs in a sandbox,
where calls are answered by the model that the program belongs to; `ask` goes to the language model
of the run, and `run_code` to a process of its own that can reach nothing. Imported as ordinary
Python (to read it, to test it, to step through it) they are answered by whoever `using` named:

```python
with polytask.program.using(lambda task, row: {"label": "music", "sure": True}):
    print(triage({"text": "play something"}))
```
"""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from polytask._errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["ask", "predict", "run_code", "using"]


@dataclass(frozen=True)
class _Answers:
    """Who answers the calls of a program in ordinary Python."""

    predict: Callable[[str, Any], dict[str, Any]]
    ask: Callable[[str], str] | None
    run_code: Callable[[str, Any], Any] | None


_current: ContextVar[_Answers | None] = ContextVar("answers")


@contextlib.contextmanager
def using(
    answers: Callable[[str, Any], dict[str, Any]],
    *,
    ask: Callable[[str], str] | None = None,
    run_code: Callable[[str, Any], Any] | None = None,
) -> Iterator[None]:
    """Let calls be answered within the block: `predict` by `answers(task, row)`.

    Args:
        answers: Answers `predict`.
        ask: Answers `ask(prompt)`.
        run_code: Answers `run_code(file, inputs)`.

    >>> from polytask.program import predict, using
    >>> with using(lambda task, row: {"label": task}):
    ...     predict("mood", {"text": "hi"})
    {'label': 'mood'}
    """
    token = _current.set(_Answers(answers, ask, run_code))
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
    answer: dict[str, Any] = _answers(f"predict({task!r}, …)", "predict")(task, row)
    return answer


def ask(prompt: str) -> str:
    """What the language model of the run answers to a prompt (`--llm`, and `--share-rows`).

    The same prompt has the same answer, which is kept with the run and the model.

    Args:
        prompt: All that the language model gets.

    Returns:
        Its text, without what it thought before.

    Raises:
        PlanError: Nobody answers.
    """
    return str(_answers("ask(…)", "ask")(prompt))


def run_code(file: str, inputs: Any) -> Any:
    """What `main(inputs)` of a Python file beside the program returns.

    It runs in a process of its own that can reach nothing: no file, no network, no other row.

    Args:
        file: The name of the file, written out.
        inputs: Plain data.

    Returns:
        Plain data.

    Raises:
        PlanError: Nobody answers.
    """
    return _answers(f"run_code({file!r}, …)", "run_code")(file, inputs)


def _answers(call: str, word: str) -> Callable[..., Any]:
    found = getattr(_current.get(None), word, None)
    if found is None:
        more = "" if word == "predict" else f", {word}={word}"
        raise PlanError(
            f"{call}: nobody answers here. polytask runs task programs; in a test of your own, "
            f"call the function within `polytask.program.using(answers{more})`"
        )
    answering: Callable[..., Any] = found
    return answering
