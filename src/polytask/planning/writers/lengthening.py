"""What a plan says of tasks with few rows: twice as many passes, as long as that gains.

A few passes over few rows are few steps, and fine-tuning on small data often ends before it has
converged (Mosbach et al., "On the Stability of Fine-tuning BERT", ICLR 2021, arXiv 2006.04884). How
many passes it takes differs from task to task, so the plan does not know: it measures, doubles and
measures again. Joint parts and their controls are trained alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask.planning.writers.ladder import Setting
from polytask.planning.writers.wording import about, block, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from polytask.planning.writers.steps import Step

MOST = 2_000
"""Rows to learn from up to which a task counts as one with few."""
_FIRST = 12
_LAST = 48
"""Passes of the first round and the most. LOG.md, "Twice as many passes where rows are few"."""

SETTING = Setting(
    f"FineTune(epochs={_FIRST}, learning_rate=2e-4, embeddings=True)",
    "fine_tune",
    _FIRST,
    "twice as many passes",
    "text",
)
"""The first round."""

IDEA = (
    f" Tasks with at most {MOST:,} rows get twice as many passes, and twice again, as long as that "
    "gains."
)

_HEAD = '''

def longer(names):
    """Twice as many passes, together and alone, and twice again as long as a task gains by it."""
    passes = FIRST_PASSES
    while passes <= MOST_PASSES:
        before = {task: reached(task) for task in names}
'''

_TAIL = """\
        if all([reached(task) <= before[task] + TOLERANCE for task in names]):
            break
        passes *= 2
"""

_RECIPE = "FineTune(epochs=passes, learning_rate=2e-4, embeddings=True)"

_REACHED = '''

def reached(task):
    """The best on dev of all that answers a task, of its own or shared."""
    found = [joint for _, joint in joints if task in joint["dev"]]
    if task in best:
        found.append(best[task])
    return max([score(one, task) for one in found], default=float("-inf"))
'''

_REACHED_ALONE = '''

def reached(task):
    """The best on dev of a task."""
    return score(best[task], task) if task in best else float("-inf")
'''

LOOP = """
for names in LONGER:
    longer(names)
"""


def constants(steps: Sequence[Step], *, shares: bool, margin: float) -> Iterable[str]:
    """The lists of a plan that `longer` goes by; nothing where no task has few rows.

    Args:
        steps: The first round, with the groups that it is tried on.
        shares: Whether tasks may be learned together; the plan knows `TOLERANCE` then.
        margin: δ of the certificate: a gain that does not reach it ends the doubling.
    """
    seconds = sum(step.seconds for step in steps)
    yield f"\n# Tasks with at most {MOST:,} rows to learn from; the first round {about(seconds)}."
    yield "LONGER = ["
    for step in steps:
        yield from block("    [", map(quoted, step.group.names), "],")
    yield "]"
    yield f"FIRST_PASSES, MOST_PASSES = {_FIRST}, {_LAST}"
    if not shares:
        yield f"TOLERANCE = {margin:g}  # a gain that does not reach it ends the doubling"


def functions(*, shares: bool) -> str:
    """The functions `reached` and `longer` of a plan.

    Args:
        shares: Whether tasks may be learned together.
    """
    step = "together" if shares else "attempt"
    call = f"        {step}(names, {_RECIPE})\n"
    return (_REACHED if shares else _REACHED_ALONE) + _HEAD + call + _TAIL
