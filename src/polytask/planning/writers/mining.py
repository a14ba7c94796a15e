"""What a plan says of the portfolio mined offline: a few settings more, behind everything else.

They were chosen since they added most, on dev, to the ladder on other data (`knowledge.portfolio`).
On data they were not mined on that gain is not shown, so nothing waits for them: LOG.md, "A
portfolio".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.planning.writers.constants import judged
from polytask.planning.writers.ladder import mined
from polytask.planning.writers.wording import block, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.planning.writers.ladder import Setting
    from polytask.tasks.profile import TaskProfile

LOOP = """
for recipe, names in MINED:
    for task in [task for task in SEARCHED if task in names and task in best]:
        if parts[task] == controls[task] == best[task]["part"] and not no_room:
            attempt([task], recipe)
            if best[task]["part"] != parts[task]:
                parts[task] = controls[task] = best[task]["part"]
                say(f"{task}: {best[task]['recipe']}, of the portfolio")
"""


def late(tasks: Sequence[TaskProfile]) -> list[tuple[Setting, list[TaskProfile]]]:
    """The settings that stand behind everything, with the tasks like those they were measured on.

    Args:
        tasks: Those with an encoder that can be trained; fewest rows to judge by come last.
    """
    order = sorted(tasks, key=judged, reverse=True)
    found = []
    for modality in ("text", "image"):
        reads = [task for task in order if (task.modality == "image") == (modality == "image")]
        for setting in mined(modality, early=False):
            like = [task for task in reads if task.kind in setting.kinds]
            found += [(setting, like)] if like else []
    return found


def constant(tasks: Sequence[TaskProfile]) -> str:
    """The list `MINED` of a plan; "" where there is nothing to try."""
    lines = [
        line
        for setting, like in late(tasks)
        for line in block(f"    ({setting.recipe}, [", (quoted(task.name) for task in like), "]),")
    ]
    if not lines:
        return ""
    head = "\n# What was best on other data beside the settings above, with the tasks to try it on."
    return "\n".join([head, "MINED = [", *lines, "]", ""])
