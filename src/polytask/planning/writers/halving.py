"""What a plan says of searching settings at the end: successive halving.

Settings drawn at random are trained shortly, the better half of them twice as long, and so on: most
of the time goes to what promises most (Jamieson and Talwalkar, "Non-stochastic Best Arm
Identification and Hyperparameter Optimization", 2016, arXiv 1502.07943). Every training is a
candidate as any other. Tasks that are shared are left alone: a control with more settings tried
than the joint part would be no fair control.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.planning.writers.constants import judged
from polytask.planning.writers.wording import about, block, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.planning.writers.costs import Costs, Method
    from polytask.tasks.profile import TaskProfile

DRAWN = 4
"""Settings that are drawn for a task. LOG.md, "Searching settings at the end"."""
ROUNDS = (2, 4, 8)
"""Epochs of all, then of the better half, then of the best; each round costs the same."""

IDEA = (
    " Last, with time left, settings are drawn at random for the tasks that a part of their own "
    "answers: all are trained shortly, the better half for longer, and the best on dev wins."
)

_FUNCTION = '''

def halve(task):
    """Train the drawn settings shortly, the better half twice as long, and so on until one is left.

    It ends with the first that does not fit: a longer budget goes on from there.
    """
    rest = list(range(DRAWN))
    for epochs in ROUNDS:
        drawn = suggest(task, "random", {}, DRAWN, epochs)  # the same but for the epochs
        scores: dict[int, float] = {}
        for number in rest[: len(drawn)]:
            label = f"{task}: {drawn[number]}"
            tried.add(label)
            found = train([task], drawn[number])
            if found["status"] == "no time":
                no_room.append(label)
                return
            if found["status"] == "failed":
                say(f"{label} failed: {found['reason']}")
                continue
            scores[number] = score(found, task)
            if scores[number] > score(best[task], task):
                best[task] = found
        rest = sorted(scores, key=lambda number: -scores[number])[: len(rest) // 2]
'''

AFTER_REPEATS = """
if any(len(others) < 2 for others in repeats.values()):
    SEARCHED = []  # with more time the seeds come first: what is found now might then not be
"""

LOOP = """
for task in SEARCHED:
    if task in best and parts[task] == controls[task] == best[task]["part"] and not no_room:
        halve(task)
        if best[task]["part"] != parts[task]:
            parts[task] = controls[task] = best[task]["part"]
            say(f"{task}: {best[task]['recipe']}, found by search")
"""


def function(tasks: Sequence[TaskProfile], costs: Costs) -> str:
    """The function `halve` of a plan, with what it needs to know before it.

    Args:
        tasks: Those with an encoder that can be trained; fewest rows to judge by come last.
        costs: What an epoch takes.
    """
    order = sorted(tasks, key=judged, reverse=True)
    epochs = sum((DRAWN >> n) * epochs for n, epochs in enumerate(ROUNDS))
    seconds = sum(costs.seconds(_method(task), [task], epochs) for task in tasks)
    lines = [
        f"\n\nDRAWN = {DRAWN}  # settings that are drawn for a task",
        f"ROUNDS = {[*ROUNDS]}  # epochs of all, then of the better half, and so on",
        f"# All of them, most rows to judge by first, would take {about(seconds)}.",
        *block("SEARCHED = [", (quoted(task.name) for task in order), "]"),
    ]
    return "\n".join(lines) + "\n" + _FUNCTION


def _method(task: TaskProfile) -> Method:
    return "top_layers" if task.modality == "image" else "fine_tune"
