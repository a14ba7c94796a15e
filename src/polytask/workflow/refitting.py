"""A joint refit: old tasks and new ones in one part again, by the recipe that the old part has."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from polytask._errors import OutputError, PolytaskError
from polytask.evaluation.report import Candidate
from polytask.workflow import scoring
from polytask.workflow.keys import candidate_name
from polytask.workflow.remote import Worker, WorkerStopped
from polytask.workflow.requests import alone, expected
from polytask.workflow.standing import SCORES
from polytask.workflow.trying import Attempt, Tried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from polytask.learning.model import Model
    from polytask.workflow.state import State

USUAL = "FineTune()"
"""The recipe where no part of the model was trained."""


def groups(model: Model, modality: str, wanted: Sequence[str]) -> list[tuple[list[str], str]]:
    """What may be trained again together: tasks and recipe, one a trained part of the model.

    Args:
        model: The model in use.
        modality: What the `wanted` tasks read.
        wanted: Tasks to learn; those that the model has are refitted in their own part alone.
    """
    alike = [
        t for t, task in model.tasks.items() if {c.modality for c in task.inputs} == {modality}
    ]
    trained = {name for name in model.parts if getattr(model.parts[name], "passes", {})}
    parts = {name: [t for t in alike if model.routing[t] == name] for name in trained}
    known = [task for task in wanted if task in model.tasks]
    found = []
    for name in model.parts:
        tasks = parts.get(name, [])
        if tasks and (not known or set(known) & set(tasks)):
            recipe = model.parts[name].recipe
            found.append((tasks + [t for t in wanted if t not in tasks + known], recipe))
    return found or [([*alike, *(t for t in wanted if t not in alike)], USUAL)]


def refit(
    state: State, tasks: Sequence[str], recipe: str, left: float
) -> tuple[dict[str, Tried], Attempt]:
    """Train `recipe` on `tasks` in a worker, unless it would take more than the seconds `left`.

    Returns:
        By task how the new part answers it, empty if it was not trained, and the attempt.
    """
    began = time.monotonic()
    facts: dict[str, Any] = {"status": "done"}
    found: dict[str, Tried] = {}
    try:
        found = _train(state, tasks, recipe, began + left)
    except OutputError:
        raise  # a full disk
    except (PolytaskError, WorkerStopped) as error:
        late = isinstance(error, WorkerStopped)
        facts = {"status": "no time" if late else "failed", "reason": str(error)}
    seconds = time.monotonic() - began
    name = candidate_name(recipe, tasks)
    dev: dict[str, float | None] = {task: one.dev for task, one in found.items()}
    handle = next((one.handle for one in found.values()), "")
    return found, Attempt(Candidate(name, tuple(tasks), recipe, dev=dev, **facts), handle, seconds)


def _train(state: State, tasks: Sequence[str], recipe: str, deadline: float) -> dict[str, Tried]:
    left = deadline - time.monotonic()
    if left <= 0:
        raise WorkerStopped("the time is used up")
    what = {"tasks": list(tasks), "recipe": recipe}
    with _worker(state) as call:
        try:
            needed = alone(expected(deadline, what), call)
            left = deadline - time.monotonic()
            found = call("train", deadline, **what) if needed <= left else None
        except WorkerStopped as stop:
            raise WorkerStopped(f"stopped: it took longer than {left:.0f} s") from stop
    if found is None:
        raise WorkerStopped(f"would take about {needed:.0f} s, {left:.0f} s are left")
    return _tried(state, found["part"], found["recipe"], found["dev"])


@contextmanager
def _worker(state: State) -> Iterator[Callable[..., Any]]:
    """Calls operations in a process that is killed at its deadline."""
    folder = state.folder.path.resolve()
    settings = {**state.settings, "folder": str(folder)}
    worker = Worker(settings, folder / "worker.log", state.emit, lambda: None)
    try:
        yield worker.call
    finally:
        worker.stop()


def _tried(state: State, handle: str, recipe: str, dev: Mapping[str, float]) -> dict[str, Tried]:
    from polytask.learning.model import load_part

    folder = state.folder.parts / handle
    part = load_part(folder / "part")
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    on_dev, on_test = (scoring.load(folder / f) if (folder / f).is_file() else {} for f in SCORES)
    notes = tuple(dict.fromkeys(facts.get("notes", ())))
    part.cut = facts.get("cut", {})  # type: ignore[attr-defined]
    return {
        task: Tried(
            part,
            state.taskset[task],
            recipe,
            handle,
            value,
            on_dev[task],
            on_test.get(task),
            notes=notes,
        )
        for task, value in dev.items()
    }
