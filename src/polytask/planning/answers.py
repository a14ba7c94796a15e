"""What the operations of a plan give back: typed dictionaries, part of what a plan may import."""

from __future__ import annotations

from typing import TypedDict


class Trained(TypedDict):
    """What `train` gives back; plain data, the weights stay outside the plan.

    A candidate that failed or was not started is a value too: `status` says so and `dev` is empty.
    """

    part: str
    """Handle of the trained part, "" unless `status` is "done"."""
    recipe: str
    """Text form of the recipe."""
    tasks: list[str]
    status: str
    """ "done", "failed", or "no time" (its estimate exceeds the seconds left)."""
    reason: str
    """Why it failed or was not started; "" when done."""
    dev: dict[str, float]
    """By task the primary metric on dev (or out of fold); signed as the metric is."""
    seconds: float
    """Seconds it took; 0.0 unless done."""


class Compared(TypedDict):
    """What `compare` says of one task, on dev."""

    gain: float
    """Shared minus control on the primary metric, signed so that > 0 is better."""
    low: float
    high: float
    """Ends of the gain that decide the verdict: with one task those of its 95 % interval, with
    several each at the level that Holm's procedure over the tasks gives it."""
    verdict: str
    """ "better", "no worse", "worse" or "not decidable"."""


class Helper(TypedDict):
    """A labelled set that may help a task and is not served."""

    name: str
    """Name of the set."""
    tasks: list[str]
    """Its tasks, as `train` takes them."""
    rows: int
    """Rows to learn from."""
    similarity: float
    """Cosine of the mean features of its inputs and of the task's, by the frozen encoder."""


class Clue(TypedDict):
    """What is promised of a group of tasks before it is trained together."""

    tasks: list[str]
    """The group."""
    predicted: dict[str, float]
    """By proposer its score: the higher, the more is expected; only ranks can be compared between
    proposers. One with nothing to go by is not there."""
    place: float
    """Mean of the places that proposers give it among all groups: 0 is first with each, 1 last."""
    reason: str
    """Of the proposer that ranks it highest."""


class Cost(TypedDict):
    """What `cost` gives back: what a part takes in a model."""

    base: str
    """What a model keeps once for all parts over it: an encoder; where there is none, the part."""
    bytes: int
    """Size of the base on disk."""
    heads: dict[str, int]
    """By task the bytes that come on top."""
    milliseconds: dict[str, float]
    """By task the median time of one row, measured here: all tasks of the part that read it."""
    reads: dict[str, str]
    """By task the columns of its rows."""
    status: str
    """ "done", or "no time" (there was none to measure it; the rest is then empty)."""


class Attempted(TypedDict):
    """What `try_plan` gives back: how far a child plan came, whatever became of it."""

    status: str
    """ "finished", "unfinished" (it never called `finish`), "failed", "out of time" (its share
    ended), "refused" (it does not pass the check), or "no time" (less is left than its share)."""
    reason: str
    """What happened, for a person; "" when finished in order."""
    model: str
    """What it named in `finish`, for a `finish` of your own; "" if it named nothing."""
    parts: dict[str, str]
    """By task the handle of the part it chose, or of its best on dev."""
    controls: dict[str, str]
    """By task the handle of its best part alone."""
    dev: dict[str, float]
    """By task the primary metric of `parts` on dev; signed as the metric is."""
    seconds: float
    """Seconds it took."""


class Drafted(TypedDict):
    """What `draft` gives back."""

    text: str
    """A plan program that passes the check, for `try_plan`; "" unless `status` is "done"."""
    status: str
    """ "done", "wrong" (no answer passed the check), "no answer" (none came), or "no model"."""
    reason: str
    """Why there is none; "" when done."""
    repairs: int
    """How often its faults went back to the model."""
    tokens: int
    """Tokens sent and written."""
    seconds: float
    """Seconds it took."""
