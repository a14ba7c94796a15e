"""A model: parts, and for each task the part that answers it. Saved as one folder, without pickle.

The folder holds `model.json` (tasks, routing, decisions, versions) and one folder a part.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from polytask._durable import publish
from polytask._errors import ConfigError, ModelError, OutputError
from polytask.evaluation.decisions import decide
from polytask.evaluation.prediction import Decisions
from polytask.learning.part_files import (
    load_part,
    read_json,
    tasks_from_json,
    tasks_to_json,
    write_json,
)
from polytask.learning.plain_rows import records, usable_cells
from polytask.learning.program_part import ProgramPart, rows_of
from polytask.tasks import features

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from polytask.evaluation.prediction import Prediction, Scores
    from polytask.learning.part import Part
    from polytask.planning.programs import Answered
    from polytask.tasks.task import Column, Inputs, Task

__all__ = ["MODEL_FILE", "Model", "load_part", "merge"]

MODEL_FILE = "model.json"


@dataclass(frozen=True)
class Model:
    """Parts and a routing from task to part.

    Args:
        parts: The parts by a name of your choice, in order.
        routing: By task the name of the part that answers it.
        decisions: By task how scores become answers; a task without takes the defaults.
        tasks: The tasks by name.

    Raises:
        ConfigError: A task has no part, or its part does not know it.
    """

    parts: Mapping[str, Part]
    routing: Mapping[str, str]
    decisions: Mapping[str, Decisions] = field(default_factory=dict)
    tasks: Mapping[str, Task] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for task, name in self.routing.items():
            if name not in self.parts:
                raise ConfigError(f"Task {task!r} is routed to {name!r}, which is no part")
            if task not in self.parts[name].tasks:
                known = ", ".join(self.parts[name].tasks)
                raise ConfigError(f"Part {name!r} does not answer {task!r}; it answers {known}")
        if not self.tasks:
            tasks = {task: self.parts[name].tasks[task] for task, name in self.routing.items()}
            object.__setattr__(self, "tasks", tasks)
        if set(self.tasks) != set(self.routing):
            raise ConfigError("`tasks` and `routing` name different tasks")
        bound = {name: part.bound(self) for name, part in self.parts.items()}
        object.__setattr__(self, "parts", bound)

    def scores(self, inputs: Inputs, tasks: Sequence[str] | None = None) -> dict[str, Scores]:
        """Scores of `tasks` for each row; each part runs once.

        Args:
            inputs: Rows with the input columns of the tasks.
            tasks: Names of tasks; `None` means every task whose input columns `inputs` has.

        Raises:
            ConfigError: An unknown task, or one with other input columns.
        """
        wanted = {name: task.inputs for name, task in self.tasks.items()}
        names = self._fitting(inputs.values, wanted) if tasks is None else list(tasks)
        groups: dict[tuple[str, tuple[Any, ...]], list[str]] = {}
        for name in names:
            self._check(name, inputs.values, wanted)
            groups.setdefault((self.routing[name], self.tasks[name].inputs), []).append(name)
        found: dict[str, Scores] = {}
        for (part, columns), group in groups.items():
            given = type(inputs)(columns, inputs.values)
            found |= self.parts[part].scores(given, group)
        return {name: found[name] for name in names}

    def predict(self, inputs: Inputs, tasks: Sequence[str] | None = None) -> dict[str, Prediction]:
        """Answers of `tasks` for each row; arguments and errors as in `scores`."""
        found = self.scores(inputs, tasks)
        return {
            name: decide(self.tasks[name], scores, self.decisions.get(name, Decisions()))
            for name, scores in found.items()
        }

    def traced(self, inputs: Inputs, task: str) -> tuple[Prediction, list[Answered]]:
        """As `predict` for a task that a program answers, with what the program did for each row.

        Raises:
            ConfigError: An unknown task, one with other columns, or one that no program answers.
        """
        self._check(task, inputs.values, {name: one.inputs for name, one in self.tasks.items()})
        part = self.parts[self.routing[task]]
        if not isinstance(part, ProgramPart):
            programs = [
                n for n, p in self.routing.items() if isinstance(self.parts[p], ProgramPart)
            ]
            raise ConfigError(
                f"Task {task!r} is answered in one step, by {part.recipe}; a trace is there for "
                f"tasks that a program answers: {', '.join(programs) or 'this model has none'}"
            )
        found = part.answers(rows_of(inputs), trace=True)
        decisions = self.decisions.get(task, Decisions())
        return decide(self.tasks[task], part.scored(found), decisions), found

    def answer(
        self,
        rows: Any,
        tasks: Sequence[str] | None = None,
        *,
        abstain: bool = False,
    ) -> list[dict[str, Any]]:
        """Answers for plain rows, `{task: answer}` a row.

        Args:
            rows: Dicts with the input columns of the tasks, one dict alone, or a polars or pandas
                frame. Cells are text, tokens (a list, or text with spaces), or an image as encoded
                bytes or a path.
            tasks: Names of tasks; `None` means every task whose columns the first row has.
            abstain: Give `None` where the model is not sure.

        Returns:
            A dict a row. An answer is `None` where the row has no usable input: a missing or blank
            text, no tokens, an image that cannot be read. A row that has one of several texts is
            answered by it.

        Raises:
            ConfigError: No task fits the rows, a row lacks a column, or `rows` is something else.
            DataError: A column holds neither text, lists nor images.
        """
        rows = records(rows)
        if not rows:
            return []
        brought = {name: task.brought for name, task in self.tasks.items()}
        names = self._fitting(rows[0], brought) if tasks is None else list(tasks)
        for name in names:
            self._check(name, rows[0], brought)
        found: list[dict[str, Any]] = [dict.fromkeys(names) for _ in rows]
        for columns in dict.fromkeys(self.tasks[name].inputs for name in names):
            group = [name for name in names if self.tasks[name].inputs == columns]
            given = usable_cells(rows, columns)
            answers = self.predict(given.inputs, group) if given.index else {}
            for name, answer in answers.items():
                for row, label, sure in zip(given.index, answer.labels, answer.sure, strict=True):
                    known = label != "" and (sure or not abstain)  # "": a program had no answer
                    found[row][name] = label if known else None
        return found

    def merged(self) -> Model:
        """The same answers from fewer parts: those over one frozen encoder become one."""
        parts, routing = merge(self.parts, self.routing)
        return Model(parts, routing, self.decisions, self.tasks)

    @property
    def parameters(self) -> int:
        """How many numbers all parts hold."""
        return sum(part.parameters for part in self.parts.values())

    @property
    def bytes(self) -> int:
        """How many bytes all parts take, nearly."""
        return sum(part.bytes for part in self.parts.values())

    def summary(self) -> dict[str, Any]:
        """Parameters and bytes of the whole, and by part its recipe, tasks, parameters, bytes."""
        return {
            "parameters": self.parameters,
            "bytes": self.bytes,
            "parts": {
                name: {
                    "recipe": part.recipe,
                    "tasks": [task for task, routed in self.routing.items() if routed == name],
                    "parameters": part.parameters,
                    "bytes": part.bytes,
                }
                for name, part in self.parts.items()
            },
        }

    def latency(
        self, inputs: Inputs, tasks: Sequence[str] | None = None, *, batch: int = 1
    ) -> float:
        """Measured milliseconds a row for the answers of `tasks`, `batch` rows at a time.

        The median over at most 16 batches of `inputs`, after one that warms up; NaN without rows.
        Inputs that code makes are made again, as they are of new rows.
        """
        count = len(inputs)
        if count == 0:
            return float("nan")
        starts = range(0, max(1, count - batch + 1), batch)
        batches = [inputs.take(range(s, min(s + batch, count))) for s in list(starts)[:16]]
        self.predict(batches[0], tasks)
        spent = []
        for rows in batches:
            begun = time.perf_counter()
            features.remade(rows)
            self.predict(rows, tasks)
            spent.append((time.perf_counter() - begun) * 1000 / len(rows))
        return float(np.median(spent))

    def save(self, folder: Path) -> None:
        """Write the model into the new folder `folder`, whole or not at all.

        Raises:
            OutputError: `folder` exists.
        """
        if folder.exists():
            raise OutputError(f"{folder} exists and was not touched: choose another folder")
        temporary = folder.with_name(f"{folder.name}.tmp")
        shutil.rmtree(temporary, ignore_errors=True)
        try:
            self._write(temporary)
            publish(temporary, folder)
        except OSError:
            shutil.rmtree(temporary, ignore_errors=True)
            raise

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Read what `save` wrote; runs no code from the folder.

        Raises:
            ModelError: A file is missing, damaged, foreign or of a newer format.
        """
        path = folder / MODEL_FILE
        content = read_json(path)
        try:
            parts = {name: str(place) for name, place in content["parts"].items()}
            routing = {str(task): str(name) for task, name in content["routing"].items()}
            decisions = {n: _decisions(value) for n, value in content["decisions"].items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(
                f"{path}: damaged or foreign ({error}); copy the model again"
            ) from error
        tasks = tasks_from_json(content.get("tasks"), path)
        loaded = {name: load_part(_inside(folder, place, path)) for name, place in parts.items()}
        try:
            return cls(loaded, routing, decisions, tasks)
        except ConfigError as error:
            raise ModelError(f"{path}: does not fit its parts ({error})") from error

    def _write(self, folder: Path) -> None:
        places = {name: f"parts/{number}" for number, name in enumerate(self.parts)}
        for name, place in places.items():
            (folder / place).mkdir(parents=True)
            self.parts[name].save(folder / place)
        content = {
            "parts": places,
            "routing": dict(self.routing),
            "tasks": tasks_to_json(self.tasks),
            "decisions": {name: asdict(value) for name, value in self.decisions.items()},
            "versions": _versions(),
        }
        write_json(folder / MODEL_FILE, content)

    def _fitting(
        self, columns: Mapping[str, Any], wanted: Mapping[str, Sequence[Column]]
    ) -> list[str]:
        """The tasks that have all the columns they want."""
        found = [
            name for name in self.tasks if all(column.name in columns for column in wanted[name])
        ]
        if not found:
            read = sorted({column.name for name in self.tasks for column in wanted[name]})
            raise ConfigError(
                f"No task fits these columns ({', '.join(columns)}); "
                f"the model reads {', '.join(read)}"
            )
        return found

    def _check(
        self, name: str, columns: Mapping[str, Any], wanted: Mapping[str, Sequence[Column]]
    ) -> None:
        if name not in self.tasks:
            from polytask._catalogue import nearest

            raise ConfigError(f"The model has no task {name!r}: {nearest(name, self.tasks)}")
        for column in wanted[name]:
            if column.name not in columns:
                raise ConfigError(
                    f"Task {name!r} needs the column {column.name!r}; found {', '.join(columns)}"
                )


def merge(
    parts: Mapping[str, Part], routing: Mapping[str, str]
) -> tuple[dict[str, Part], dict[str, str]]:
    """Parts over one frozen encoder become one part; what nothing is routed to is left out.

    Args:
        parts: Parts by name.
        routing: By task the name of the part that answers it.

    Returns:
        The parts that remain, each under the name of the first that went into it, and the routing.
    """
    wanted: dict[str, list[str]] = {}
    for task, name in routing.items():
        wanted.setdefault(name, []).append(task)
    kept = {name: part.only(wanted[name]) for name, part in parts.items() if name in wanted}
    neural = [part for part in kept.values() if hasattr(part, "encoder")]
    if len(neural) < 2:
        return kept, dict(routing)
    from polytask.learning.neural_part import merge as join

    found = {name: part for name, part in kept.items() if not hasattr(part, "encoder")}
    for part in join(neural):  # type: ignore[arg-type]
        found[next(name for name in kept if routing[next(iter(part.tasks))] == name)] = part
    order = [name for name in kept if name in found]
    answered = {task: name for name in order for task in found[name].tasks}
    return {name: found[name] for name in order}, {task: answered[task] for task in routing}


def _decisions(value: Mapping[str, Any]) -> Decisions:
    plain = {name: float(value[name]) for name in ("temperature", "sure_from", "error_rate")}
    return Decisions(thresholds=tuple(float(v) for v in value["thresholds"]), **plain)


def _inside(folder: Path, place: str, path: Path) -> Path:
    """The folder of a part; refuses one that leads out of the model's folder."""
    found = folder / place
    if not found.resolve().is_relative_to(folder.resolve()):
        raise ModelError(f"{path}: the part {place!r} lies outside of the model's folder")
    return found


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("polytask", "numpy", "scikit-learn", "torch", "transformers"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # a model without neural parts is read without torch
    return found
