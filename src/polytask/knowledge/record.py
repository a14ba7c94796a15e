"""What is kept of a finished run: facts of its tasks, its candidates, what sharing gained."""

from __future__ import annotations

import math
from dataclasses import MISSING, asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from polytask.tasks.profile import TaskProfile


@dataclass(frozen=True)
class Facts:
    """What a task is like, in figures.

    Args:
        kind: What is predicted.
        metric: The primary metric.
        modality: "text", "tokens" or "image".
        language: ISO 639-1 code, or "".
        rows: Rows to learn from.
        classes: Classes, labels or tags; 0 for numbers.
        length: Mean length of the inputs in words; 0 for images.
        folds: How many folds; 1 is a fixed split.
        data: A hash of the rows it stands on, by which the same data are known again.
    """

    kind: str
    metric: str
    modality: str
    language: str
    rows: int
    classes: int
    length: float
    folds: int = 1
    data: str = ""

    @classmethod
    def of(cls, task: TaskProfile, data: str = "") -> Facts:
        """The facts of a profile."""
        return cls(
            task.kind,
            task.metric,
            task.modality,
            task.language,
            task.n_train,
            len(task.classes),
            task.mean_length,
            task.folds,
            data,
        )

    @property
    def reads(self) -> str:
        """What reads its inputs: "image", or "text" for texts and lists of words."""
        return "image" if self.modality == "image" else "text"


@dataclass(frozen=True)
class Candidate:
    """A recipe that was trained, and how well it did on dev.

    Args:
        recipe: Text form.
        tasks: Positions of the tasks trained together.
        dev: By position the result on dev: 0 is the best constant answer, 1 is perfect.
        seconds: How long the training took.
    """

    recipe: str
    tasks: tuple[int, ...]
    dev: Mapping[int, float]
    seconds: float


@dataclass(frozen=True)
class Gain:
    """What sharing gained on dev over controls.

    Args:
        recipe: Text form of the joint part's recipe.
        tasks: Positions of the tasks trained together.
        gains: By position joint minus control, in the unit of `Candidate.dev`.
    """

    recipe: str
    tasks: tuple[int, ...]
    gains: Mapping[int, float]


@dataclass(frozen=True)
class Record:
    """A finished run.

    Args:
        run: Eight hex digits; a run that goes on later has the same.
        name: The name of its folder.
        day: When it was finished, as 2026-11-30.
        version: Version of polytask.
        tasks: Facts of its tasks.
        candidates: What was trained, repeats with other seeds left out.
        gains: What was compared.
        proposed: Recipes that earlier runs proposed to it.
    """

    run: str
    name: str
    day: str
    version: str
    tasks: tuple[Facts, ...]
    candidates: tuple[Candidate, ...]
    gains: tuple[Gain, ...] = ()
    proposed: tuple[str, ...] = ()

    def scores(self, task: int) -> dict[tuple[int, ...], dict[str, float]]:
        """By tasks trained together, by recipe the result of `task` on dev."""
        found: dict[tuple[int, ...], dict[str, float]] = {}
        for one in self.candidates:
            if task in one.dev:
                found.setdefault(one.tasks, {})[one.recipe] = one.dev[task]
        return found

    def best(self, task: int) -> str:
        """The recipe that was best on `task`, the quickest among equals; "" if there is none."""
        done = [one for one in self.candidates if task in one.dev]
        if not done:
            return ""
        return max(done, key=lambda one: (one.dev[task], -one.seconds)).recipe

    def to_json(self) -> dict[str, Any]:
        """A dictionary that JSON can hold."""
        found = asdict(self)
        for one in found["candidates"]:
            one["dev"] = {str(task): value for task, value in one["dev"].items()}
        for one in found["gains"]:
            one["gains"] = {str(task): value for task, value in one["gains"].items()}
        return found

    @classmethod
    def from_json(cls, data: Any) -> Record:
        """The record that `to_json` wrote; what a later version added is left aside.

        Raises:
            ValueError: It is none.

        >>> Record.from_json(Record("0f", "a", "2026-11-30", "1", (), ()).to_json()).name
        'a'
        """
        try:
            read = _typed(cls, _known(cls, data))
            read["tasks"] = tuple(_facts(one) for one in read["tasks"])
            read["candidates"] = tuple(_candidate(one) for one in read["candidates"])
            read["gains"] = tuple(_gain(one) for one in read.get("gains", ()))
            read["proposed"] = tuple(map(str, read.get("proposed", ())))
            return _whole(cls(**read))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise ValueError(f"no record of a run: {error!r}") from error


def _known(kind: type[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    names = {item.name for item in fields(kind)}
    return {name: value for name, value in data.items() if name in names}


def _typed(kind: type[Any], read: dict[str, Any]) -> dict[str, Any]:
    """What was read, if texts are texts and counts are finite numbers."""
    for item in fields(kind):
        value = (
            read.get(item.name) if item.default is MISSING else read.get(item.name, item.default)
        )
        if item.type == "str" and not (isinstance(value, str) and _can_be_written(value)):
            raise ValueError(f"`{item.name}` is a text; found {value!r:.80}")
        if item.type in ("int", "float") and not _is_count(value):
            raise ValueError(f"`{item.name}` is a number from 0; found {value!r:.80}")
    return read


def _is_count(value: Any) -> bool:
    return isinstance(value, (int, float)) and 0 <= value < float("inf")


def _can_be_written(text: str) -> bool:
    """Whether it has no half of a character pair, which JSON can state and no file can hold."""
    return not any("\ud800" <= one <= "\udfff" for one in text)


def _facts(data: Mapping[str, Any]) -> Facts:
    return Facts(**_typed(Facts, _known(Facts, data)))


def _whole(record: Record) -> Record:
    """The record, if it speaks of tasks that it has."""
    spoken = [
        *(place for one in record.candidates for place in (*one.tasks, *one.dev)),
        *(place for one in record.gains for place in (*one.tasks, *one.gains)),
    ]
    if not all(0 <= place < len(record.tasks) for place in spoken):
        raise ValueError(f"it speaks of a task that it does not have; it has {len(record.tasks)}")
    return record


def _candidate(data: Mapping[str, Any]) -> Candidate:
    seconds = float(data["seconds"])
    if not 0 <= seconds < float("inf"):
        raise ValueError(f"`seconds` is a number from 0; found {seconds}")
    return Candidate(str(data["recipe"]), _places(data["tasks"]), _values(data["dev"]), seconds)


def _gain(data: Mapping[str, Any]) -> Gain:
    return Gain(str(data["recipe"]), _places(data["tasks"]), _values(data["gains"]))


def _places(data: Any) -> tuple[int, ...]:
    return tuple(map(int, data))


def _values(data: Mapping[str, Any]) -> dict[int, float]:
    found = {int(task): float(value) for task, value in data.items()}
    return {task: value for task, value in found.items() if math.isfinite(value)}
