"""What is kept of a finished run: facts of its tasks, its candidates, what sharing gained."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
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
            read = _known(cls, data)
            read["tasks"] = tuple(Facts(**_known(Facts, one)) for one in read["tasks"])
            read["candidates"] = tuple(_candidate(one) for one in read["candidates"])
            read["gains"] = tuple(_gain(one) for one in read.get("gains", ()))
            read["proposed"] = tuple(map(str, read.get("proposed", ())))
            return cls(**read)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"no record of a run: {error!r}") from error


def _known(kind: type[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    names = {item.name for item in fields(kind)}
    return {name: value for name, value in data.items() if name in names}


def _candidate(data: Mapping[str, Any]) -> Candidate:
    return Candidate(
        str(data["recipe"]), _places(data["tasks"]), _values(data["dev"]), float(data["seconds"])
    )


def _gain(data: Mapping[str, Any]) -> Gain:
    return Gain(str(data["recipe"]), _places(data["tasks"]), _values(data["gains"]))


def _places(data: Any) -> tuple[int, ...]:
    return tuple(map(int, data))


def _values(data: Mapping[str, Any]) -> dict[int, float]:
    return {int(task): float(value) for task, value in data.items()}
