"""Which recipes a sampler would try next for a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.learning import searching

if TYPE_CHECKING:
    from collections.abc import Mapping

    from polytask.workflow.state import State


def suggest(
    state: State,
    task: str,
    sampler: str,
    tried: Mapping[str, float],
    count: int = 1,
    epochs: int = 0,
) -> list[str]:
    """Recipes that suit the input of `task`, drawn by the run's seed; see `learning.searching`."""
    images = any(column.modality == "image" for column in state.taskset[task].inputs)
    return searching.suggest(
        sampler,
        "image" if images else "text",
        tried,
        seed=int(state.settings["seed"]),
        count=count,
        epochs=epochs,
    )
