"""What a plan says of helpers: which tasks they are tried on, with which setting, at what cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from polytask.planning.writers.ladder import SETTINGS
from polytask.planning.writers.wording import about, block, figures, plain, quoted, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.planning.writers.costs import Costs
    from polytask.planning.writers.ladder import Setting
    from polytask.tasks.profile import Profile, TaskProfile

LIKELIEST = 3
"""Helpers of a task that are tried; ranking finds the best one among them: arXiv 2104.08247."""


@dataclass(frozen=True)
class Help:
    """The helpers of a task set and the tasks that they may help.

    Each task is tried with the first setting of the ladder, which it has been trained with alone
    before: so its control is a fair one.

    Args:
        profile: What is known of tasks and helpers.
        trainable: The tasks for which there is an encoder that can be trained.
        costs: Seconds per 1,000 rows on this machine.
    """

    profile: Profile
    trainable: Sequence[TaskProfile]
    costs: Costs

    @cached_property
    def tasks(self) -> list[TaskProfile]:
        """The tasks that may be helped, those with few rows first: they gain most, and cost least.

        A small task gains from a larger one learned jointly; right for > 92 % of GLUE pairs, arXiv
        2205.08124.
        """
        found = [task for task in self.trainable if self.profile.helping(task.name)]
        return sorted(found, key=lambda task: task.n_train)

    @property
    def idea(self) -> str:
        """A sentence for the plan's docstring; "" where nothing helps."""
        if not self.tasks:
            return ""
        return (
            f" Before that decision each task is trained with the {LIKELIEST} sets likeliest to "
            "help it, by embeddings and size, and then with all of them that did; such sets are "
            "not served."
        )

    @cached_property
    def seconds(self) -> float:
        """What trying all of it takes, all of the likeliest together included."""
        return sum(map(self._seconds, self.tasks))

    def text(self) -> str:
        """The lists that stand in the plan; "" where nothing helps."""
        if not self.tasks:
            return ""
        sets = {name: of for task in self.tasks for name, of in self._sets(task).items()}
        known = chain.from_iterable(sets.values())
        lines = ["", "# Helpers: sets that may help and are not served."]
        lines += [f"# {plain(task.name)}: {_figures(task)}" for task in known]
        lines += [f"LIKELIEST = {LIKELIEST}  # of them are tried with a task"]
        lines += ["# The tasks that they may help, each tried with a setting that it had alone."]
        lines += ["HELPED = ["]
        for modality in dict.fromkeys(map(_modality, self.tasks)):
            chosen = [task for task in self.tasks if _modality(task) == modality]
            seconds = sum(map(self._seconds, chosen))
            lines += [
                f"    # {line}" for line in wrap(f"{_setting(chosen[0]).why}; {about(seconds)}")
            ]
            names = [quoted(task.name) for task in chosen]
            lines += block(f"    ({_setting(chosen[0]).recipe}, [", names, "]),")
        return "\n".join([*lines, "]", ""])

    def _sets(self, task: TaskProfile) -> dict[str, list[TaskProfile]]:
        return self.profile.helping(task.name)

    def _seconds(self, task: TaskProfile) -> float:
        sets = sorted(self._sets(task).values(), key=lambda one: -one[0].n_train)[:LIKELIEST]
        together = [list(chain.from_iterable(sets))] if len(sets) > 1 else []
        return sum(
            self.costs.seconds(_setting(task).method, [task, *one], _setting(task).epochs)
            for one in [*sets, *together]
        )


def _modality(task: TaskProfile) -> str:
    return "image" if task.modality == "image" else "text"


def _setting(task: TaskProfile) -> Setting:
    return SETTINGS[_modality(task)][0]


def _figures(task: TaskProfile) -> str:
    return figures(task).partition("; ")[0] + f"; {task.n_train:,} rows to learn from"
