"""The quick models of a plan: usable within a minute, often good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask.planning.writers.wording import about, block, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.planning.writers.costs import Costs, Method
    from polytask.tasks.profile import TaskProfile

TAGGED = 4_000
"""Rows up to which tags are probed: a probe decides each token alone, which takes long for many.

LOG.md, "A probe for tags": 17 points of span F1 above TF-IDF where the names are new, as many below
it where they are not.
"""
_CLASSES = ("binary", "multiclass")  # kinds that KernelProbe answers


@dataclass(frozen=True)
class Quick:
    """A recipe with the tasks that it is tried on.

    Args:
        recipe: Its text form.
        method: What it costs is counted as this.
        tasks: The tasks, each alone.
        why: A phrase for the plan.
    """

    recipe: str
    method: Method
    tasks: Sequence[TaskProfile]
    why: str

    def seconds(self, costs: Costs) -> float:
        """Seconds on all its tasks; features of an encoder are computed once a table."""
        if self.method == "probe":
            return costs.seconds(self.method, self.tasks)
        return sum(costs.seconds(self.method, [task]) for task in self.tasks)


def quick_models(usable: Sequence[TaskProfile], trainable: Sequence[TaskProfile]) -> list[Quick]:
    """The quick models for some tasks.

    Args:
        usable: Those that anything can be learned of.
        trainable: Those of them that there is an encoder for.
    """
    words = [task for task in usable if task.modality != "image"]
    found: list[Quick] = []
    if words:
        found.append(Quick("TfidfLinear()", "tfidf", words, "words and characters, no encoder"))
    probed = [task for task in trainable if task.kind != "tagging" or task.n_train <= TAGGED]
    if probed:
        why = "a frozen encoder, run once; all probes on it count as one part"
        found.append(Quick("Probe()", "probe", probed, why))
    seen = [task for task in probed if task.modality == "image" and task.kind in _CLASSES]
    if seen:
        why = "over the same features, boundaries that bend: for images unlike photographs"
        found.append(Quick("KernelProbe()", "probe", seen, why))
    return found


def quick_list(models: Sequence[Quick], costs: Costs, every: int) -> str:
    """The list `QUICK` of a plan.

    Args:
        models: What `quick_models` gave.
        costs: Seconds per 1,000 rows.
        every: How many tasks there are; a model for all of them stands with `t`.
    """
    lines = [
        "",
        "# 1. Quick models for every task: usable within a minute, often good.",
        "QUICK = [",
    ]
    for one in models:
        lines.append(f"    # {one.why}; {about(one.seconds(costs))}")
        if len(one.tasks) == every:
            lines.append(f"    ({one.recipe}, t),")
        else:
            names = [quoted(task.name) for task in one.tasks]
            lines += block(f"    ({one.recipe}, [", names, "]),")
    return "\n".join([*lines, "]", ""])
