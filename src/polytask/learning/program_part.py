"""A program as a part of a model: it answers its task by asking the other parts."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from polytask._catalogue import Spec
from polytask._errors import ConfigError, DataError, ModelError
from polytask.learning.part import Part
from polytask.learning.part_files import (
    PART_FILE,
    read_json,
    read_part_json,
    tasks_from_json,
    write_json,
    write_part_json,
    write_text,
)
from polytask.learning.program_asking import Asking
from polytask.learning.program_scores import score, stacked
from polytask.planning.programs import Code, Doors, Program, RowBudget, run
from polytask.planning.programs.advising import Adviser

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from polytask.evaluation.prediction import Scores
    from polytask.learning.model import Model
    from polytask.planning.programs import Answered
    from polytask.planning.programs.values import Row
    from polytask.tasks.task import Inputs, Task

KIND = "ProgramPart"
_TEXT, _CODES, _ASKED = "program.py", "code", "asked.json"


class ProgramPart(Part):
    """A task program, and the model whose tasks it asks.

    Nothing is learned in it. Its scores are made from what the program returns, so that it is
    calibrated, abstains, and is measured like any head (`program_scores.score`).

    Args:
        task: The task it answers.
        program: The program, checked.
        budget: Of one row.
        model: Who answers its calls; `None` until it stands in one.
        adviser: The language model that it may ask; by default there is none.
    """

    def __init__(
        self,
        task: Task,
        program: Program,
        budget: RowBudget | None = None,
        model: Model | None = None,
        adviser: Adviser | None = None,
    ) -> None:
        self.task = task
        self.tasks = {task.name: task}
        self.program = program
        self.budget = budget or RowBudget()
        self.model = model
        self.adviser = adviser or Adviser()
        self.recipe = str(Spec("Program", {"file": program.file}))

    @property
    def parameters(self) -> int:
        """None of its own."""
        return 0

    @property
    def bytes(self) -> int:
        """Those of its text, and of its code."""
        texts = [self.program.text, *(code.text for code in self.program.codes)]
        return sum(len(text.encode()) for text in texts)

    def bound(self, model: Model) -> ProgramPart:
        """The same program, answered by `model`.

        Raises:
            ConfigError: The model lacks a task that the program calls.
        """
        for name in self.program.calls:
            if name not in model.routing:
                raise ConfigError(
                    f"The program {self.task.name!r} calls {name!r}, which this model does not "
                    f"answer; it answers {', '.join(model.routing)}"
                )
        return ProgramPart(self.task, self.program, self.budget, model, self.adviser)

    def advised(self, adviser: Adviser) -> ProgramPart:
        """The same program, with a language model to ask."""
        return ProgramPart(self.task, self.program, self.budget, self.model, adviser)

    def answers(self, rows: Sequence[Row], *, trace: bool = False) -> list[Answered]:
        """What the program returns for rows, each a dict by input column.

        What is no answer of the task counts as none, with the reason.

        Raises:
            ConfigError: It stands in no model.
        """
        if self.model is None:
            raise ConfigError(f"The program {self.task.name!r} stands in no model that answers it")
        doors = Doors(Asking(self.model, self.program.calls), self.adviser)
        found = run(self.program, rows, doors, budget=self.budget, trace=trace)
        return [self._checked(answer) for answer in found]

    def scores(self, inputs: Inputs, tasks: Sequence[str]) -> dict[str, Scores]:
        """Scores from what the program returns; see `program_scores.score`."""
        return dict.fromkeys(tasks, self.scored(self.answers(rows_of(inputs))))

    def scored(self, answers: Sequence[Answered]) -> np.ndarray:
        """The scores of answers; where the task has no target, what was returned."""
        if self.task.kind == "program":
            values = np.empty(len(answers), dtype=object)
            values[:] = [answer.value for answer in answers]
            return values
        return stacked(self.task, [score(self.task, answer.value) for answer in answers])

    def _checked(self, answer: Answered) -> Answered:
        try:
            if self.task.kind != "program":
                score(self.task, answer.value)
        except DataError as error:
            return replace(answer, value=None, reason=str(error))
        return answer

    def save(self, folder: Path, *, complete: bool = True) -> None:
        """Write `part.json`, the texts of the program and of its code, what a model answered it."""
        del complete
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / _TEXT, self.program.text)
        for code in self.program.codes:
            (folder / _CODES).mkdir(exist_ok=True)
            write_text(folder / _CODES / code.file, code.text)
        content: dict[str, Any] = {
            "function": self.program.function,
            "file": self.program.file,
            "calls": list(self.program.tasks),
            "budget": asdict(self.budget),
        }
        if self.program.codes:
            content["codes"] = {code.file: code.digest for code in self.program.codes}
        if self.program.asks:
            content["asks"] = self.adviser.model
            self.save_asked(folder)
        write_part_json(folder, KIND, self, content)

    def save_asked(self, folder: Path) -> None:
        """Write what a language model answered, by a hash of each prompt, if the program asks."""
        if self.program.asks:
            answers = dict(sorted(self.adviser.known.items()))
            write_json(folder / _ASKED, {"answers": answers})

    @classmethod
    def load(cls, folder: Path) -> ProgramPart:
        """Read what `save` wrote; the program runs later, when it is asked, and in its sandbox.

        Raises:
            ModelError: Something missing, damaged, foreign or newer.
        """
        content = read_part_json(folder, KIND)
        tasks = tasks_from_json(content.get("tasks"), folder / PART_FILE)
        try:
            text = (folder / _TEXT).read_text(encoding="utf-8")
            calls = tuple(str(name) for name in content["calls"])
            codes = _codes(folder, dict(content.get("codes", {})))
            program = Program(
                str(content["function"]), text, calls, str(content["file"]), codes=codes
            )
            (task,) = tasks.values()
            budget = RowBudget(**content["budget"])
            return cls(task, program, budget, adviser=_adviser(folder, content.get("asks")))
        except (OSError, KeyError, TypeError, ValueError, ConfigError) as error:
            raise ModelError(
                f"{folder}: the files do not fit together ({error}); copy the model again"
            ) from error


def _codes(folder: Path, digests: dict[str, str]) -> tuple[Code, ...]:
    """The files of code in a saved part, each with the hash that it was saved with."""
    found = []
    for name, digest in digests.items():
        if PurePath(name).name != name:
            raise ValueError(f"{name!r} is no plain name of a file")
        code = Code(name, (folder / _CODES / name).read_text(encoding="utf-8"))
        if code.digest != digest:
            raise ValueError(f"{name} has changed since the model was saved")
        found.append(code)
    return tuple(found)


def _adviser(folder: Path, model: str | None) -> Adviser:
    """What a language model has answered the program, with nobody to ask any more."""
    if model is None:
        return Adviser()
    answers = read_json(folder / _ASKED)["answers"]
    known = {str(key): str(text) for key, text in answers.items()}
    return Adviser(
        model,
        known,
        missing=f"the language model {model} has not answered this before, and is not there to ask",
    )


def rows_of(inputs: Inputs) -> list[Row]:
    """The rows of `inputs`, each a dict by column."""
    names = [column.name for column in inputs.columns]
    cells = zip(*(inputs.values[name] for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in cells]
