"""A model that learns more: what is tried, what takes the place of what, and the files.

Decisions are made on dev alone. A new task is answered by the best there is; an old one changes
hands only where its new answers are *better* or *no worse* than those of the model in use.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from polytask._errors import PolytaskError, RunError, UserError
from polytask.evaluation.metrics import metric
from polytask.evaluation.rendering.figures import gain_span, signed
from polytask.learning.encoders import modality_of
from polytask.planning.budget import parse
from polytask.workflow import refitting, scoring
from polytask.workflow.assessing import FAILURES
from polytask.workflow.folder import RunFolder
from polytask.workflow.following import called, callers, followed, programs_of
from polytask.workflow.standing import SCORES, hold, in_use
from polytask.workflow.trying import best, tell, try_out

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from polytask.evaluation.certificate import Verdict
    from polytask.learning.model import Model
    from polytask.workflow.result import Result
    from polytask.workflow.state import State
    from polytask.workflow.trying import Attempt, Tried

_REPORT = 10.0
"""Seconds of a budget that are kept for measuring and writing."""


@dataclass
class Growth:
    """What is known while a model grows.

    Args:
        state: Folder, settings and the task set: old tasks, as far as their data are there, and
            those to learn.
        old: The run with the model in use.
        served: By task that is new or changes hands what answers it from now on.
        held: By old task the model in use, where it was asked.
        controls: By new task the best that owes nothing to other tasks.
        attempts: Everything tried.
        said: What was decided, and why.
    """

    state: State
    old: Result
    served: dict[str, Tried] = field(default_factory=dict)
    held: dict[str, Tried] = field(default_factory=dict)
    controls: dict[str, Tried] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Keep a line for the report, and show it."""
        self.said.append(text)
        self.state.emit({"event": "say", "text": text})

    def model(self) -> Model:
        """The model as it would be now, with a part for each that changes hands."""
        from polytask.learning.model import Model

        old, served = self.old.model, self.served
        return Model(
            {**old.parts, **{one.handle: one.part for one in served.values()}},
            {**old.routing, **{task: one.handle for task, one in served.items()}},
            {
                **old.decisions,
                **{t: one.judged(self.state).decisions() for t, one in served.items()},
            },
            {**old.tasks, **{task: one.task for task, one in served.items()}},
        )


def seconds(budget: str | float | None) -> float:
    """Seconds that joint refits may end after; 0 for none.

    Raises:
        ConfigError: No length of time.
    """
    return 0.0 if budget is None else parse(budget).seconds - _REPORT


def learn(growth: Growth, wanted: Sequence[str], deadline: float | None) -> None:
    """Try quick ways for each task of `wanted`, then joint refits; decide; write the model.

    Args:
        growth: Takes what was found.
        wanted: Tasks to learn: new ones, or old ones that have more rows now.
        deadline: `time.monotonic()` value at which a refit is stopped; `None` tries none.

    Raises:
        RunError: Nothing could be fitted for a new task.
        DataError: The model in use cannot be judged on an old one.
    """
    for task in wanted:
        _quick(growth, task)
    if deadline is not None:
        for modality in {modality_of(growth.state.taskset[task].inputs) for task in wanted}:
            _refits(growth, modality, wanted, deadline)
    while not _follow(growth):
        pass  # what a program would lose by stays as it was, and then others may
    _write(growth)


def _quick(growth: Growth, task: str) -> None:
    """Fit quick ways: the best answers a new task, or challenges what answers an old one."""
    known = task in growth.old.report.tasks
    if known:
        growth.held[task] = in_use(growth.state, growth.old, task)
    # With folds an encoder that was trained on the task has read the rows that judge it.
    folded = known and growth.state.taskset.folds([task]) > 1
    found, attempts = try_out(growth.state, growth.old.model, task, trained=not folded)
    growth.attempts += attempts
    if known:
        if found:
            _challenge(growth, task, best(found))
        return
    if not found:
        reasons = "; ".join(attempt.candidate.reason for attempt in attempts)
        raise RunError(f"Nothing could be trained for {task}: {reasons}")
    growth.served[task] = best(found)
    alone = [one for one in found if one.alone]
    growth.controls |= {task: best(alone)} if alone else {}


def _challenge(growth: Growth, task: str, one: Tried) -> None:
    """Let a quick model take over an old task if it is sound."""
    verdict = _certificate(growth, {task: one})[task]
    told = _shown(growth, task, verdict)
    if _sound(verdict):
        growth.served[task] = one
        growth.say(f"{task}: {one.recipe} takes over, {told}")
    else:
        growth.say(f"{task}: not taken over by {one.recipe}, {told}")


def _sound(verdict: Verdict | None) -> bool:
    """Whether what was held against the model in use may take its place on dev."""
    return verdict is not None and verdict.verdict in ("better", "no worse")


def _certificate(growth: Growth, found: dict[str, Tried]) -> dict[str, Verdict | None]:
    """By task the certificate on dev; `None` where a metric has no value there."""
    try:
        return {**hold(growth.state, found, growth.held)}
    except FAILURES:
        return dict.fromkeys(found)


def _shown(growth: Growth, task: str, verdict: Verdict | None) -> str:
    if verdict is None:
        return "which cannot be judged on dev"
    name, gain = growth.state.taskset[task].metric, verdict.gain
    figures = f"{signed(gain.value, name)}, {gain_span(gain.low, gain.high, name)}"
    sign = "against" if verdict.verdict == "not decidable" else "than"
    return f"{verdict.verdict} {sign} the model in use on dev ({figures})"


def _refits(growth: Growth, modality: str, wanted: Sequence[str], deadline: float) -> None:
    alike = [t for t in wanted if modality_of(growth.state.taskset[t].inputs) == modality]
    for tasks, recipe in refitting.groups(growth.old.model, modality, alike):
        old = [task for task in tasks if task in growth.old.report.tasks]
        try:
            growth.held |= {
                t: in_use(growth.state, growth.old, t) for t in old if t not in growth.held
            }
        except (UserError, KeyError) as error:
            growth.say(f"{' + '.join(tasks)}: not refitted together: {_reason(error)}")
            continue
        left = deadline - time.monotonic()
        found, attempt = refitting.refit(growth.state, tasks, recipe, left)
        growth.attempts.append(attempt)
        tell(growth.state, attempt)
        if found:
            _take(growth, found, old, alike)


def _reason(error: Exception) -> str:
    if isinstance(error, PolytaskError):
        return str(error)
    return f"the data of {error} cannot be read any more"


def _take(
    growth: Growth, found: dict[str, Tried], old: Sequence[str], wanted: Sequence[str]
) -> None:
    """Let a refit take over, if it is sound on all of its old tasks and one of its tasks gains.

    | task                             | gains if the refit is                  | goes over |
    |----------------------------------|----------------------------------------|-----------|
    | new                              | ahead on dev of its quick model        | if gains  |
    | old, with more rows              | sound                                  | always    |
    | old, with more rows, taken over  | sound, and on dev ahead of what did    | if gains  |
    | old, as it was                   | *better* than the model in use         | always    |
    | old, as it was, taken over       | *better*, and on dev ahead of what did | if gains  |

    Old tasks that do not gain go over with the others: the refit is there anyway, and harms none.
    """
    verdicts = _certificate(growth, {task: found[task] for task in old})
    name = f"{' + '.join(found)}: {next(iter(found.values())).recipe}"
    told = "; ".join(f"{task} {_shown(growth, task, verdicts[task])}" for task in old)
    better = {t for t, verdict in verdicts.items() if verdict and verdict.verdict == "better"}
    gaining = [t for t in found if t in better.union(wanted) and _ahead(growth, found[t])]
    if not all(map(_sound, verdicts.values())):
        growth.say(f"{name} together was not taken: {told}")
    elif not gaining:
        growth.say(f"{name} together was not taken: no task gains by it ({told})")
    else:
        over = [task for task in found if task in gaining or task not in growth.served]
        growth.served |= {task: found[task] for task in over}
        growth.say(f"{name} together answers {', '.join(over)} from now on ({told})")


def _ahead(growth: Growth, one: Tried) -> bool:
    """Whether on dev a refit is ahead of what has taken its task over so far, if anything has."""
    rival = growth.served.get(one.task.name)
    return rival is None or metric(one.task.metric).sign * (one.dev - rival.dev) > 0


def _follow(growth: Growth) -> bool:
    """Let programs follow the tasks that they call, if their new answers are sound.

    The tasks that a program would lose by do not change hands.

    Returns:
        Whether all programs stand.
    """
    model = growth.old.model
    learned = {t: one for t, one in growth.served.items() if t not in programs_of(model)}
    growth.served = dict(learned)
    for task, part in callers(model, learned):
        if task not in growth.held:
            growth.held[task] = in_use(growth.state, growth.old, task)
        one = followed(growth.state, growth.model(), task, part)
        verdict = _certificate(growth, {task: one})[task]
        through = ", ".join(name for name in learned if name in called(model, task))
        told = _shown(growth, task, verdict)
        if not _sound(verdict):
            growth.say(f"{through}: not changed, for the program of {task} asks it: {told}")
            growth.served = {t: o for t, o in learned.items() if t not in called(model, task)}
            return False
        growth.served[task] = one
        growth.say(f"{task}: its program asks {through} and is now {told}")
    return True


def _write(growth: Growth) -> None:
    """Write the grown model, and keep the scores that a later step is judged by."""
    folder, old = growth.state.folder, RunFolder(growth.old.path)
    for known in {task.part for task in growth.old.report.tasks.values() if task.part}:
        _copy_scores(old.parts / known, folder.parts / known)
    if not growth.served:
        shutil.copytree(old.model, folder.model)
        return
    growth.model().merged().save(folder.model)
    for one in growth.served.values():
        _save_scores(folder.parts / one.handle, one)


def _copy_scores(before: Path, after: Path) -> None:
    for name in SCORES:
        if (before / name).is_file():
            after.mkdir(exist_ok=True)
            shutil.copy(before / name, after / name)


def _save_scores(folder: Path, one: Tried) -> None:
    """Those of a part fitted here; a worker has written those of its own."""
    if one.on_test is None or folder.is_dir():
        return
    folder.mkdir()
    for name, scored in zip(SCORES, (one.on_dev, one.on_test), strict=True):
        scoring.save(folder / name, {one.task.name: scored})
