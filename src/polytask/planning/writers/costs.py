"""What candidates cost: seconds expected on a common machine."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

from polytask._errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.tasks.profile import TaskProfile

Method = Literal["tfidf", "probe", "top_layers", "fine_tune"]

_LENGTH = 20.0  # words a row that the figures for text are given for
_SHORTEST = 6.0  # below this, what a row costs beside its words dominates


@dataclass(frozen=True)
class Costs:
    """Seconds per 1,000 rows. The defaults are two common CPU cores; slow ones took 8 times that.

    Args:
        tfidf: TfidfLinear, for texts of 20 words (longer ones cost in proportion).
        tfidf_tagging: The same for tags, where every word is a row.
        probe: One pass through the frozen encoder and the linear model on top, 20 words.
        top_layers: One epoch of TopLayers, 20 words.
        fine_tune: One epoch of FineTune, 20 words.
        image_probe: One pass over images.
        image_top_layers: One epoch of TopLayers over images.
        image_fine_tune: One epoch of FineTune over images.

    Raises:
        ConfigError: A figure that is not above 0.
    """

    tfidf: float = 0.8
    tfidf_tagging: float = 4.0
    probe: float = 2.5
    top_layers: float = 2.5
    fine_tune: float = 5.0
    image_probe: float = 20.0
    image_top_layers: float = 6.0
    image_fine_tune: float = 60.0

    def __post_init__(self) -> None:
        for item in fields(self):
            if not getattr(self, item.name) > 0:
                raise ConfigError(f"`{item.name}` of costs is above 0 seconds per 1,000 rows")

    def seconds(self, method: Method, tasks: Sequence[TaskProfile], epochs: int = 1) -> float:
        """Expected seconds of training one part for `tasks`, all folds included.

        Tasks on one table share their rows, so that a joint part passes over each row once.
        """
        tables: dict[str, TaskProfile] = {}
        for task in tasks:
            known = tables.get(task.table)
            if known is None or known.n_train < task.n_train:
                tables[task.table] = task
        folds = max(task.folds for task in tasks)
        fits = folds + 1 if folds > 1 else 1  # one fit a fold, and the final one
        return fits * sum(self._pass(method, task, epochs) for task in tables.values())

    def _pass(self, method: Method, task: TaskProfile, epochs: int) -> float:
        thousands = task.n_train / 1000
        if task.modality == "image":
            return thousands * self._image(method, epochs)
        scale = max(task.mean_length, _SHORTEST) / _LENGTH
        if method == "tfidf":
            return (
                thousands * scale * (self.tfidf_tagging if task.kind == "tagging" else self.tfidf)
            )
        if method == "probe":
            return thousands * scale * self.probe
        if method == "top_layers":  # the frozen layers once, then the upper ones each epoch
            return thousands * scale * (self.probe + epochs * self.top_layers)
        return thousands * scale * epochs * self.fine_tune

    def _image(self, method: Method, epochs: int) -> float:
        if method == "fine_tune":
            return epochs * self.image_fine_tune
        extra = epochs * self.image_top_layers if method == "top_layers" else 0.0
        return self.image_probe + extra
