"""Run a task program over rows: each in a session of its own, their calls answered together.

A row's program runs until it asks a task, and waits there while others run. When all that are
under way wait, what they ask of one task is answered in one call, so an encoder sees batches.
A row that breaks its budget or raises has no answer and says why; the other rows go on.
"""

from __future__ import annotations

import contextlib
from collections import deque
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from polytask._catalogue import nearest
from polytask._errors import ConfigError, UserError
from polytask.planning.programs.sandbox import MODULE, WORD, checkout, pool
from polytask.planning.programs.values import Images, brief, key_of, plain, told

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Mapping, Sequence

    from pydantic_monty import Monty, MontyRuntimeError, MontySession

    from polytask.planning.programs.program import Program
    from polytask.planning.programs.values import Json, Predict, Row

_LINES = 100  # printed lines of a row that its trace keeps
_CALL = "{}(__row__)"


@dataclass(frozen=True)
class RowBudget:
    """What a program may use for one row.

    Args:
        seconds: Of computing in the sandbox; what the tasks take does not count.
        calls: Of tasks and other programs.
        memory: Bytes of its values.
        recursion: Depth of its own functions.

    Raises:
        ConfigError: A value that is not above 0.
    """

    seconds: float = 5.0
    calls: int = 1000
    memory: int = 64 * 2**20
    recursion: int = 1000

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if value <= 0:
                raise ConfigError(f"`{item.name}` of a row's budget is above 0; found {value!r}")

    @property
    def limits(self) -> dict[str, float]:
        """The same as limits of the sandbox, which counts imports among the calls."""
        return {
            "max_turn_duration_secs": self.seconds,
            "max_feed_duration_secs": self.seconds,
            "max_memory": self.memory,
            "max_recursion_depth": self.recursion,
            "max_suspensions": self.calls + 100,
        }


@dataclass(frozen=True)
class Step:
    """What a program did on its way to an answer.

    Args:
        line: Line of the program; 0 where it is not known.
        word: "predict" or "print".
        task: What was asked; "" for print.
        given: What it was asked for; an image is shown by its name.
        answer: What came back: the answer, or {"error": text}; the text that was printed.
    """

    line: int
    word: str
    task: str
    given: Json
    answer: Json

    def __str__(self) -> str:
        """One line for a person."""
        if self.word == "print":
            return f"print: {self.answer}"
        call = f"{self.word}({self.task!r}, {brief(self.given)})"
        return f"line {self.line}: {call} → {told(self.answer)}"


@dataclass(frozen=True)
class Answered:
    """What a program returned for a row.

    Args:
        value: Plain data; `None` where it is not sure, or has no answer.
        reason: Why there is none: the error, or the part of the budget that was used up; "" where
            the program returned in order.
        calls: How often it asked a task or a program.
        steps: Its trace, where one was kept.
    """

    value: Json
    reason: str = ""
    calls: int = 0
    steps: tuple[Step, ...] = ()

    def lines(self) -> list[str]:
        """The trace for a person: a line a step, and what came of it."""
        end = f"no answer: {self.reason}" if self.reason else f"returned {brief(self.value)}"
        return [*map(str, self.steps), end]


def run(
    program: Program,
    rows: Sequence[Row],
    predict: Predict,
    *,
    budget: RowBudget | None = None,
    together: int = 32,
    trace: bool = False,
) -> list[Answered]:
    """Answer rows by a program.

    The same rows give the same answers, in whatever order and number: a row's session is fresh, so
    nothing of an earlier row is left in it (what an answer may depend on is the row, or it could be
    neither evaluated nor replayed); clocks stand still and `random` has one seed.

    Args:
        program: A program that was checked.
        rows: By column a value a row: text, lists, numbers, images (bytes or a path). An image
            stays outside: the program gets a name for it, to be given to a task.
        predict: Answers a task for rows. It is asked once for inputs that are equal.
        budget: Of one row.
        together: How many rows are under way at once.
        trace: Keep the steps of every row.

    Returns:
        An answer a row.
    """
    budget = budget or RowBudget()
    queue = deque(enumerate(rows))
    found: dict[int, Answered] = {}
    live: dict[int, _Live] = {}
    memo: dict[str, Json | Exception] = {}
    with pool(max(1, min(together, len(rows)))) as opened:
        while queue or live:
            while queue and len(live) < together:
                number, row = queue.popleft()
                live[number] = _Live(program, row, budget, trace, opened)
            _ask(predict, live.values(), memo)
            for number, one in list(live.items()):
                one.advance(memo)
                if one.answered is not None:
                    found[number] = live.pop(number).answered  # type: ignore[assignment]
    return [found[number] for number in range(len(rows))]


def _ask(predict: Predict, live: Collection[_Live], memo: dict[str, Json | Exception]) -> None:
    """Have what is waited for answered: one call a task, each input once."""
    wanted: dict[str, dict[str, Any]] = {}
    for one in live:
        if one.asked is not None and one.asked.key not in memo:
            wanted.setdefault(one.asked.task, {})[one.asked.key] = one.asked.value
    for task, values in wanted.items():
        memo.update(zip(values, _answers(predict, task, list(values.values())), strict=True))


def _answers(predict: Predict, task: str, values: list[Any]) -> list[Json | Exception]:
    """Answers of a task; where one row cannot be asked, the error stands in its place."""
    try:
        return list(predict(task, values))
    except (UserError, ValueError, TypeError, LookupError) as error:
        if len(values) == 1:
            return [error]
    return [answer for value in values for answer in _answers(predict, task, [value])]


@dataclass(frozen=True)
class _Asked:
    """A call that waits for its answer."""

    task: str
    value: Any
    key: str


class _OverBudgetError(Exception):
    """The row has used up its calls."""


@dataclass
class _Live:
    """A row that is being answered."""

    program: Program
    row: Row
    budget: RowBudget
    trace: bool
    opened: Monty
    asked: _Asked | None = None
    answered: Answered | None = None
    calls: int = 0
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._images = Images(self.row)
        self._session = contextlib.ExitStack()
        self._run = self._drive()
        self._send(None)

    def advance(self, memo: Mapping[str, Json | Exception]) -> None:
        """Go on as far as there are answers."""
        while self.asked is not None and self.asked.key in memo:
            self._send(memo[self.asked.key])

    def _send(self, answer: Json | Exception) -> None:
        from pydantic_monty import MontyCrashedError, MontyError, MontyRuntimeError

        self.asked = None
        try:
            self.asked = self._run.send(answer)
        except StopIteration as end:
            self._end(end.value)
        except _OverBudgetError as error:
            self._end(None, str(error))
        except MontyCrashedError:
            self._end(None, "the sandbox died: the row took too much time or memory")
        except MontyRuntimeError as error:
            self._end(None, _reason(self.program, self.budget, error))
        except MontyError as error:  # a value that cannot leave the sandbox
            self._end(None, f"{self.program.file}: {error}")

    def _end(self, value: Any, reason: str = "") -> None:
        self._session.close()
        try:
            value = plain(value)
        except (TypeError, ValueError) as error:
            value, reason = None, f"{self.program.function} returned what is no plain data: {error}"
        self.answered = Answered(value, reason, self.calls, tuple(self.steps))

    def _drive(self) -> Generator[_Asked, Json | Exception, Any]:
        """The program from start to end; gives out its calls and takes their answers."""
        sandbox = self._session.enter_context(checkout(self.opened, self.budget.limits))
        yield from self._feed(sandbox, self.program.text, {})
        call = _CALL.format(self.program.function)
        return (yield from self._feed(sandbox, call, {"__row__": self._images.hidden}))

    def _feed(
        self, sandbox: MontySession, code: str, inputs: dict[str, Any]
    ) -> Generator[_Asked, Json | Exception, Any]:
        from pydantic_monty import MontyComplete

        snapshot: Any = sandbox.feed_start(code, inputs=inputs, print_callback=self._print)
        while not isinstance(snapshot, MontyComplete):
            if getattr(snapshot, "function_name", "") != f"{MODULE}.{WORD}":
                snapshot = snapshot.resume_auto()  # imports; files and names: refused
                continue
            answer = yield from self._call(snapshot)
            kind = "exception" if isinstance(answer, Exception) else "return_value"
            snapshot = snapshot.resume({kind: answer})
        return snapshot.output

    def _call(self, snapshot: Any) -> Generator[_Asked, Json | Exception, Json | Exception]:
        if self.calls == self.budget.calls:
            raise _OverBudgetError(f"the {self.budget.calls:,} calls of a row are used up")
        self.calls += 1
        try:
            asked = self._bind(*snapshot.args, **snapshot.kwargs)
        except (TypeError, ValueError) as error:
            return error
        answer = yield asked
        if isinstance(answer, Exception):
            answer = ValueError(str(answer))
        if self.trace:
            given = self._images.hide(asked.value)
            shown: Json = {"error": str(answer)} if isinstance(answer, Exception) else answer
            self.steps.append(Step(self._line(snapshot), WORD, asked.task, given, shown))
        return answer

    def _bind(self, task: str, row: Any) -> _Asked:
        if task not in self.program.tasks:
            raise ValueError(f"predict({task!r}, …): {nearest(str(task), self.program.tasks)}")
        value = self._images.shown(row)
        return _Asked(task, value, key_of(task, value))

    def _line(self, snapshot: Any) -> int:
        place = snapshot.position
        if not place.filename.startswith("<python-input-0"):
            return 0
        return self.program.text.encode().count(b"\n", 0, place.start) + 1

    def _print(self, _: str, text: str) -> None:
        if self.trace and text.strip() and len(self.steps) < _LINES:
            self.steps.append(Step(0, "print", "", None, text.rstrip("\n")))


def _reason(program: Program, budget: RowBudget, error: MontyRuntimeError) -> str:
    shown = error.display("type-msg")
    if "time limit exceeded" in shown:
        return f"the {budget.seconds:g} seconds of computing of a row are used up"
    if "memory limit exceeded" in shown:
        return f"the {budget.memory:,} bytes of a row are used up"
    frames = [frame for frame in error.traceback() if frame.filename == "<python-input-0>"]
    line = f":{frames[-1].line}" if frames else ""
    return f"{program.file}{line}: {shown}"
