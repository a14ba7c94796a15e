"""Run a job on a model, and hold every step of it against the independent simulator."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from importlib import resources
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from polytask._errors import RunError
from polytask.planning.programs import Doors, Program, RowBudget, run
from polytask.universal.simulator import Simulator
from polytask.universal.teaching import QUESTION, TASKS, asked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from polytask.learning.model import Model
    from polytask.universal.jobs import Job

_SECONDS = 600.0  # of computing in the sandbox; the longest job takes 2
_MEMORY = 1024 * 2**20


@dataclass(frozen=True)
class Driven:
    """A run in which the model-driven machine and the simulator did the same at every step.

    Args:
        steps: How many steps, each compared.
        questions: How often the model was asked for an entry.
        first: SHA-256 of the first tape, its symbols one a line.
        last: The same of the last tape, from the first to the last cell that is not blank.
        word: The word that the last tape stands for.
        seconds: How long the model-driven run took.
    """

    steps: int
    questions: int
    first: str
    last: str
    word: list[int]
    seconds: float


def drive(job: Job, model: Model, *, tell: Callable[[int, int], None] | None = None) -> Driven:
    """Run `job` with a model that was checked (`teaching.check`).

    Args:
        job: The machine and its tape.
        model: Answers `TASKS`.
        tell: Told how many steps are done, and of how many.

    Raises:
        RunError: A step, the last tape or its meaning is other than it must be.
    """
    tape, head = job.system.tape(job.first)
    simulator = Simulator(job.machine, tape, head)
    steps = sum(1 for _ in simulator.steps())
    answers = _Answers(model, tell or _quiet, steps)
    row = {
        "tape": tape,
        "head": head,
        "start": job.machine.start,
        "blank": job.machine.blank,
        "question": QUESTION,
        "live": job.live,
    }
    calls = len(TASKS) * (steps + 1 if job.live else len(job.machine.entries()))
    budget = RowBudget(seconds=_SECONDS, calls=calls, memory=_MEMORY)
    begun = time.perf_counter()
    answered = run(program(), [row], Doors(answers), budget=budget)[0]
    seconds = time.perf_counter() - begun
    done: Any = answered.value
    if done is None:
        raise RunError(f"{job.name}: the model-driven run did not end: {answered.reason}")
    _compare(job, done, tape, head)
    last = _without_blanks(done["tape"], job.machine.blank)
    if last != simulator.written():
        raise RunError(f"{job.name}: after {steps:,} equal steps the tapes differ")
    word, right = job.system.word(last), job.system.run(job.first)[-1]
    if word != right:
        raise RunError(f"{job.name}: the last tape stands for {word}, the system ends in {right}")
    return Driven(steps, answers.questions, _digest(tape), _digest(last), word, seconds)


def program() -> Program:
    """The task program `turing.py`."""
    text = (resources.files("polytask.universal") / "turing.py").read_text(encoding="utf-8")
    return Program("turing", text, TASKS, "turing.py")


@dataclass
class _Answers:
    """Answers the three tasks; a question that all three get is one pass of the model."""

    model: Model
    tell: Callable[[int, int], None]
    steps: int
    questions: int = 0
    rows: Sequence[Any] = ()
    found: dict[str, list[Any]] = field(default_factory=dict)

    def __call__(self, task: str, rows: Sequence[Any]) -> list[Any]:
        if rows != self.rows:
            predicted = self.model.predict(asked([row["text"] for row in rows]), TASKS)
            self.found = {name: [{"label": x} for x in predicted[name].labels] for name in TASKS}
            self.rows, self.questions = rows, self.questions + len(rows)
            self.tell(min(rows[-1]["step"], self.steps), self.steps)
        return self.found[task]


def _compare(job: Job, done: Mapping[str, Any], tape: Sequence[str], head: int) -> None:
    """Hold state, symbol written and move of every step against a fresh run of the simulator."""
    mine = zip(*(done[name].split() for name in ("states", "written", "moves")), strict=True)
    theirs = (
        (state, entry.write, entry.move)
        for state, entry in Simulator(job.machine, tape, head).steps()
    )
    for number, (one, other) in enumerate(zip_longest(mine, theirs), start=1):
        if one != other:
            raise RunError(
                f"{job.name}, step {number:,}: the model-driven machine did {one}, the simulator "
                f"{other} (state, symbol written, move)"
            )


def _without_blanks(tape: Sequence[str], blank: str) -> list[str]:
    kept = [place for place, symbol in enumerate(tape) if symbol != blank]
    return list(tape[kept[0] : kept[-1] + 1]) if kept else []


def _digest(tape: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(tape).encode()).hexdigest()


def _quiet(*_: object) -> None:
    """Tell nobody."""
