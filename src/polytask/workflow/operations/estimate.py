"""How long a training would take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.workflow.keys import train_key
from polytask.workflow.lineage import NO_LINEAGE, Lineage
from polytask.workflow.operations.memory import remembered
from polytask.workflow.operations.recipes import build

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.learning.recipes.recipe import Recipe
    from polytask.workflow.state import State


def estimate(
    state: State,
    tasks: Sequence[str],
    recipe: str,
    repeat: int = 0,
    start: str = "",
    teachers: Mapping[str, str] = {},
) -> float:
    """Expected seconds of `train` with the same arguments and all its folds.

    0.0 for what this run or an earlier one has trained.
    """
    built = build(recipe)
    lineage, settings = Lineage(start, teachers), state.settings_of(repeat)
    key = train_key(state.taskset, tasks, str(built), built.version, settings, lineage)
    if (state.folder.parts / key).is_dir() or remembered(state, key):
        return 0.0
    return state.pace.get(type(built).__name__, 1.0) * raw_seconds(state, tasks, built, lineage)


def look_again(state: State, seconds: float) -> None:
    """Have estimates go by how busy the machine is now, where it was another when they were made.

    Speeds are measured anew, if that takes at most `seconds`, and what earlier fits waited for
    other work is left out of how long they took.
    """
    from polytask.learning.speed import doubt

    doubt(seconds)
    state.pace = dict(state.calm_pace)


def raw_seconds(
    state: State, tasks: Sequence[str], built: Recipe, lineage: Lineage = NO_LINEAGE
) -> float:
    """What the recipe itself expects of a fit, times the number of fits."""
    chosen = [state.taskset[name] for name in tasks]
    folds = state.taskset.folds(tasks)
    fits = folds + 1 if folds > 1 else 1
    context = state.context(lineage=lineage)
    return fits * built.estimate(chosen, state.taskset.fold(tasks), context)
