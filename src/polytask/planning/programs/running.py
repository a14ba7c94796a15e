"""Run a task program over rows: each in a session of its own, their calls answered together.

A row's program runs until it asks a task, a language model or code, and waits there while others
run. When all that are under way wait, what they ask of one task is answered in one call, so an
encoder sees batches, and what they ask of one file of code in one process.
A row that breaks its budget or raises has no answer and says why; the other rows go on.
"""

from __future__ import annotations

import contextlib
import inspect
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from polytask._catalogue import nearest
from polytask._errors import UserError
from polytask.planning.programs.budget import RowBudget
from polytask.planning.programs.coding import Coding
from polytask.planning.programs.sandbox import ASK, CODE, MODULE, PREDICT, WORDS, checkout, pool
from polytask.planning.programs.trace import Answered, Step
from polytask.planning.programs.values import Images, key_of, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping, Sequence

    from pydantic_monty import Monty, MontyRuntimeError, MontySession

    from polytask.planning.programs.program import Program
    from polytask.planning.programs.values import Ask, Json, Predict, Row

_LINES = 100  # printed lines of a row that its trace keeps
_CALL = "{}(__row__)"
_FUNCTIONS = {f"{MODULE}.{word}": word for word in WORDS}


@dataclass(frozen=True)
class Doors:
    """Who answers what a program asks for outside of its sandbox.

    Args:
        predict: Answers a task for rows. It is asked once for inputs that are equal.
        ask: Answers prompts by a language model; `None` where there is none.
    """

    predict: Predict
    ask: Ask | None = None


def run(
    program: Program,
    rows: Sequence[Row],
    doors: Doors,
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
        rows: By column a value a row: text, lists, numbers (also of numpy or polars), images (bytes
            or a path). An image stays outside: the program gets a name for it, to be given to a
            task.
        doors: Who answers what it asks for. Code of its own is run here, in isolation.
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
    with (
        pool(max(1, min(together, len(rows)))) as opened,
        Coding(program.codes, budget.code) as coding,
    ):
        who: dict[str, Predict] = {PREDICT: doors.predict, ASK: _by_model(doors.ask), CODE: coding}
        while queue or live:
            while queue and len(live) < together:
                number, row = queue.popleft()
                live[number] = _Live(program, row, budget, trace, opened)
            _ask(who, live.values(), memo)
            for number, one in list(live.items()):
                one.advance(memo)
                if one.answered is not None:
                    found[number] = live.pop(number).answered  # type: ignore[assignment]
    return [found[number] for number in range(len(rows))]


def _by_model(ask: Ask | None) -> Predict:
    """Answers questions, or says that there is nobody to answer them."""

    def answer(_: str, prompts: Sequence[Any]) -> Sequence[Json | Exception]:
        if ask is None:
            return [ValueError("there is no language model to ask (--llm)")] * len(prompts)
        return list(ask(prompts))

    return answer


def _ask(
    who: Mapping[str, Predict], live: Collection[_Live], memo: dict[str, Json | Exception]
) -> None:
    """Have what is waited for answered: one call a task or file, each input once."""
    wanted: dict[tuple[str, str], dict[str, Any]] = {}
    for one in live:
        if one.asked is not None and one.asked.key not in memo:
            values = wanted.setdefault((one.asked.word, one.asked.about), {})
            values[one.asked.key] = one.asked.value
    for (word, about), values in wanted.items():
        found = _answers(who[word], about, list(values.values()))
        memo.update(zip(values, found, strict=True))


def _answers(answer: Predict, about: str, values: list[Any]) -> list[Json | Exception]:
    """Answers to what is asked; where one value cannot be, the error stands in its place."""
    try:
        return list(answer(about, values))
    except (UserError, ValueError, TypeError, LookupError, RecursionError) as error:
        if len(values) == 1:
            return [error]
    return [found for value in values for found in _answers(answer, about, [value])]


@dataclass(frozen=True)
class _Asked:
    """A call that waits for its answer."""

    word: str
    about: str
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
        except (TypeError, ValueError, RecursionError) as error:
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
            word = _FUNCTIONS.get(getattr(snapshot, "function_name", ""))
            if word is None:
                snapshot = snapshot.resume_auto()  # imports; files and names: refused
                continue
            answer = yield from self._call(word, snapshot)
            kind = "exception" if isinstance(answer, Exception) else "return_value"
            snapshot = snapshot.resume({kind: answer})
        return snapshot.output

    def _call(
        self, word: str, snapshot: Any
    ) -> Generator[_Asked, Json | Exception, Json | Exception]:
        if self.calls == self.budget.calls:
            raise _OverBudgetError(f"the {self.budget.calls:,} calls of a row are used up")
        self.calls += 1
        bind: dict[str, Callable[..., _Asked]]
        bind = {PREDICT: self._task, ASK: self._question, CODE: self._code}
        try:
            inspect.signature(bind[word]).bind(*snapshot.args, **snapshot.kwargs)
        except TypeError as error:
            return TypeError(f"{word}(…): {error}")
        try:
            asked = bind[word](*snapshot.args, **snapshot.kwargs)
        except RecursionError:
            return ValueError(f"{word}(…) is given a value that is nested too deeply")
        except (TypeError, ValueError) as error:
            return error
        answer = yield asked
        if isinstance(answer, Exception):
            answer = ValueError(str(answer))
        if self.trace:
            given = self._images.hide(asked.value)
            shown: Json = {"error": str(answer)} if isinstance(answer, Exception) else answer
            self.steps.append(Step(self._line(snapshot), word, asked.about, given, shown))
        return answer

    def _task(self, task: str, row: Any) -> _Asked:
        if task not in self.program.tasks:
            raise ValueError(f"predict({task!r}, …): {nearest(str(task), self.program.tasks)}")
        value = self._images.shown(row)
        return _Asked(PREDICT, task, value, key_of(PREDICT, task, value))

    def _question(self, prompt: str) -> _Asked:
        if not isinstance(prompt, str) or not prompt.strip():
            raise TypeError(f"ask(prompt) takes a text that is not blank; found {prompt!r:.80}")
        return _Asked(ASK, "", prompt, key_of(ASK, "", prompt))

    def _code(self, file: str, inputs: Any) -> _Asked:
        known = [code.file for code in self.program.codes]
        if file not in known:
            raise ValueError(f"run_code({file!r}, …): {nearest(str(file), known)}")
        return _Asked(CODE, file, plain(inputs), key_of(CODE, file, plain(inputs)))

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
