"""What becomes of candidates that a plan asks for: one, or several at once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from polytask._catalogue import parse
from polytask._errors import OutputError, PolytaskError
from polytask.workflow.keys import candidate_name
from polytask.workflow.lineage import NO_LINEAGE, Lineage
from polytask.workflow.pool import Job
from polytask.workflow.remote import WorkerStopped
from polytask.workflow.requests import alone, expected
from polytask.workflow.speeds import testing_seconds

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from polytask.planning.operations import Trained
    from polytask.workflow.host import HostOperations
    from polytask.workflow.requests import Request


@dataclass(frozen=True)
class Asked:
    """A candidate that can be trained: its arguments, checked (see `Operations.train`)."""

    tasks: tuple[str, ...]
    recipe: str
    repeat: int = 0
    lineage: Lineage = NO_LINEAGE

    @property
    def name(self) -> str:
        """Its name in events and reports; of no other."""
        return candidate_name(self.recipe, self.tasks, self.repeat, self.lineage)

    def facts(self) -> dict[str, Any]:
        """As the worker takes it."""
        what = {"tasks": list(self.tasks), "recipe": self.recipe, "repeat": self.repeat}
        return {**what, **self.lineage.facts()}


def train(host: HostOperations, asked: Sequence[Asked]) -> list[Trained]:
    """Train `asked` side by side as far as there are workers; what came of each, in their order.

    Args:
        host: Carries out the operations of the run.
        asked: The candidates; of equal ones (recipes written differently are equal) one is trained.
    """
    keys = [""] if len(asked) == 1 else [_key(one) for one in asked]
    each = dict(zip(keys, asked, strict=True))
    jobs = [Job(one.name, _requests(host, one), _lane(one)) for one in each.values()]
    if host.pool is None:
        found = [alone(job.requests, host.worker.call) for job in jobs]
    else:
        found = host.pool.carry_out(jobs)
    answers = dict(zip(each, found, strict=True))
    return [answers[key] for key in keys]


def _key(one: Asked) -> str:
    from polytask.workflow.checking import VOCABULARY

    facts = one.facts() | {"recipe": VOCABULARY.canonical(one.recipe)}
    return str(sorted(facts.items()))


def _lane(one: Asked) -> str:
    """Recipes that share the store of features go one after the other.

    Whose batches a row was in when its features were computed shows in their last digits: side by
    side it would be chance. Besides, the second finds what the first has computed.
    """
    from polytask.learning.recipes import RECIPES

    return "features" if RECIPES.load(parse(one.recipe).name).stores_features else ""


def _requests(host: HostOperations, one: Asked) -> Generator[Request, Any, Trained]:
    """Train, unless the estimate exceeds what is left; failures are values."""
    trained: dict[str, Any] = {
        "part": "",
        "recipe": one.recipe,
        "tasks": list(one.tasks),
        "status": "done",
        "reason": "",
        "dev": {},
        "seconds": 0.0,
    }
    began = time.monotonic()
    try:
        trained |= yield from _in_time(host, one)
    except OutputError:
        raise  # a full disk ends the run; it can be resumed
    except PolytaskError as error:
        trained |= {"status": "failed", "reason": str(error)}
    if trained["status"] == "done":
        trained["seconds"] = round(time.monotonic() - began, 3)
    left = host.clock.left()
    told = {"repeat": one.repeat, "builds_on": str(one.lineage), "seconds_left": left}
    host.emit({"event": "found", **trained, **told})
    return cast("Trained", trained)


def _in_time(host: HostOperations, one: Asked) -> Generator[Request, Any, dict[str, Any]]:
    # The final evaluation answers the test rows with this repeat and with those before it.
    testing = one.repeat * testing_seconds(host.taskset) if one.repeat else 0.0
    left = host.clock.left() - testing
    if left <= 0:  # a call would only kill the worker, which the final evaluation needs
        return {"status": "no time", "reason": "the time for training is used up"}
    deadline = time.monotonic() + left
    try:
        needed = yield from expected(deadline, one.facts())
        left = deadline - time.monotonic()
        if needed > left:
            reason = f"would take about {needed:.0f} s, {left:.0f} s are left"
            return {"status": "no time", "reason": reason}
        found = yield "train", deadline, one.facts()
    except WorkerStopped:
        return {"status": "no time", "reason": f"stopped: it took longer than {left:.0f} s"}
    return {"part": found["part"], "dev": found["dev"]}
