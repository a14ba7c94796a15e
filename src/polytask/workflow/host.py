"""The operations of a plan as a run carries them out: light ones here, the rest in the worker."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from polytask._catalogue import nearest, parse
from polytask._errors import PolytaskError
from polytask.planning.budget import OutOfTime
from polytask.workflow import training, weighing
from polytask.workflow.keys import digest
from polytask.workflow.lineage import Lineage, check_lineage, part_facts
from polytask.workflow.remote import WorkerStopped
from polytask.workflow.training import Asked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.planning.budget import Clock
    from polytask.planning.operations import (
        Attempted,
        Clue,
        Compared,
        Cost,
        Drafted,
        Helper,
        Trained,
    )
    from polytask.tasks.profile import Profile
    from polytask.tasks.task import TaskSet
    from polytask.workflow.drafting import Assistant
    from polytask.workflow.events import Listener
    from polytask.workflow.folder import RunFolder
    from polytask.workflow.pool import Pool
    from polytask.workflow.remote import Worker


_ON = "the plan went on after its time was used up"


@dataclass
class HostOperations:
    """Carries out the operations of one run (see `planning.operations` for what each means).

    Args:
        folder: The run folder.
        source: What the plan must name in `tasks(…)`.
        taskset: The tasks, loaded.
        profile: Their profile.
        worker: Trains and scores.
        clock: What is left of the budget.
        emit: Takes events.
        seed: The run's seed; plans draw their `random` from it.
        assistant: The language model that may be asked for plans, if there is one.
        pool: All workers of the run, that one among them; `None` where there is no other.
    """

    folder: RunFolder
    source: str
    taskset: TaskSet
    profile_: Profile
    worker: Worker
    clock: Clock
    emit: Listener
    seed: int = 0
    assistant: Assistant | None = None
    pool: Pool | None = None

    def tasks(self, source: str = "tasks.yaml") -> list[str]:
        """The names of the tasks."""
        if source != self.source:
            raise ValueError(
                f"tasks({source!r}): a run has one task set, {self.source!r}, named once in the "
                "plan as a plain string"
            )
        return list(self.taskset.learned)

    def profile(self, task: str) -> dict[str, object]:
        """Facts about `task`."""
        self._in_time()
        self._known([task])
        return dict(self.profile_[task].facts())

    def helpers(self, task: str) -> list[Helper]:
        """The sets that may help `task`, ranked."""
        self._in_time()
        self._served([task])
        sets = self.profile_.helping(task)
        if not sets:
            return []
        deadline = time.monotonic() + self.clock.left()
        what = {name: [one.name for one in tasks] for name, tasks in sets.items()}
        try:
            found = self.worker.call("helpers", deadline, task=task, sets=what)
        except WorkerStopped as error:
            raise OutOfTime("ranking helpers took longer than what was left") from error
        return cast("list[Helper]", found)

    def train(
        self,
        tasks: Sequence[str],
        recipe: str,
        repeat: int = 0,
        start: str = "",
        teachers: Mapping[str, str] = {},
    ) -> Trained:
        """Train, unless the estimate exceeds what is left; failures are values."""
        return training.train(self, [_candidate(self, tasks, recipe, repeat, start, teachers)])[0]

    def train_all(self, candidates: Sequence[Mapping[str, Any]]) -> list[Trained]:
        """Train several, at once where there are workers; none begins if one is wrong."""
        return training.train(self, [_candidate(self, **one) for one in candidates])

    def compare(self, shared: str, controls: Mapping[str, str]) -> dict[str, Compared]:
        """Gains on dev with intervals."""
        self._in_time()
        self._served(list(controls))
        for task, control in controls.items():
            _check_answers(self.folder, shared, task)
            _check_answers(self.folder, control, task)
        deadline = time.monotonic() + _grace(self.clock)
        try:
            found = self.worker.call("compare", deadline, shared=shared, controls=dict(controls))
        except WorkerStopped as error:
            raise OutOfTime("a comparison took longer than what was left") from error
        return cast("dict[str, Compared]", found)

    def affinity(self, part: str) -> dict[str, dict[str, float]]:
        """What the gradients of a joint part promise of its tasks."""
        self._in_time()
        moved = part_facts(self.folder, part).get("moved", {})
        return dict(moved.get("affinity", {}))

    def evidence(self, tasks: Sequence[str], parts: Sequence[str] = ()) -> list[Clue]:
        """What is promised of groups of `tasks`."""
        from polytask.workflow import proposing

        self._in_time()
        return proposing.propose(self, self._known(tasks), parts)

    def cost(self, part: str) -> Cost:
        """Size and time of a part."""
        self._in_all()
        part_facts(self.folder, part)
        empty: Any = {"base": "", "bytes": 0, "heads": {}, "milliseconds": {}, "reads": {}}
        grace = _grace(self.clock)
        if not grace:
            return cast("Cost", {**empty, "status": "no time"})
        try:
            found = self.worker.call("cost", time.monotonic() + grace, part=part)
        except WorkerStopped:
            return cast("Cost", {**empty, "status": "no time"})
        return cast("Cost", {**found, "status": "done"})

    def suggest(
        self,
        task: str,
        sampler: str = "tpe",
        tried: Mapping[str, float] = {},
        count: int = 1,
        epochs: int = 0,
    ) -> list[str]:
        """Recipes that a sampler would try next."""
        from polytask.workflow import suggesting

        self._in_time()
        self._served([task])
        scores = {_canonical(recipe): score for recipe, score in tried.items()}
        return suggesting.suggest(self, task, sampler, scores, count=count, epochs=epochs)

    def combine(
        self,
        parts: Mapping[str, str],
        controls: Mapping[str, str],
        repeats: Mapping[str, Sequence[str]] = {},
        front: Mapping[str, object] = {},
    ) -> str:
        """A handle for the model made of `parts`."""
        self._in_all()
        named = [parts, controls, *weighing.offered(front)]
        self._served([task for one in named for task in one])
        for task, part in dict.fromkeys(pair for one in named for pair in one.items()):
            _check_answers(self.folder, part, task)
        for part, others in repeats.items():
            if part not in (*parts.values(), *controls.values()):
                raise ValueError(f"`repeats` names {part!r}, which is no part or control here")
            _check_repeats(self.folder, part, others)
        made: list[Any] = [sorted(parts.items()), sorted(controls.items())]
        made += [sorted(repeats.items())] if repeats else []
        return f"model-{digest(made)[:12]}"

    def try_plan(self, text: str, seconds: float) -> Attempted:
        """Run a child plan under a share of what is left."""
        from polytask.workflow import children

        self._in_time()
        return children.try_plan(self, text, seconds)

    def draft(self, seconds: float, text: str = "", found: str = "") -> Drafted:
        """Ask the language model for a plan."""
        from polytask.workflow import drafting

        self._in_time()
        return drafting.draft(self, seconds, text, found)

    def seconds_left(self) -> float:
        """Seconds left for operations."""
        self._in_all()
        return round(self.clock.left(), 1)

    def say(self, text: str) -> None:
        """Pass a line on to the log and the screen."""
        self._in_all()
        self.emit({"event": "say", "text": str(text)})

    def finish(self, model: str) -> None:
        """Name the model to deliver; carried out after the plan."""
        if not model.startswith("model-"):
            raise ValueError(f"finish() takes what combine() gave; found {model!r}")

    def _in_time(self) -> None:
        if not _grace(self.clock):
            raise OutOfTime(_ON)

    def _in_all(self) -> None:
        # To combine what there is, and to say so, is time a little longer.
        if self.clock.left_in_all() < self.clock.budget.set_aside / 3:
            raise OutOfTime(_ON)

    def _known(self, tasks: Sequence[str]) -> list[str]:
        if isinstance(tasks, str) or not tasks:
            raise ValueError(f"a list of one or more task names is needed; found {tasks!r}")
        for name in tasks:
            known = [*self.taskset, *self.taskset.helpers]
            if name not in known:
                raise ValueError(f"unknown task {name!r}: {nearest(str(name), known)}")
        return list(dict.fromkeys(tasks))

    def _served(self, tasks: Sequence[str]) -> None:
        for name in self._known(tasks):
            if name in self.taskset.helpers:
                raise ValueError(
                    f"{name!r} may help and is not served: it has no dev and no test rows; a task "
                    "to be served stands under `tasks` in the task file"
                )


def _candidate(
    host: HostOperations,
    tasks: Sequence[str],
    recipe: str,
    repeat: int = 0,
    start: str = "",
    teachers: Mapping[str, str] = {},
) -> Asked:
    if repeat:
        host._in_all()  # comes last: too late for one is too early to end the plan
    else:
        host._in_time()
    names = host._known(tasks)
    recipe = _canonical(recipe)
    if repeat < 0:
        raise ValueError(f"`repeat` of train() is 0 or more; found {repeat}")
    lineage = Lineage(start, teachers)
    check_lineage(lineage, host.folder, host.taskset, names, recipe)
    return Asked(tuple(names), recipe, repeat, lineage)


def _grace(clock: Clock) -> float:
    """Seconds in which a plan may still compare: half of what is set aside for the report."""
    return max(0.0, clock.left_in_all() - clock.budget.set_aside / 2)


def _check_answers(folder: RunFolder, part: str, task: str) -> None:
    facts = part_facts(folder, part)
    if task not in facts["tasks"]:
        known = ", ".join(facts["tasks"])
        raise ValueError(f"the part {part!r} does not answer {task!r}; it answers {known}")


def _check_repeats(folder: RunFolder, part: str, others: Sequence[str]) -> None:
    if isinstance(others, str) or len({part, *others}) != 1 + len(others):
        raise ValueError(
            f"the repeats of {part!r} are a list of other parts, each once; found {others!r}"
        )
    wanted = _asked(part_facts(folder, part))
    for other in others:
        found = _asked(part_facts(folder, other))
        if found != wanted:
            raise ValueError(
                f"{other!r} is no repeat of {part!r}, which is {_told(*wanted)}; "
                f"it is {_told(*found)}"
            )


def _canonical(recipe: str) -> str:
    """The text form of a recipe that can be trained."""
    from polytask.learning.recipes import RECIPES

    try:
        spec = parse(recipe)
        RECIPES.check(spec)
    except PolytaskError as error:
        raise ValueError(str(error)) from error
    return str(spec)


def _asked(facts: Mapping[str, Any]) -> tuple[str, list[str], Lineage]:
    return facts["recipe"], facts["tasks"], Lineage.of(facts)


def _told(recipe: str, tasks: Sequence[str], lineage: Lineage) -> str:
    return ", ".join([f"{recipe} on {', '.join(tasks)}", *([str(lineage)] if lineage else [])])
