"""The trainings of a run as values, read from the answers in its journal."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

from polytask.workflow.keys import candidate_name
from polytask.workflow.lineage import NO_LINEAGE, Lineage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from polytask.planning.journal import Call


@dataclass(frozen=True)
class Training:
    """A training that the plan asked for, and how it ended.

    Args:
        tasks: The tasks trained together.
        recipe: Text form.
        status: "done", "failed" or "no time".
        reason: Why it failed or was not started; "" when done.
        part: Handle of the part; "" unless done.
        dev: By task the primary metric on dev; empty unless done.
        repeat: 0, or the number of a repeat with another seed.
        lineage: The parts it builds on.
        seconds: How long it took; of several at once, each from its own beginning.
        line: Line of the plan, or `None`.
    """

    tasks: tuple[str, ...]
    recipe: str
    status: str
    reason: str
    part: str
    dev: dict[str, float]
    repeat: int
    seconds: float
    line: int | None
    lineage: Lineage = NO_LINEAGE

    @property
    def name(self) -> str:
        """Its name in events and reports."""
        return candidate_name(self.recipe, self.tasks, self.repeat, self.lineage)


def trained(call: Call, line: int | None = None) -> list[Training]:
    """The trainings that `call` asked for; none for other calls and those without an answer."""
    if call.state != "done" or call.operation not in ("train", "train_all"):
        return []
    asked: Any = call.arguments
    output: Any = call.output
    if call.operation == "train":
        return [_training(asked, output, call.seconds, line)]
    pairs = zip(asked["candidates"], output, strict=True)
    return [_training(one, found, float(found["seconds"]), line) for one, found in pairs]


def _training(
    asked: Mapping[str, Any], output: Mapping[str, Any], seconds: float, line: int | None
) -> Training:
    return Training(
        tasks=tuple(map(str, output["tasks"])),
        recipe=str(output["recipe"]),
        status=str(output["status"]),
        reason=str(output["reason"]),
        part=str(output["part"]),
        dev={str(task): float(value) for task, value in output["dev"].items()},
        repeat=int(asked.get("repeat", 0)),
        seconds=seconds,
        line=line,
        lineage=Lineage.of(asked),
    )


def trainings(calls: Iterable[Call], lines: Sequence[int | None] = ()) -> list[Training]:
    """All trainings in order.

    Args:
        calls: The operations of the run.
        lines: The line of the plan each stands on, as far as known.
    """
    return list(chain.from_iterable(map(trained, calls, chain(lines, repeat(None)))))
