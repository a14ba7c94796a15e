"""How a model answers the calls of a program: inputs from what it gave, answers as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._errors import DataError
from polytask.evaluation.metrics.spans import spans
from polytask.learning.plain_rows import usable_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.evaluation.prediction import Prediction
    from polytask.learning.model import Model
    from polytask.planning.programs.values import Json
    from polytask.tasks.task import Inputs, Task

_NOTHING: Json = {
    "label": None,
    "labels": [],
    "tags": [],
    "spans": [],
    "value": None,
    "probability": 0.0,
    "sure": False,
    "probabilities": {},
}
"""The answer for a row that has no usable input, whatever the kind of the task."""


class Asking:
    """Answers `predict(task, row)` of a program by a model.

    What one part answers on the same inputs is answered in one pass: a program that asks for the
    intent of a row will ask for its slots, and both heads stand on one encoder.

    Args:
        model: Answers.
        calls: The tasks that the program may ask for.
    """

    def __init__(self, model: Model, calls: Sequence[str]) -> None:
        self.model = model
        self.calls = calls
        self._known: dict[tuple[str, str], Json] = {}

    def __call__(self, task: str, values: Sequence[Any]) -> list[Json | Exception]:
        """An answer for each of `values`: dicts by column, or values of the only column."""
        part = self.model.parts[self.model.routing[task]]
        if hasattr(part, "answers"):  # another program
            found = part.answers([_columns(self.model.tasks[task], value) for value in values])
            return [ValueError(one.reason) if one.reason else one.value for one in found]
        wanted = self.model.tasks[task]
        rows = [_columns(wanted, value) for value in values]
        given = usable_cells(rows, wanted.inputs)
        keys = given.inputs.keys() if given.index else []
        self._learn(task, given.inputs, keys)
        answers: list[Json | Exception] = [_NOTHING] * len(rows)
        for place, key in zip(given.index, keys, strict=True):
            answers[place] = self._known[task, key]
        return answers

    def _learn(self, task: str, inputs: Inputs, keys: Sequence[str]) -> None:
        """Have the inputs answered that are not known, for all tasks of the same part on them."""
        fresh = {key: place for place, key in enumerate(keys) if (task, key) not in self._known}
        if not fresh:
            return
        tasks, routing = self.model.tasks, self.model.routing
        together = [
            name
            for name in dict.fromkeys((task, *self.calls))
            if routing[name] == routing[task] and tasks[name].inputs == tasks[task].inputs
        ]
        asked = inputs.take(list(fresh.values()))
        found = self.model.predict(asked, together)
        for name in together:
            for place, key in enumerate(fresh):
                self._known[name, key] = _answer(tasks[name], found[name], asked, place)


def _columns(task: Task, value: Any) -> Mapping[str, Any]:
    """A row for `task`: what the program gave, or that as the value of the only column."""
    row = value if isinstance(value, Mapping) else {task.brought[0].name: value}
    if not isinstance(value, Mapping) and len(task.brought) > 1:
        names = ", ".join(column.name for column in task.brought)
        raise DataError(f"predict({task.name!r}, …) takes a dict with {names}; found {value!r}")
    for column in task.inputs:
        # A text would be read as a path, and a program has no files.
        if column.modality == "image" and not isinstance(row.get(column.name), (bytes, Path)):
            raise DataError(
                f"predict({task.name!r}, …) takes an image of the row for {column.name!r}; found "
                f"{row.get(column.name)!r}"
            )
    return row


def _answer(task: Task, found: Prediction, inputs: Inputs, place: int) -> Json:
    label, sure = found.labels[place], bool(found.sure[place])
    if task.kind == "regression":
        return {"value": float(label), "sure": sure}  # type: ignore[arg-type]
    probability = round(float(found.confidence[place]), 6)
    answer: dict[str, Json] = {"probability": probability, "sure": sure}
    if task.kind == "tagging":
        tags = list(label)  # type: ignore[arg-type]
        return {"tags": tags, "spans": _spans(task, tags, inputs, place), **answer}  # type: ignore[dict-item]
    shares = found.probabilities[place] if found.probabilities is not None else []
    by_label: Json = {
        name: round(float(share), 6) for name, share in zip(task.labels, shares, strict=True)
    }
    word = "labels" if task.kind == "multilabel" else "label"
    return {word: label, **answer, "probabilities": by_label}  # type: ignore[dict-item]


def _spans(task: Task, tags: Sequence[str], inputs: Inputs, place: int) -> list[Json]:
    """The spans of a sentence in order, each with its label and its text."""
    column = next(column.name for column in task.inputs if column.tokens)
    tokens = inputs.values[column][place]
    found = sorted(spans(tags), key=lambda span: span[1])
    return [
        {"label": kind, "text": " ".join(tokens[start : end + 1])} for kind, start, end in found
    ]
