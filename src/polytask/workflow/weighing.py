"""What a run says of the choices of parts that it weighed by size and time."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING, Any

from polytask.evaluation.metrics import metric
from polytask.evaluation.report.front import Front, Offer
from polytask.evaluation.report.naming import in_points
from polytask.planning.writers.constants import few, scale
from polytask.workflow.trainings import trainings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from polytask.planning.journal import Call
    from polytask.tasks.profile import Profile
    from polytask.tasks.task import TaskSet
    from polytask.workflow.choosing import Choice

Parts = dict[str, str]


def weighing_seconds(settings: Mapping[str, Any], tasks: int, seconds: float) -> float:
    """Seconds of a budget of `seconds` to set aside for measuring parts, at the end of a plan.

    >>> weighing_seconds({"prefer": "small"}, 2, 300.0), weighing_seconds({}, 2, 300.0)
    (8.0, 0.0)
    """
    if not {"prefer", "max_latency"} & settings.keys():
        return 0.0
    return min(4.0 + 2.0 * tasks, seconds / 10)


def offered(front: Mapping[str, object]) -> list[Parts]:
    """The choices in the `front` that a plan gave `combine`; empty where it gave none.

    Raises:
        ValueError: It is no front.
    """
    if not front:
        return []
    found: Any = front.get("choices")
    if not isinstance(found, list) or not all(one and isinstance(one, dict) for one in found):
        raise ValueError(
            '`front` of combine() has "choices", a list of dicts from task to part; '
            f"found {front!r}"
        )
    return [{str(task): str(part) for task, part in one.items()} for one in found]


def size(choice: Parts, costs: Mapping[str, Any]) -> int:
    """Bytes of a model whose tasks these parts answer.

    Args:
        choice: By task a part.
        costs: By part what `cost` gave.

    >>> tiny = {"base": "encoder", "bytes": 90, "heads": {"a": 1, "b": 2}}
    >>> size({"a": "p", "b": "q"}, {"p": tiny, "q": tiny})
    93
    """
    bases = {costs[part]["base"]: int(costs[part]["bytes"]) for part in choice.values()}
    return sum(bases.values()) + sum(int(costs[p]["heads"][t]) for t, p in choice.items())


def row_time(choice: Parts, costs: Mapping[str, Any]) -> float:
    """Milliseconds of one row through such a model, of the slowest kind of row.

    All tasks that read the row are answered, one part after the other; what several stand on runs
    once. Heads over a shared encoder are counted with the slowest of them: they take next to
    nothing beside it.
    """
    passes: dict[str, dict[str, float]] = {}
    for task, part in choice.items():
        found = costs[part]
        bases = passes.setdefault(found["reads"][task], {})
        bases[found["base"]] = max(bases.get(found["base"], 0.0), found["milliseconds"][task])
    return max(sum(bases.values()) for bases in passes.values())


def weighed(
    calls: Sequence[Call], choice: Choice, taskset: TaskSet, profile: Profile, margin: float
) -> tuple[Front | None, dict[str, float]]:
    """The front that the plan named, and by offer the milliseconds of one row.

    Args:
        calls: The operations of the run.
        choice: What is delivered.
        taskset: The tasks.
        profile: Their profile.
        margin: δ of the certificate.

    Returns:
        `None` and no times where the plan was not to weigh anything; no offers where it had no
        time to measure them.
    """
    front = _named(calls, choice)
    if not front:
        return None, {}
    costs: dict[str, Any] = {
        str(call.arguments["part"]): call.output
        for call in calls
        if call.operation == "cost" and call.state == "done" and _is_measured(call)
    }
    known = {one.part: one for one in trainings(calls) if one.status == "done"}
    choices = [one for one in offered(front) if {*one.values()} <= costs.keys() & known.keys()]
    judge = _Judge(known, taskset, profile, margin)
    choices.sort(key=lambda one: (size(one, costs), judge.loss(one)))
    delivered = {task: choice.parts.get(task) for task in taskset.learned}
    offers = tuple(
        Offer(
            name=str(number),
            parts={task: known[part].name for task, part in one.items()},
            dev=judge.dev(one),
            value=judge.value(one),
            loss=judge.loss(one),
            worst=max(judge.lost(one).values()),
            bytes=size(one, costs),
            allowed=judge.allows(one),
            chosen=all(delivered.get(task) == part for task, part in one.items()),
        )
        for number, one in enumerate(choices, start=1)
    )
    bound = float(front.get("bound") or 0.0) or None
    times = {str(number): row_time(one, costs) for number, one in enumerate(choices, start=1)}
    return Front(str(front.get("prefer", "accurate")), bound, offers), times


def asked(calls: Sequence[Call], choice: Choice) -> bool:
    """Whether the plan that is delivered weighed size or time."""
    return bool(_named(calls, choice))


def _is_measured(call: Call) -> bool:
    output: Any = call.output
    return bool(output["status"] == "done")


def _named(calls: Sequence[Call], choice: Choice) -> dict[str, Any]:
    """What the `combine` of the delivered parts was told of the front."""
    fronts: list[Any] = [call.arguments.get("front", {}) for call in _combined(calls, choice)]
    return dict(fronts[-1]) if fronts else {}


def _combined(calls: Sequence[Call], choice: Choice) -> Iterator[Call]:
    for call in calls:
        if call.operation == "combine" and call.state == "done":
            named: Any = call.arguments["parts"]
            if named.items() <= choice.parts.items():
                yield call


class _Judge:
    """What choices are worth on dev."""

    def __init__(
        self, known: Mapping[str, Any], taskset: TaskSet, profile: Profile, margin: float
    ) -> None:
        self.known, self.taskset, self.margin = known, taskset, margin
        profiles = [profile[name] for name in taskset.learned]
        self.scale, self.few = scale(profiles), few(profiles)
        self.best = {
            task: max(
                self._worth(task, one.dev[task])
                for one in known.values()
                if task in one.dev and not one.repeat
            )
            for task in taskset.learned
            if any(task in one.dev for one in known.values())
        }

    def dev(self, choice: Parts) -> dict[str, float]:
        return {task: self.known[part].dev[task] for task, part in choice.items()}

    def value(self, choice: Parts) -> float | None:
        metrics = {task: self.taskset[task].metric for task in choice}
        found = [v for task, v in self.dev(choice).items() if in_points(metrics[task])]
        return mean(found) if found else None

    def lost(self, choice: Parts) -> dict[str, float]:
        return {t: self.best[t] - self._worth(t, v) for t, v in self.dev(choice).items()}

    def loss(self, choice: Parts) -> float:
        return mean(self.lost(choice).values())

    def allows(self, choice: Parts) -> bool:
        return not any(
            lost > 0 if task in self.few else lost >= self.margin
            for task, lost in self.lost(choice).items()
        )

    def _worth(self, task: str, value: float) -> float:
        if task in self.scale:
            return value / self.scale[task]
        return metric(self.taskset[task].metric).sign * value
