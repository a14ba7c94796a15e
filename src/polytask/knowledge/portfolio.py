"""A portfolio: few recipes, in an order in which each adds most to those before it.

Mined greedily from results of many recipes on many tasks (in the manner of Feurer et al.,
"Auto-Sklearn 2.0", 2020, arXiv 2007.04074), on dev alone. `held_out` says what it is worth: mined
without a set of data, its choice on that set's dev is held against the best of all recipes on test.
"""

from __future__ import annotations

import functools
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FORMAT = 1
_SHIPPED = Path(__file__).with_name("portfolio.json")


@dataclass(frozen=True)
class Cell:
    """A recipe on a task.

    Args:
        group: The set of data; tasks of one are left out together.
        task: The task, with the rows and the seed it was tried on.
        recipe: Text form.
        dev: Result on dev, higher is better.
        test: Result on test, in the same unit; never mined by.
        seconds: What training took.
        kind: What is predicted.
        name: The task alone; another set with a task of this name may hold the same rows.
    """

    group: str
    task: str
    recipe: str
    dev: float
    test: float
    seconds: float
    kind: str = ""
    name: str = ""


@dataclass(frozen=True)
class Pick:
    """A recipe of a portfolio.

    Args:
        recipe: Text form.
        gain: What it adds on dev, on the mean over tasks, to the best of those before it.
        seconds: What training took, on the mean.
        kinds: The kinds of tasks it was tried on.
    """

    recipe: str
    gain: float
    seconds: float
    kinds: tuple[str, ...] = ()


def cells_of(lines: Iterable[Mapping[str, Any]]) -> dict[str, list[Cell]]:
    """By what reads the inputs ("text" or "image") the cells of a task alone, as benchmarks write.

    An error, of which less is better, counts as the share by which it is below the worst of its
    task on dev.
    """
    alone = [one for one in lines if len(one["together"]) == 1 and "dev" in one]
    worst: dict[str, float] = defaultdict(float)
    for one in alone:
        worst[_task(one)] = max(worst[_task(one)], one["dev"])

    def figure(one: Mapping[str, Any], split: str) -> float:
        return float(one[split]) if one["sign"] > 0 else 1.0 - one[split] / worst[_task(one)]

    found: dict[str, list[Cell]] = {"text": [], "image": []}
    for one in alone:
        modality = "image" if one["facts"]["modality"] == "image" else "text"
        dev, test = figure(one, "dev"), figure(one, "test")
        which = (one["set"], _task(one), one["recipe"])
        kind = one["facts"]["kind"]
        found[modality].append(Cell(*which, dev, test, one["seconds"], kind, one["task"]))
    return found


def mine(
    cells: Sequence[Cell], most: int = 5, known: Sequence[str] = (), *, per_second: bool = False
) -> list[Pick]:
    """The portfolio of `cells`: each next recipe raises the mean of the best so far most.

    Args:
        cells: Results; a recipe that a task lacks adds nothing there.
        most: How many recipes.
        known: Recipes that are tried before, so that only what they lack counts.
        per_second: Whether what a recipe adds is divided by its mean seconds.

    >>> made = [Cell("s", "t", "A()", 0.9, 0, 1.0), Cell("s", "t", "B()", 0.8, 0, 1.0),
    ...         Cell("s", "u", "A()", 0.5, 0, 1.0), Cell("s", "u", "B()", 0.7, 0, 1.0)]
    >>> [(pick.recipe, round(pick.gain, 2)) for pick in mine(made)]
    [('B()', 0.1), ('A()', 0.05)]
    """
    tasks = _by_task(cells)
    if not tasks:
        return []
    # Before anything is tried a task stands at the worst of its results.
    best = {
        task: max(
            [dev for one, dev in _dev(of).items() if one in known], default=min(_dev(of).values())
        )
        for task, of in tasks.items()
    }
    seconds = _seconds(cells)
    rest = sorted(set(seconds) - set(known))
    picks: list[Pick] = []
    while rest and len(picks) < most:
        gains = {recipe: _gain(tasks, best, recipe) for recipe in rest}
        unit = seconds if per_second else dict.fromkeys(rest, 1.0)
        chosen = max(rest, key=lambda one: gains[one] / max(unit[one], 1e-9))
        if gains[chosen] <= 0:
            break
        kinds = sorted({cell.kind for cell in cells if cell.recipe == chosen})
        picks.append(Pick(chosen, round(gains[chosen], 5), round(seconds[chosen], 1), tuple(kinds)))
        rest.remove(chosen)
        best = {
            task: max(best[task], _dev(of).get(chosen, best[task])) for task, of in tasks.items()
        }
    return picks


def held_out(
    cells: Sequence[Cell], count: int, known: Sequence[str] = (), *, per_second: bool = False
) -> dict[str, float]:
    """By set of data the regret on test of a portfolio that was mined on the other sets.

    Of `known` and the first `count` of the portfolio the best on dev is chosen; regret is the best
    test result of all recipes minus that of the chosen one, on the mean over the set's tasks.
    """
    found = {}
    for group in sorted({cell.group for cell in cells}):
        inside = [cell for cell in cells if cell.group == group]
        names = {cell.name for cell in inside if cell.name}
        others = [cell for cell in cells if cell.group != group and cell.name not in names]
        picks = mine(others, count, known, per_second=per_second)
        found[group] = regret(inside, [*known, *(pick.recipe for pick in picks)])
    return found


def regret(cells: Sequence[Cell], recipes: Sequence[str]) -> float:
    """What the best of `recipes` on dev lacks on test to the best of all, on the mean over tasks.

    A task that has none of them stands at the worst of its results.
    """
    missed = []
    for of in _by_task(cells).values():
        tried = [cell for cell in of if cell.recipe in recipes]
        chosen = max(tried, key=lambda cell: (cell.dev, -cell.seconds)).test if tried else None
        worst = min(cell.test for cell in of)
        missed.append(max(cell.test for cell in of) - (worst if chosen is None else chosen))
    return sum(missed) / len(missed)


@functools.cache
def shipped() -> dict[str, Any]:
    """The portfolio that comes with polytask, with what it was mined from; by modality recipes."""
    found: dict[str, Any] = json.loads(_SHIPPED.read_text(encoding="utf-8"))
    return found


def _task(line: Mapping[str, Any]) -> str:
    return " ".join(str(line[key]) for key in ("set", "task", "most", "seed"))


def _by_task(cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    found: dict[str, list[Cell]] = {}
    for cell in cells:
        found.setdefault(cell.task, []).append(cell)
    return found


def _dev(cells: Sequence[Cell]) -> dict[str, float]:
    return {cell.recipe: cell.dev for cell in cells}


def _seconds(cells: Sequence[Cell]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for cell in cells:
        found.setdefault(cell.recipe, []).append(cell.seconds)
    return {recipe: sum(values) / len(values) for recipe, values in found.items()}


def _gain(tasks: Mapping[str, Sequence[Cell]], best: Mapping[str, float], recipe: str) -> float:
    added = [max(0.0, _dev(of).get(recipe, best[task]) - best[task]) for task, of in tasks.items()]
    return sum(added) / len(added)
