"""Which tasks to try together: candidates with their reasons, from the profile alone.

Short real runs decide; what stands here only says what is worth a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from polytask.tasks.profile import TaskProfile


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

    First the tasks of one table (the same rows: one pass answers all of them), then all tasks that
    one encoder can read (the same modality and language family), where they stand on several
    tables; a task that is in neither stands alone. The size rule (a task with fewer rows than its
    helpers gains from joint training; right in > 92 % of GLUE pairs, arXiv 2205.08124) is told in
    the reason: it says what to expect, the run decides.
    """
    found: list[Group] = []
    for family in _split(tasks, _family):
        tables = _split(family, lambda task: task.table)
        found += [_same_rows(table) for table in tables if len(table) > 1]
        if len(tables) > 1:
            found.append(_same_encoder(family))
        elif len(family) == 1:
            found.append(Group((family[0].name,), "no other task reads this kind of input"))
    return found


def _family(task: TaskProfile) -> str:
    if task.modality == "image":
        return "image"
    return "English" if task.language == "en" else "multilingual"


def _split(tasks: Iterable[TaskProfile], key: object) -> list[list[TaskProfile]]:
    assert callable(key)
    found: dict[str, list[TaskProfile]] = {}
    for task in tasks:
        found.setdefault(key(task), []).append(task)
    return list(found.values())


def _same_rows(tasks: Sequence[TaskProfile]) -> Group:
    return Group(tuple(task.name for task in tasks), "the same rows: one pass answers all of them")


def _same_encoder(tasks: Sequence[TaskProfile]) -> Group:
    kind = {"image": "images", "English": "English text"}.get(_family(tasks[0]), "text")
    largest = max(tasks, key=lambda task: task.n_train)
    smaller = [task.name for task in tasks if task.n_train * 2 <= largest.n_train]
    expected = ""
    if smaller:
        few = ", ".join(smaller[:3]) + (f" and {len(smaller) - 3} more" if len(smaller) > 3 else "")
        expected = (
            f"; {few} {'has' if len(smaller) == 1 else 'have'} at most half the rows of "
            f"{largest.name}, and small tasks gain most from larger ones"
        )
    return Group(tuple(task.name for task in tasks), f"all {kind}: one encoder for all{expected}")
