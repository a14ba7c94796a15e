"""A linear part: fixed features of texts and tokens, and a linear model a task. Needs no torch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from polytask._errors import ModelError
from polytask.learning.linear import Linear
from polytask.learning.part import Part
from polytask.learning.part_files import (
    PART_FILE,
    read_json,
    read_part_json,
    read_tensors,
    tasks_from_json,
    write_json,
    write_part_json,
    write_tensors,
)
from polytask.learning.text_features import TextFeatures
from polytask.learning.token_features import TokenFeatures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from polytask.evaluation.prediction import Scores
    from polytask.tasks.task import Inputs, Task

KIND = "LinearPart"
_VOCABULARY = "vocabulary.json"
_WEIGHTS = "weights.safetensors"


class LinearPart(Part):
    """Linear models over features that its tasks share.

    Args:
        tasks: The tasks it answers, by name.
        models: By task its linear model.
        text: Features of texts; `None` where all tasks tag tokens.
        tokens: Features of tokens; `None` where no task tags tokens.
        recipe: The text form of the recipe that made it.
    """

    def __init__(
        self,
        tasks: Mapping[str, Task],
        models: Mapping[str, Linear],
        *,
        text: TextFeatures | None,
        tokens: TokenFeatures | None,
        recipe: str = "TfidfLinear()",
    ) -> None:
        self.tasks = dict(tasks)
        self.models = dict(models)
        self.text = text
        self.tokens = tokens
        self.recipe = recipe

    @property
    def parameters(self) -> int:
        """Weights of all tasks, and one a term of the shared vocabulary of texts."""
        shared = sum(array.size for array in self.text.tensors().values()) if self.text else 0
        return shared + sum(model.parameters for model in self.models.values())

    @property
    def bytes(self) -> int:
        """Weights and vocabularies."""
        return 4 * self.parameters + len(json.dumps(self._vocabulary()))

    def scores(self, inputs: Inputs, tasks: Sequence[str]) -> dict[str, Scores]:
        """Scores of `tasks` for each row; features are computed once for all of them."""
        tagged = [name for name in tasks if self.tasks[name].kind == "tagging"]
        others = [name for name in tasks if name not in tagged]
        found: dict[str, Scores] = {}
        if others and self.text is not None:
            features = self.text(inputs)
            found |= {n: as_scores(self.tasks[n], self.models[n](features)) for n in others}
        if tagged and self.tokens is not None:
            sentences = token_column(inputs)
            features = self.tokens(sentences)
            ends = np.cumsum([len(sentence) for sentence in sentences])[:-1]
            found |= {n: np.split(self.models[n](features), ends) for n in tagged if len(inputs)}
            found |= {n: [] for n in tagged if not len(inputs)}
        return {name: found[name] for name in tasks}

    def save(self, folder: Path, *, complete: bool = True) -> None:
        """Write `part.json`, `vocabulary.json` and `weights.safetensors`; always complete."""
        del complete
        folder.mkdir(parents=True, exist_ok=True)
        tensors = self.text.tensors() if self.text else {}
        for number, model in enumerate(self.models.values()):
            tensors |= model.tensors(str(number))
        write_tensors(folder / _WEIGHTS, tensors)
        write_json(folder / _VOCABULARY, self._vocabulary())
        write_part_json(folder, KIND, self, {"models": list(self.models)})

    @classmethod
    def load(cls, folder: Path) -> LinearPart:
        """Read what `save` wrote.

        Raises:
            ModelError: Something missing, damaged, foreign or newer.
        """
        content = read_part_json(folder, KIND)
        vocabulary = read_json(folder / _VOCABULARY)
        tensors = read_tensors(folder / _WEIGHTS)
        tasks = tasks_from_json(content.get("tasks"), folder / PART_FILE)
        try:
            text, tokens = vocabulary["text"], vocabulary["tokens"]
            part = cls(
                tasks,
                {n: Linear.rebuild(tensors, str(i)) for i, n in enumerate(content["models"])},
                text=TextFeatures.rebuild(text, tensors) if text else None,
                tokens=TokenFeatures.rebuild(tokens) if tokens else None,
                recipe=str(content["recipe"]),
            )
            _check(part)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{folder}: the files do not fit together ({error}); copy the model again"
            ) from error
        return part

    def only(self, tasks: Sequence[str]) -> LinearPart:
        """The same part for `tasks` alone."""
        kinds = {self.tasks[name].kind for name in tasks}
        return LinearPart(
            {name: self.tasks[name] for name in tasks},
            {name: self.models[name] for name in tasks},
            text=self.text if kinds - {"tagging"} else None,
            tokens=self.tokens if "tagging" in kinds else None,
            recipe=self.recipe,
        )

    def _vocabulary(self) -> dict[str, Any]:
        return {
            "text": self.text.to_json() if self.text else None,
            "tokens": self.tokens.to_json() if self.tokens else None,
        }


def as_scores(task: Task, values: np.ndarray) -> np.ndarray:
    """Values of a linear model as scores: one column means two classes, or a number."""
    if task.kind == "regression":
        return values[:, 0].astype(np.float64)
    if task.kind != "multilabel" and values.shape[1] == 1:
        return np.hstack([-values, values]) / 2
    return values


def token_column(inputs: Inputs) -> list[list[str]]:
    """The first column of token lists; texts are split at blanks where there is none."""
    for column in inputs.columns:
        if column.tokens:
            return [[str(token) for token in row] for row in inputs.values[column.name]]
    return [str(value).split() for value in inputs.values[inputs.columns[0].name]]


def _check(part: LinearPart) -> None:
    if set(part.models) != set(part.tasks):
        raise ValueError("tasks and models differ")
    for name, task in part.tasks.items():
        columns = len(part.models[name].bias)
        if columns != max(1, len(task.labels)) and (columns, len(task.labels)) != (1, 2):
            raise ValueError(f"{name}: {columns} columns for {len(task.labels)} labels")
        if (part.tokens if task.kind == "tagging" else part.text) is None:
            raise ValueError(f"{name}: its features are missing")
