"""Run a plan program: in the sandbox, each operation through the journal.

A plan that fails, never calls `finish`, or meets the end of the budget is an `Outcome`, not an
error: the run still delivers the best it has. Errors are left for what the user must change before
anything runs (the check) and for faults of the host.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from polytask._errors import ConfigError, OutputError, PlanError, RunError, UserError
from polytask.planning.budget import OutOfTime
from polytask.planning.checks import check_text, read
from polytask.planning.journal import FAILURES, Json
from polytask.planning.sandbox import MODULE, Limits, session
from polytask.planning.stubs import Vocabulary, operation_names, signature

if TYPE_CHECKING:
    import inspect
    from pathlib import Path

    from pydantic_monty import MontyRuntimeError, MontySession

    from polytask.planning.journal import Journal
    from polytask.planning.operations import Operations

OnCall: TypeAlias = Callable[[int, str, Mapping[str, Json], bool], None]
"""Told before each operation: line in the plan, operation, arguments, whether it is replayed."""

_LINES = 1000  # printed lines that are kept; a flood of them is no information
_LATER = {"repeat": 0, "repeats": {}, "start": "", "teachers": {}, "front": {}}
"""Arguments that came after the first journals: not written while they keep these defaults, so that
older runs replay."""
_KEYS = {"repeats": "by part", "front": "of choices, prefer and bound"}
"""What dicts are by, where it is not the task."""


@dataclass(frozen=True)
class Outcome:
    """How a plan ended.

    Args:
        status: "finished": `finish` was called. "unfinished": it ended without. "out of time": the
            budget ended in an operation. "failed": it raised, or broke a limit of the sandbox.
        line: The line it was at; 0 where there is none.
        message: What happened, for a person; "" when finished in order.
    """

    status: Literal["finished", "unfinished", "out of time", "failed"]
    line: int = 0
    message: str = ""


def run(
    plan: Path,
    operations: Operations,
    journal: Journal,
    *,
    vocabulary: Vocabulary,
    limits: Limits | None = None,
    on_call: OnCall | None = None,
) -> Outcome:
    """Check the plan and run it to its end, or to the end of the budget.

    Args:
        plan: The program.
        operations: Who carries the operations out. They may raise `OutOfTime` (ends the plan and
            cannot be caught by it), a `UserError` (a ValueError in the plan) or a `RunError` (a
            RuntimeError in the plan). An `OutputError` (full disk) and anything else go through
            to the caller. An operation that the journal has the answer of is not called at all.
        journal: The journal of this run, opened with the text of this plan.
        vocabulary: The recipes and their parts.
        limits: What the plan itself may use.
        on_call: Told before each operation and each line said.

    Raises:
        PlanError: The check found faults, or the plan is not deterministic.
        OutputError: The journal cannot be written.
    """
    text = read(plan)
    check_text(text, vocabulary, name=str(plan))
    program = _Program(plan, text, operations, journal, vocabulary, on_call or _quiet)
    with session(vocabulary, limits or Limits(), seed=_seed(journal)) as sandbox:
        outcome = program.outcome(sandbox)
    if outcome.status != "out of time":
        journal.end()
    return outcome


def _quiet(*_: object) -> None:
    """Tell nobody."""


def _seed(journal: Journal) -> int:
    seed = journal.facts.get("seed", 0)
    return seed if isinstance(seed, int) else 0


@dataclass
class _Program:
    plan: Path
    text: str
    operations: Operations
    journal: Journal
    vocabulary: Vocabulary
    on_call: OnCall
    line: int = 0
    finished: bool = False
    printed: list[str] = field(default_factory=list)
    said: int = 0

    def outcome(self, sandbox: MontySession) -> Outcome:
        from pydantic_monty import MontyCrashedError, MontyRuntimeError

        self.journal.rewind()
        try:
            self._drive(sandbox)
        except OutOfTime as error:
            return self._ended("out of time", f"the budget ended: {error}")
        except MontyCrashedError:
            return self._ended("failed", "the plan's sandbox died: it used too much time or memory")
        except MontyRuntimeError as error:
            self.line = _line(error) or self.line
            return self._ended("failed", _failure(error))
        if self.finished:
            return Outcome("finished", self.line)
        return self._ended("unfinished", "the plan ended without calling finish(model)")

    def _ended(self, status: Any, message: str) -> Outcome:
        shown = f"{self.plan.name}:{self.line}: {message}"
        # A model that was named stays named, whatever the plan did after.
        return Outcome("finished" if self.finished else status, self.line, shown)

    def _drive(self, sandbox: MontySession) -> None:
        from pydantic_monty import MontyComplete

        snapshot: Any = sandbox.feed_start(self.text, print_callback=self._print)
        while not isinstance(snapshot, MontyComplete):
            snapshot = self._answer(snapshot)
        self._drain()

    def _answer(self, snapshot: Any) -> Any:
        name = str(getattr(snapshot, "function_name", ""))
        if not name.startswith(f"{MODULE}."):
            return snapshot.resume_auto()  # imports; files, names and clocks: refused
        self._drain()  # what was printed before belongs to the line before
        if snapshot.position.filename.startswith("<python-input"):
            self.line = self.text.encode().count(b"\n", 0, snapshot.position.start) + 1
        word = name.removeprefix(f"{MODULE}.")
        try:
            value = self._carry_out(word, snapshot.args, snapshot.kwargs)
        except tuple(FAILURES.values()) as error:
            return snapshot.resume({"exception": error})
        return snapshot.resume({"return_value": value})

    def _carry_out(self, word: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Json:
        if word not in operation_names():
            return self._form(word, args, kwargs)
        arguments = self._bind(word, args, kwargs)
        if word == "say":
            self._say(str(arguments["text"]))
            return None
        if word == "finish" and self.finished:
            raise ValueError("finish(model) is called once, at the end")
        self.on_call(self.line, word, arguments, self.journal.recorded(word, arguments))
        value = self.journal.call(word, arguments, lambda: self._host(word, arguments))
        self.finished = self.finished or word == "finish"
        return value

    def _form(self, word: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        if args:
            raise TypeError(f"{word} takes its arguments by name, e.g. {word}(epochs=3)")
        try:
            return self.vocabulary.form(word)(**kwargs)
        except ConfigError as error:
            raise ValueError(str(error)) from error

    def _bind(self, word: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Json]:
        bound = signature(word).bind(*args, **kwargs)
        bound.apply_defaults()
        try:
            arguments: dict[str, Json] = json.loads(json.dumps(bound.arguments))
        except (TypeError, ValueError) as error:
            raise TypeError(f"{word} takes plain data: {error}") from error
        arguments = {k: v for k, v in arguments.items() if k not in _LATER or v != _LATER[k]}
        for name, value in arguments.items():
            _check_kind(word, signature(word).parameters[name], value)
        if "recipe" in arguments:
            try:
                arguments["recipe"] = self.vocabulary.canonical(str(arguments["recipe"]))
            except ConfigError as error:
                raise ValueError(str(error)) from error
        if "candidates" in arguments:
            arguments["candidates"] = [self._candidate(one) for one in arguments["candidates"]]  # type: ignore[union-attr]
        return arguments

    def _candidate(self, given: Any) -> dict[str, Json]:
        """A candidate of `train_all` as `train` alone would have it in the journal."""
        try:
            return self._bind("train", (), given)
        except TypeError as error:
            raise TypeError(
                f"a candidate of train_all has the arguments of train: {error}"
            ) from error

    def _host(self, word: str, arguments: Mapping[str, Json]) -> Any:
        try:
            return getattr(self.operations, word)(**arguments)
        except OutputError:
            raise
        except UserError as error:
            raise ValueError(str(error)) from error
        except RunError as error:
            raise RuntimeError(str(error)) from error

    def _say(self, text: str) -> None:
        replayed = self.journal.said(text)
        self.on_call(self.line, "say", {"text": text}, replayed)
        if not replayed:
            self.operations.say(text=text)

    def _print(self, _: str, text: str) -> None:
        self.printed.append(text)

    def _drain(self) -> None:
        *lines, rest = "".join(self.printed).split("\n")
        self.printed = [rest] if rest else []
        for line in lines:
            self.said += 1
            if line.strip() and self.said <= _LINES:
                self._say(line)


def _check_kind(word: str, parameter: inspect.Parameter, value: Json) -> None:
    kind = str(parameter.annotation)
    if kind.startswith("Sequence[Mapping"):
        _check_dicts(word, parameter, value)
    elif kind.startswith("Sequence") and not _is_names(value):
        raise TypeError(
            f"`{parameter.name}` of {word} is a list of names such as ['intent']; found {value!r}"
        )
    if kind == "int" and type(value) is not int:
        raise TypeError(f"`{parameter.name}` of {word} is a whole number; found {value!r}")
    if kind == "float" and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise TypeError(f"`{parameter.name}` of {word} is a number; found {value!r}")
    if kind == "str" and not isinstance(value, str):
        raise TypeError(f"`{parameter.name}` of {word} is a text; found {value!r}")
    if kind.startswith("Mapping") and not isinstance(value, dict):
        keys = _KEYS.get(parameter.name, "by task")
        raise TypeError(f"`{parameter.name}` of {word} is a dict {keys}; found {value!r}")


def _check_dicts(word: str, parameter: inspect.Parameter, value: Json) -> None:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise TypeError(
            f"`{parameter.name}` of {word} is a list of dicts such as "
            f"[{{'tasks': ['intent'], 'recipe': Probe()}}]; found {value!r}"
        )


def _is_names(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _line(error: MontyRuntimeError) -> int:
    frames = [f for f in error.traceback() if f.filename.startswith("<python-input")]
    return frames[-1].line if frames else 0


def _failure(error: MontyRuntimeError) -> str:
    shown = error.display("type-msg")
    if "time limit exceeded" in shown:
        return (
            "the plan computed too long between two operations (does it loop for ever?): "
            f"{shown.partition(': ')[2]}"
        )
    if "memory limit exceeded" in shown:
        return f"the plan's values take too much memory: {shown.partition(': ')[2]}"
    if "suspension limit" in shown:
        return f"the plan called more operations and recipes than it may: {shown.split()[-2]}"
    return shown


__all__ = ["Limits", "OnCall", "OutOfTime", "Outcome", "PlanError", "run"]
