"""A run over the small world, with the method to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from polytask.learning.training import Run


@pytest.fixture
def started(world, tiny) -> Callable[..., Run]:
    """Starts a run with a transfer; no step is taken yet."""
    from polytask.learning.neural_part import NeuralPart, head_for
    from polytask.learning.recipes.fine_tune import FineTune
    from polytask.learning.recipes.recipe import Context
    from polytask.learning.training import Run

    def start(transfer: Any, **others: Any) -> Run:
        arguments = {"epochs": 3, "batch_size": 32, "dropout": 0.0, **others}
        recipe = FineTune(transfer=transfer, **arguments)
        tiny.freeze(0, embeddings=not recipe.embeddings)
        tasks, fold = world.pick("intent", "slots")
        heads = {task.name: head_for(task, tiny.dim) for task in tasks}
        return Run(NeuralPart(tiny, heads), fold, Context(), recipe)

    return start
