"""The base of recipes: one question, `fit`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from polytask.learning.part import Part
    from polytask.tasks.task import Fold, Task


def _ignore(event: Mapping[str, Any]) -> None:
    """Drop an event."""


@dataclass(frozen=True)
class Context:
    """Everything a fit needs beside its data and its own arguments.

    Args:
        seed: Seed of every random choice.
        encoder: Text encoder: "" for the embedded default of the language, the name of embedded
            weights, a folder or a hub id.
        image_encoder: The same for images.
        device: "cpu", "cuda", …
        threads: Torch threads.
        dtype: "bfloat16", "float32", or "auto": bfloat16 where the processor has it.
        cache: Folder of the feature cache, or `None` for no cache.
        start: Folder of the part whose encoder the new one starts from, or `None` for pretrained
            weights.
        teachers: By task the folder of the part that teaches it (`learning.teachers`).
        checkpoint: Folder for checkpoints of this very fit, or `None`; a fit that finds one there
            goes on from it and ends bitwise equal to an undisturbed one.
        emit: Takes events as plain dicts, e.g. `{"event": "epoch", "epoch": 1, "epochs": 3,
            "loss": {"intent": 0.4}, "dev": {"intent": 0.97}}`, `{"event": "note", "text": …}`.
    """

    seed: int = 0
    encoder: str = ""
    image_encoder: str = ""
    device: str = "cpu"
    threads: int = 2
    dtype: str = "auto"
    cache: Path | None = None
    start: Path | None = None
    teachers: Mapping[str, Path] = field(default_factory=dict)
    checkpoint: Path | None = None
    emit: Callable[[Mapping[str, Any]], None] = field(default=_ignore, compare=False)


class Recipe(ABC):
    """A way to learn one task, or several together.

    Subclasses are frozen dataclasses whose fields are the configuration; `str()` gives the text
    form. A recipe's file imports torch only inside functions, so that recipes can be named,
    checked and printed without it.
    """

    version: ClassVar[int] = 1
    """Raised by hand when the result of the same arguments changes; part of every memo key."""
    can_start: ClassVar[bool] = False
    """Whether it can start from the encoder of another part."""
    can_distil: ClassVar[bool] = False
    """Whether it can learn from teachers."""
    stores_features: ClassVar[bool] = False
    """Whether it reads and fills the store of features: then such trainings never run at once."""

    @abstractmethod
    def fit(self, tasks: Sequence[Task], fold: Fold, context: Context) -> Part:
        """Learn `tasks` from the training rows of `fold`; its dev rows may stop early, no more."""

    @abstractmethod
    def estimate(self, tasks: Sequence[Task], fold: Fold, context: Context) -> float:
        """Expected seconds of `fit`, from speeds measured on this machine."""

    def __str__(self) -> str:
        parts = [
            f"{item.name}={getattr(self, item.name)!r}"
            for item in fields(self)  # type: ignore[arg-type]
            if repr(getattr(self, item.name)) != repr(_default(item))
        ]
        return f"{type(self).__name__}({', '.join(parts)})"


def _default(item: Any) -> Any:
    return item.default_factory() if callable(item.default_factory) else item.default
