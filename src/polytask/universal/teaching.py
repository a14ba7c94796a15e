"""A transition table as three tasks, learned by one joint part, and the check of every entry."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from polytask._errors import ModelError
from polytask.tasks.task import Column, Fold, Inputs, Rows, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.model import Model
    from polytask.learning.recipes.recipe import Recipe
    from polytask.universal.machine import Machine

QUESTION = "the machine is in state {state} and the head reads the symbol {symbol}"
"""What the tasks are asked."""

TASKS = ("written_symbol", "move", "next_state")
"""The three tasks, in the order of `machine.Entry`."""

_TABLE = "transitions"
_COLUMNS = (Column("text"),)
_EPOCHS = 300
_SHOWN = 3


def asked(texts: Sequence[str]) -> Inputs:
    """Questions as inputs of the three tasks."""
    return Inputs(_COLUMNS, {"text": list(texts)})


def lesson(machine: Machine) -> tuple[list[Task], Rows]:
    """The three tasks, and a row for every entry of the table.

    The whole function is shown, and no more is asked: this is no question of generalising.
    """
    entries = machine.entries()
    texts = [QUESTION.format(state=state, symbol=symbol) for state, symbol in entries]
    columns = zip(TASKS, zip(*entries.values(), strict=True), strict=True)
    targets = {name: list(values) for name, values in columns}
    tasks = [
        Task(name, _TABLE, _COLUMNS, name, "multiclass", "accuracy", tuple(sorted(set(values))))
        for name, values in targets.items()
    ]
    return tasks, Rows(asked(texts), targets, np.arange(len(entries)))


def teach(machine: Machine, *, seed: int = 0, recipe: Recipe | None = None) -> Model:
    """One part for the three tasks: a transformer of one layer from random weights.

    It must be more than additive in state and symbol. In U15,2 the states E and I move right on 0
    and left on 1, while M and N move left on 0 and right on 1: no sum of what a state says and what
    a symbol says gives all four, so a linear model on words (`TfidfLinear`) is refused by `check`.

    Args:
        machine: The machine.
        seed: Seed of weights and training.
        recipe: Another recipe for the joint part.

    Returns:
        A model, not yet checked.
    """
    from polytask.learning.encoders.tiny import tiny_text_encoder
    from polytask.learning.model import Model
    from polytask.learning.recipes.recipe import Context

    tasks, rows = lesson(machine)
    with tempfile.TemporaryDirectory() as folder:
        encoder = tiny_text_encoder(rows.inputs.values["text"], depth=1, seed=seed)
        encoder.save(Path(folder))
        context = Context(seed=seed, encoder=folder, threads=1, dtype="float32")
        fold = Fold({_TABLE: rows}, {_TABLE: rows})
        part = (recipe or _recipe()).fit(tasks, fold, context)
    return Model({"machine": part}, dict.fromkeys(TASKS, "machine"))


def check(model: Model, machine: Machine) -> int:
    """Ask for every entry, one at a time as a run does, and hold the answers against the table.

    Returns:
        How many entries there are.

    Raises:
        ModelError: An answer is wrong; it names the entry, the task, and both answers.
    """
    wrong, entries = [], machine.entries()
    for (state, symbol), entry in entries.items():
        question = QUESTION.format(state=state, symbol=symbol)
        found = model.predict(asked([question]), TASKS)
        for task, right in zip(TASKS, entry, strict=True):
            if found[task].labels[0] != right:
                wrong.append(
                    f"state {state} reading {symbol}: {task} is {found[task].labels[0]!r}, "
                    f"the table says {right!r}"
                )
    if wrong:
        more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise ModelError(
            f"The model is not {machine.name}: all {3 * len(entries)} answers must be right, and "
            f"{len(wrong)} of them {'is' if len(wrong) == 1 else 'are'} not ("
            f"{'; '.join(wrong[:_SHOWN])}{more}). Train it again, with another seed"
        )
    return len(entries)


def _recipe() -> Recipe:
    from polytask.learning.recipes.fine_tune import FineTune

    return FineTune(
        epochs=_EPOCHS,
        learning_rate=3e-3,
        head_learning_rate=1e-2,
        weight_decay=0.0,
        dropout=0.0,
        patience=_EPOCHS,
        schedule="constant",
        embeddings=True,
    )
