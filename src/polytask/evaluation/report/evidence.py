"""Evidence: what was promised of groups of tasks, held against what the groups gained."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from statistics import mean
from typing import TYPE_CHECKING

from polytask.evaluation import ranking
from polytask.evaluation.report.naming import in_points
from polytask.evaluation.report.run import Evidence, Promise, Ranking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.evaluation.report.run import Moved, Report

    Promises = Mapping[tuple[str, ...], Mapping[str, float]]

BEST_OF = (1, 3)
"""Regret is told for the best among so many of the most promising groups."""
PLANNER = "planner"
"""All proposers together."""
STEPS = "StepAffinity"
"""The proposer whose promises a joint training brings along."""
_FEWEST = 3  # tasks of a training that says anything of groups: two make one group


def evidence(report: Report, promises: Promises | None = None) -> Evidence | None:
    """How well the groups that were tried were ranked before.

    The gradients are those of the training of most tasks, at least three, of equal ones the latest.
    Groups are those of its tasks that were trained with its recipe and compared with their
    controls, its own among them; where a metric does not count in points its task is left out.

    Args:
        report: A report with candidates and with what moved between their tasks.
        promises: By group, its tasks sorted, by proposer its score; a group that is not there has
            the mean over its pairs.

    Returns:
        The groups with promises, gains and regret; `None` where there are fewer than two.
    """
    plain = {one.name: one for one in report.candidates if not one.repeat and not one.builds_on}
    joint = [one for one in report.moved if one.candidate in plain]
    source = max(reversed(joint), key=lambda one: len(one.affinity), default=None)
    if source is None or len(source.affinity) < _FEWEST:
        return None
    recipe = plain[source.candidate].recipe
    groups = [
        _group(report, one, plain[one.candidate].tasks, source.affinity)
        for one in joint
        if plain[one.candidate].recipe == recipe
        and {*plain[one.candidate].tasks} <= {*source.affinity}
    ]
    order = ranked([group for group in groups if group.gains])
    if len(order) < 2:
        return None
    told = _predicted(order, promises or {})
    return Evidence(source.candidate, told, regrets(told), rankings(told))


def rankings(groups: Sequence[Promise]) -> tuple[Ranking, ...]:
    """What each proposer's scores of the groups were worth, and the planner's last.

    Args:
        groups: With what was predicted of them and what they gained.
    """
    names = dict.fromkeys(name for group in groups for name in group.predicted)
    spoken = {name: [one for one in groups if name in one.predicted] for name in names}
    return tuple(_ranking(name, told) for name, told in spoken.items() if len(told) > 1)


def _ranking(name: str, groups: Sequence[Promise]) -> Ranking:
    scores = [one.predicted[name] for one in groups]
    gains = [gained(one) for one in groups]
    told = {str(k): ranking.regret(scores, gains, k) for k in BEST_OF if k < len(groups)}
    return Ranking(name, len(groups), told, ranking.correlation(scores, gains))


def _predicted(groups: Sequence[Promise], promises: Promises) -> tuple[Promise, ...]:
    """The groups with what each proposer predicted, and what follows from all of them."""
    scores = [_scores(one, promises) for one in groups]
    if len({name for one in scores for name in one}) > 1:
        places = ranking.combined(scores)
        scores = [
            {**one, PLANNER: 1 - place} if one else one
            for one, place in zip(scores, places, strict=True)
        ]
    return tuple(replace(one, predicted=s) for one, s in zip(groups, scores, strict=True))


def _scores(group: Promise, promises: Promises) -> dict[str, float]:
    """By proposer its score of a group: as it was told, else the mean over the group's pairs."""
    own = mean(group.promised.values())
    told = promises.get(tuple(sorted(group.tasks)))
    if told is None:
        pairs = [promises.get(pair) for pair in combinations(sorted(group.tasks), 2)]
        known = [pair for pair in pairs if pair is not None]
        names = known[0] if len(known) == len(pairs) else {}
        told = {
            name: mean(pair[name] for pair in known)
            for name in names
            if all(name in pair for pair in known)
        }
    return {**told, STEPS: told.get(STEPS, own)}


def promised(affinity: Mapping[str, Mapping[str, float]], group: Sequence[str]) -> dict[str, float]:
    """By task of a group the mean affinity onto it of the others.

    (Fifty et al., Efficiently Identifying Task Groupings for Multi-Task Learning, 2021, arXiv
    2109.04617.)

    Args:
        affinity: By task, by other task: what a step for the first does for the second.
        group: Two tasks or more; a pair of which nothing is known promises nothing.

    >>> pulls = {"a": {"b": 0.5, "c": 0.25}, "b": {"a": -1.0, "c": 0.75}, "c": {"a": 2.0, "b": 0.0}}
    >>> promised(pulls, ["a", "b", "c"])
    {'a': 0.5, 'b': 0.25, 'c': 0.5}
    """
    return {
        task: mean(affinity.get(one, {}).get(task, 0.0) for one in group if one != task)
        for task in group
    }


def ranked(groups: Sequence[Promise]) -> tuple[Promise, ...]:
    """The groups with their ranks by the mean of what they were promised, in that order."""
    order = sorted(groups, key=lambda group: -mean(group.promised.values()))
    return tuple(replace(group, rank=rank) for rank, group in enumerate(order, start=1))


def regrets(groups: Sequence[Promise]) -> dict[str, float]:
    """By k, as text: the best gain less the best among the first k; for less than all of them.

    Args:
        groups: In the order of their ranks; a group gains the mean over its tasks.
    """
    gains = [gained(group) for group in groups]
    return {str(k): max(gains) - max(gains[:k]) for k in BEST_OF if k < len(gains)}


def gained(group: Promise) -> float:
    """The mean gain of a group over its tasks."""
    return mean(gain.value for gain in group.gains.values() if gain.value is not None)


def _group(
    report: Report,
    moved: Moved,
    tasks: Sequence[str],
    affinity: Mapping[str, Mapping[str, float]],
) -> Promise:
    gains = {
        task: gain
        for task, gain in moved.gains.items()
        if gain.value is not None and task in report.tasks and in_points(report.tasks[task].metric)
    }
    return Promise(moved.candidate, tuple(tasks), 0, promised(affinity, tasks), gains)
