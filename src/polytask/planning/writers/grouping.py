"""Which tasks to try together: candidates with their reasons, from the profile alone.

Short real runs decide; what stands here only says what is worth a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, combinations, product
from statistics import mean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from polytask.tasks.profile import TaskProfile

    Table = Sequence[TaskProfile]  # the tasks of one table

ALIKE = 0.4
"""Similarity from which tables are tried together; LOG.md, "Which tables are alike"."""
_TABLES = 3  # tables of a group of alike ones: small encoders carry two or three
_GROUPS = 2  # groups of alike tables in a family: each costs a joint training a setting


@dataclass(frozen=True)
class Group:
    """Tasks to try together, or one alone.

    Args:
        names: The tasks, in the order of the task set.
        reason: Why, as a sentence without its full stop.
    """

    names: tuple[str, ...]
    reason: str


def groups(tasks: Sequence[TaskProfile]) -> list[Group]:
    """Candidates for joint training.

    First the tasks of one table (the same rows: one pass answers all of them), then those of two
    or three tables with alike inputs (similarity and size rank helpers well, arXiv 2104.08247),
    then all tasks that one encoder can read (the same modality and language family), where they
    stand on several tables; a task that is in none stands alone. The size rule (a task with fewer
    rows than its helpers gains from joint training; right in > 92 % of GLUE pairs, arXiv
    2205.08124) is told in the reason: it says what to expect, the run decides.
    """
    found: list[Group] = []
    for family in _split(tasks, lambda task: task.family):
        tables = _split(family, lambda task: task.table)
        found += [_same_rows(table) for table in tables if len(table) > 1]
        found += [_alike_inputs(family, cluster) for cluster in _alike(tables)]
        if len(tables) > 1:
            found.append(_same_encoder(family))
        elif len(family) == 1:
            found.append(Group((family[0].name,), "no other task reads this kind of input"))
    return found


def _split(tasks: Iterable[TaskProfile], key: object) -> list[list[TaskProfile]]:
    assert callable(key)
    found: dict[str, list[TaskProfile]] = {}
    for task in tasks:
        found.setdefault(key(task), []).append(task)
    return list(found.values())


def _same_rows(tasks: Sequence[TaskProfile]) -> Group:
    return Group(tuple(task.name for task in tasks), "the same rows: one pass answers all of them")


def _alike(tables: Sequence[Table]) -> list[list[Table]]:
    """Clusters of alike tables, smaller than the whole: merged greedily, the most alike first."""
    clusters = [[table] for table in tables]
    most = min(_TABLES, len(tables) - 1)
    while pairs := [
        (_linkage(one, other), one, other)
        for one, other in combinations(clusters, 2)
        if len(one) + len(other) <= most
    ]:
        similarity, one, other = max(pairs, key=lambda pair: pair[0])
        if similarity < ALIKE:
            break
        clusters = [cluster for cluster in clusters if cluster not in (one, other)]
        clusters.append([*one, *other])
    merged = sorted((cluster for cluster in clusters if len(cluster) > 1), key=_tightness)
    return merged[-_GROUPS:]


def _linkage(one: Sequence[Table], other: Sequence[Table]) -> float:
    """Mean similarity between the tables of two clusters (average linkage)."""
    return mean(_similarity(a, b) for a, b in product(one, other))


def _tightness(cluster: Sequence[Table]) -> float:
    return mean(_similarity(a, b) for a, b in combinations(cluster, 2))


def _similarity(one: Table, other: Table) -> float:
    # Tags are read off words and labels off whole texts: alike inputs alone say little there.
    if not {task.kind == "tagging" for task in one} & {task.kind == "tagging" for task in other}:
        return 0.0
    return one[0].alike.get(other[0].table, 0.0)


def _alike_inputs(family: Sequence[TaskProfile], cluster: Sequence[Table]) -> Group:
    tasks = [task for task in family if task in chain.from_iterable(cluster)]
    return Group(
        tuple(task.name for task in tasks),
        f"alike inputs (similarity {_tightness(cluster):.2f} of at most 1, beyond what all tables "
        f"have in common){_expected(tasks)}",
    )


def _same_encoder(tasks: Sequence[TaskProfile]) -> Group:
    kind = {"image": "images", "English": "English text"}.get(tasks[0].family, "text")
    reason = f"all {kind}: one encoder for all{_expected(tasks)}"
    return Group(tuple(task.name for task in tasks), reason)


def _expected(tasks: Sequence[TaskProfile]) -> str:
    """What the size rule expects, as the end of a reason; "" where sizes are even."""
    largest = max(tasks, key=lambda task: task.n_train)
    smaller = [task.name for task in tasks if task.n_train * 2 <= largest.n_train]
    if not smaller:
        return ""
    few = ", ".join(smaller[:3]) + (f" and {len(smaller) - 3} more" if len(smaller) > 3 else "")
    return (
        f"; {few} {'has' if len(smaller) == 1 else 'have'} at most half the rows of "
        f"{largest.name}, and small tasks gain most from larger ones"
    )
