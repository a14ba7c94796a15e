"""What a plan says of helpers: which tasks they are tried on, with which setting, at what cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from polytask._catalogue import parse
from polytask.planning.writers.ladder import SETTINGS, Setting
from polytask.planning.writers.wording import about, block, figures, plain, quoted, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.planning.writers.costs import Costs
    from polytask.tasks.profile import Profile, TaskProfile

LIKELIEST = 3
"""Helpers of a task that are tried; ranking finds the best one among them: arXiv 2104.08247."""
FIRST = Setting(
    "FineTune(epochs=2, learning_rate=1e-4)",
    "fine_tune",
    2,
    "what the likeliest sets learn jointly before quick models start from their encoder",
)
"""Twice the passes are no better for what comes after; LOG.md, "Few examples"."""
SCARCE = 64
"""Rows a class up to which contrastive training is tried, too: arXiv 2209.11055."""
_DRAWN = 1600
"""Rows that `FewShot` draws for a task, however many it has."""
_PAIRED = ("binary", "multiclass", "ordinal", "multilabel")  # kinds that FewShot answers


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
        sequence = (
            ", and in sequence: first they, then quick models of the task on their encoder"
            if self.after
            else ""
        )
        return (
            f" Before that decision each task is trained with the {LIKELIEST} sets likeliest to "
            f"help it, by embeddings and size, and then with all of them that did{sequence}; "
            "such sets are not served."
        )

    @cached_property
    def after(self) -> list[tuple[str, list[TaskProfile]]]:
        """Quick recipes, each with the tasks that try it on an encoder which helpers taught.

        Where rows are few, helpers first and the task after them gain what joint training does
        not (LOG.md, "Few examples"). Measured with texts; a probe decides each tag alone.
        """
        probed = [task for task in self.tasks if _quick(task)]
        few = [task for task in probed if _scarce(task)]
        return [(name, of) for name, of in (("Probe()", probed), ("FewShot()", few)) if of]

    @property
    def names(self) -> set[str]:
        """The recipes of that, which a plan imports."""
        recipes = [FIRST.recipe, *(recipe for recipe, _ in self.after)] if self.after else []
        return {parse(recipe).name for recipe in recipes}

    @cached_property
    def seconds(self) -> float:
        """What trying all of it takes, all of the likeliest together included."""
        return sum(map(self._seconds, self.tasks)) + self._seconds_after()

    def text(self) -> str:
        """The lists that stand in the plan; "" where nothing helps."""
        if not self.tasks:
            return ""
        sets = {name: of for task in self.tasks for name, of in self._sets(task).items()}
        known = chain.from_iterable(sets.values())
        lines = ["", "# Helpers: sets that may help and are not served."]
        lines += [f"# {plain(task.name)}: {_figures(task)}" for task in known]
        lines += [f"LIKELIEST = {LIKELIEST}  # of them are tried with a task"]
        lines += self._text_after()
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

    def _text_after(self) -> list[str]:
        if not self.after:
            return []
        cost = about(self._seconds_after())
        lines = [f"# In sequence, what helps most where rows are few; {cost}: the sets together,"]
        lines += [f"FIRST = {FIRST.recipe}", "# then quick models of the tasks."]
        lines += ["AFTER = ["]
        for recipe, chosen in self.after:
            lines += block(f"    ({recipe}, [", [quoted(task.name) for task in chosen], "]),")
        return [*lines, "]"]

    def _seconds_after(self) -> float:
        """One encoder for each choice of sets, and the quick models that start from it."""
        tried = [(recipe, task) for recipe, of in self.after for task in of]
        sets = [_joined(self._likeliest(task)) for _, task in tried]
        first = {tuple(task.name for task in one): one for one in sets}.values()
        pairs = [replace(task, n_train=_DRAWN) for recipe, task in tried if recipe == "FewShot()"]
        return sum(
            [
                *(self.costs.seconds(FIRST.method, one, FIRST.epochs) for one in first),
                *(self.costs.seconds("probe", [task]) for _, task in tried),
                *(self.costs.seconds("fine_tune", [task]) for task in pairs),
            ]
        )

    def _likeliest(self, task: TaskProfile) -> list[list[TaskProfile]]:
        """The sets that cost most, since which are likeliest shows in the run."""
        return sorted(self._sets(task).values(), key=lambda one: -one[0].n_train)[:LIKELIEST]

    def _sets(self, task: TaskProfile) -> dict[str, list[TaskProfile]]:
        return self.profile.helping(task.name)

    def _seconds(self, task: TaskProfile) -> float:
        sets = self._likeliest(task)
        together = [_joined(sets)] if len(sets) > 1 else []
        return sum(
            self.costs.seconds(_setting(task).method, [task, *one], _setting(task).epochs)
            for one in [*sets, *together]
        )


def _joined(sets: Sequence[Sequence[TaskProfile]]) -> list[TaskProfile]:
    return list(chain.from_iterable(sets))


def _quick(task: TaskProfile) -> bool:
    return task.modality != "image" and task.kind != "tagging"


def _scarce(task: TaskProfile) -> bool:
    return task.kind in _PAIRED and task.n_train <= SCARCE * max(2, len(task.classes))


def _modality(task: TaskProfile) -> str:
    return "image" if task.modality == "image" else "text"


def _setting(task: TaskProfile) -> Setting:
    return SETTINGS[_modality(task)][0]


def _figures(task: TaskProfile) -> str:
    return figures(task).partition("; ")[0] + f"; {task.n_train:,} rows to learn from"
