"""The settings of a plan with the tasks that each is tried on, as lists that stand in its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask.planning.writers.wording import about, block, quoted, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from polytask.planning.writers.grouping import Group
    from polytask.planning.writers.ladder import Setting


@dataclass(frozen=True)
class Step:
    """A setting, the tasks it is tried on, and the seconds this takes after the steps before."""

    setting: Setting
    group: Group
    seconds: float


def in_order(
    ladders: Mapping[Group, Sequence[Setting]],
    seconds: Callable[[Setting, Group, set[str]], float],
) -> list[Step]:
    """Every setting with every group it is tried on: the first of all groups, then the second.

    Args:
        ladders: The settings of each group, in order.
        seconds: What a setting takes on a group, but for controls of the tasks named.
    """
    found: list[Step] = []
    for level in range(max(map(len, ladders.values()), default=0)):
        alone: set[str] = set()
        for group, settings in ladders.items():
            if level < len(settings):
                took = seconds(settings[level], group, alone)
                found.append(Step(settings[level], group, took))
                alone = alone | set(group.names)
    return found


def steps_list(steps: Sequence[Step], *, shares: bool) -> str:
    """The list `STEPS` of a plan, with the reason that tasks stand together."""
    why = "together and, for control, alone" if shares else "alone"
    head = f"# 2. Settings with the tasks to try each on, {why}; in this order."
    return "\n".join(["", head, "STEPS = [", *_listed(steps, reasons=True), "]", ""])


def short_list(steps: Sequence[Step]) -> str:
    """The list `SHORT` of a plan."""
    head = "# For tasks that none of these has room for."
    return "\n".join(["", head, "SHORT = [", *_listed(steps, reasons=False), "]", ""])


def _listed(steps: Sequence[Step], *, reasons: bool) -> list[str]:
    lines: list[str] = []
    told: set[tuple[str, ...]] = set()
    for step in steps:
        names = step.group.names
        reason = f" {step.group.reason[:1].upper()}{step.group.reason[1:]}."
        reason = "" if names in told or not reasons else reason
        told.add(names)
        text = f"{step.setting.why[:1].upper()}{step.setting.why[1:]}; "
        lines += [f"    # {line}" for line in wrap(f"{text}{about(step.seconds)}.{reason}")]
        lines += block(f"    ({step.setting.recipe}, [", map(quoted, names), "]),")
    return lines
