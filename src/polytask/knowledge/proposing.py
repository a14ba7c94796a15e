"""Recipes that earlier runs propose for new tasks: better than a plan's own on similar ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask.knowledge.similarity import alike

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from polytask.knowledge.record import Facts, Record

LEAST = 0.3
"""How alike a task must be to be asked: one of ten times the rows, and else equal, still is."""
NEAREST = 5
"""Tasks of earlier runs that are asked."""


@dataclass(frozen=True)
class Proposal:
    """A recipe to try.

    Args:
        recipe: Text form.
        best: On how many of the tasks asked it was the best.
        asked: How many similar tasks were asked.
        gain: What it gained over the plan's own settings: the mean of the tasks that tried it,
            weighted by how alike they are, as a share of the way from constant to perfect.
    """

    recipe: str
    best: int
    asked: int
    gain: float

    @property
    def why(self) -> str:
        """A phrase for the plan.

        >>> Proposal("FineTune()", 2, 3, 0.012).why
        'best on 2 of 3 similar tasks of earlier runs, +1.2 points there over the settings below'
        """
        tasks = "similar task" if self.asked == 1 else "similar tasks"
        return (
            f"best on {self.best} of {self.asked} {tasks} of earlier runs, "
            f"{100 * self.gain:+.1f} points there over the settings below"
        )


def propose(
    tasks: Sequence[Facts], records: Iterable[Record], known: Collection[str], most: int = 2
) -> list[Proposal]:
    """Recipes that beat the settings which a plan tries anyway, on the most similar tasks.

    Like is held against like: results of one task, trained in the same company. A recipe is
    proposed if it was the best on one of the tasks asked at least, and gained on the mean.

    Args:
        tasks: Facts of the new tasks, read by one kind of encoder.
        records: Earlier runs.
        known: Recipes that the plan tries anyway, in canonical text form.
        most: How many to propose.
    """
    asked = _nearest(tasks, records)
    gains: dict[str, list[tuple[float, float]]] = {}
    wins: dict[str, int] = {}
    for weight, record, place in asked:
        found = _gains(record, place, known)
        for recipe, gain in found.items():
            gains.setdefault(recipe, []).append((weight, gain))
        best = record.best(place)
        if best in found:
            wins[best] = wins.get(best, 0) + 1
    proposals = [
        Proposal(recipe, wins[recipe], len(asked), _mean(gains[recipe])) for recipe in sorted(wins)
    ]
    worth = {
        one.recipe: sum(weight * gain for weight, gain in gains[one.recipe]) for one in proposals
    }
    better = [one for one in proposals if one.gain > 0]
    return sorted(better, key=lambda one: -worth[one.recipe])[:most]


def _nearest(tasks: Sequence[Facts], records: Iterable[Record]) -> list[tuple[float, Record, int]]:
    """The tasks of earlier runs most alike to any of `tasks`, the most alike first."""
    found = []
    for record in records:
        for place, facts in enumerate(record.tasks):
            weight = max((alike(task, facts) for task in tasks), default=0.0)
            if weight >= LEAST and record.best(place):
                found.append((weight, record, place))
    return sorted(found, key=lambda item: (-item[0], item[1].run, item[2]))[:NEAREST]


def _gains(record: Record, place: int, known: Collection[str]) -> dict[str, float]:
    """By recipe beyond `known` its gain over the best of them in the same company, on the mean."""
    found: dict[str, list[float]] = {}
    for scores in record.scores(place).values():
        usual = [value for recipe, value in scores.items() if recipe in known]
        for recipe, value in scores.items():
            if usual and recipe not in known:
                found.setdefault(recipe, []).append(value - max(usual))
    return {recipe: sum(values) / len(values) for recipe, values in found.items()}


def _mean(weighted: Sequence[tuple[float, float]]) -> float:
    return sum(w * gain for w, gain in weighted) / sum(w for w, _ in weighted)
