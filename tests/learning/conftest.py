"""A small world to learn from: three tasks on one table of token lists, one on a table of texts."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from polytask.tasks.task import Column, Fold, Inputs, Rows, Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.encoders.text import TextEncoder
    from polytask.learning.neural_part import NeuralPart

_VERBS = {"play": "music", "book": "table", "rate": "rating"}
_PLACES = ("rome", "paris", "oslo")
_FILL = ("please", "a", "the", "now", "good", "very", "for", "me")


@dataclass(frozen=True)
class World:
    """Tasks, their fold, and the text of every row."""

    tasks: dict[str, Task]
    fold: Fold
    texts: list[str]

    def pick(self, *names: str) -> tuple[list[Task], Fold]:
        """Some tasks with a fold that holds their tables and targets alone."""
        tasks = [self.tasks[name] for name in names]
        tables = {task.table for task in tasks}

        def only(rows: dict[str, Rows]) -> dict[str, Rows]:
            return {
                table: Rows(
                    part.inputs,
                    {name: part.targets[name] for name in names if name in part.targets},
                    part.positions,
                )
                for table, part in rows.items()
                if table in tables
            }

        return tasks, Fold(only(dict(self.fold.train)), only(dict(self.fold.dev)))


def _sentence(rng: random.Random) -> tuple[list[str], str, list[str], float]:
    verb = rng.choice(list(_VERBS))
    words = [verb] + [rng.choice(_FILL) for _ in range(rng.randint(1, 5))] + [rng.choice(_PLACES)]
    tags = ["O"] * (len(words) - 1) + ["B-place"]
    return words, _VERBS[verb], tags, 10.0 + 2.0 * words.count("good")


def _talk(count: int, seed: int) -> Rows:
    rows = [_sentence(random.Random(seed * 1000 + i)) for i in range(count)]
    targets = {
        "intent": [row[1] if i % 3 else None for i, row in enumerate(rows)],  # partly labelled
        "slots": [row[2] for row in rows],
        "score": [row[3] for row in rows],
    }
    inputs = Inputs((Column("tokens", tokens=True),), {"tokens": [row[0] for row in rows]})
    return Rows(inputs, targets, np.arange(count))


def _notes(count: int, seed: int) -> Rows:
    rows = [_sentence(random.Random(seed * 2000 + i)) for i in range(count)]
    labels = [[p for p in _PLACES if p in row[0]] + ["good"] * ("good" in row[0]) for row in rows]
    grade = [str(min(2, row[0].count("good"))) for row in rows]
    inputs = Inputs((Column("text"),), {"text": [" ".join(row[0]) for row in rows]})
    return Rows(inputs, {"about": labels, "grade": grade}, np.arange(count))


@pytest.fixture(scope="session")
def world() -> World:
    tokens, text = (Column("tokens", tokens=True),), (Column("text"),)
    tasks = [
        Task("intent", "talk", tokens, "intent", "multiclass", "accuracy", tuple(_VERBS.values())),
        Task("slots", "talk", tokens, "slots", "tagging", "span_f1", ("B-place", "O")),
        Task("score", "talk", tokens, "score", "regression", "r2"),
        Task("about", "notes", text, "about", "multilabel", "macro_f1", (*_PLACES, "good")),
        Task("grade", "notes", text, "grade", "ordinal", "quadratic_kappa", ("0", "1", "2")),
    ]
    fold = Fold(
        {"talk": _talk(90, 1), "notes": _notes(40, 2)},
        {"talk": _talk(30, 3), "notes": _notes(20, 4)},
    )
    texts = [" ".join(words) for words in fold.train["talk"].inputs.values["tokens"]]
    return World({task.name: task for task in tasks}, fold, texts)


@pytest.fixture
def tiny(world: World) -> TextEncoder:
    """A tiny random text encoder that knows the words of the world."""
    from polytask.learning.encoders.tiny import tiny_text_encoder

    return tiny_text_encoder(world.texts)


@pytest.fixture
def tiny_folder(tiny: TextEncoder, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The tiny encoder as a folder, for `Context(encoder=…)`."""
    folder = tmp_path_factory.mktemp("tiny")
    tiny.save(folder)
    return str(folder)


@pytest.fixture
def line() -> type[Encoder]:
    """The smallest encoder there is: a number read from a text, times one weight."""
    import torch
    from torch import nn

    from polytask.learning.encoders.encoder import Encoder, Features, Prepared

    class Line(Encoder):
        dim = 1
        freeze = save = load = None  # not asked for

        def __init__(self, weight: float) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.tensor(weight))

        def prepare(self, inputs: Inputs) -> Prepared:
            return Prepared([float(x) for x in inputs.values["x"]], np.ones(len(inputs), int))

        def collate(self, prepared, index, generator=None) -> dict[str, torch.Tensor]:
            assert generator is not None
            return {"x": torch.tensor([[prepared.items[i]] for i in index])}

        def lower(self, batch) -> torch.Tensor:
            return batch["x"]

        def upper(self, hidden, batch) -> Features:
            assert len(hidden) == len(batch["x"])
            return Features(hidden * self.weight)

    return Line


@pytest.fixture
def by_number(line) -> Callable[..., tuple[NeuralPart, Fold]]:
    """Makes a part for what is computed by hand: a weight, and a line over it for each task.

    Called with the weight and by task its slope, inputs and targets.
    """
    from torch import nn

    from polytask.learning.heads.regression import Regression
    from polytask.learning.neural_part import NeuralPart

    text = (Column("x"),)

    def make(weight: float, **given) -> tuple[NeuralPart, Fold]:
        heads, tables = {}, {}
        for name, (slope, x, y) in given.items():
            heads[name] = Regression(Task(name, name, text, name, "regression", "r2"), 1)
            nn.init.constant_(heads[name].linear.weight, slope)
            nn.init.zeros_(heads[name].linear.bias)
            inputs = Inputs(text, {"x": [str(value) for value in x]})
            tables[name] = Rows(inputs, {name: list(y)}, np.arange(len(x)))
        return NeuralPart(line(weight), heads), Fold(tables, {})

    return make
