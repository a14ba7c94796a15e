"""Looks at the small world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from polytask.learning.looking import Look
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.training import Run

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = ("intent", "slots", "score", "about", "grade")


@pytest.fixture
def run_of(world, tiny) -> Callable[..., Run]:
    """A training run of the tiny encoder on tasks of the world, with these arguments."""

    def make(*names: str, **arguments: Any) -> Run:
        recipe = FineTune(**{"epochs": 2, "batch_size": 8, **arguments})
        torch.manual_seed(0)
        tiny.freeze(0, embeddings=not recipe.embeddings)
        tiny.set_dropout(recipe.dropout)
        heads = {name: head_for(world.tasks[name], tiny.dim) for name in names or ALL}
        run = Run(NeuralPart(tiny, heads), world.fold, Context(), recipe)
        tiny.train()
        return run

    return make


@pytest.fixture
def look_at(run_of) -> Callable[..., Look]:
    """A look at the first batch of such a run, without dropout unless told."""

    def make(*names: str, **arguments: Any) -> Look:
        run = run_of(*names, **{"dropout": 0.0, **arguments})
        return Look(run, run._batches(0)[0])

    return make
