"""Learning curves of short trainings, gone on with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from polytask._errors import ConfigError
from polytask.evaluation.report.naming import in_points
from polytask.learning.proposing.proposer import Gain, Proposer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.proposing.known import Known

_POWERS = (1.0, 0.5, 2.0)
_DECAYS = (0.5, 0.7, 0.3)


@dataclass(frozen=True)
class LearningCurves(Proposer):
    """What short trainings would come to if they went on: together less alone.

    To the results on dev after each epoch a power law and an exponential are fitted; the one that
    fits better is followed to the end of a longer training. Both a training of the very group and
    one of the task alone must be there, of two epochs at least; it speaks of metrics in points.
    (Domhan et al., Speeding Up Automatic Hyperparameter Optimization of Deep Neural Networks by
    Extrapolation of Learning Curves, 2015; power laws: Viering & Loog, The Shape of Learning
    Curves, 2021, arXiv 2103.10948.)

    Args:
        least: Epochs that a curve must have.

    Raises:
        ConfigError: `least` below 2.

    >>> from polytask.learning.proposing.known import Known
    >>> from polytask.tasks.task import Column, Task
    >>> a = Task("a", "a", (Column("t"),), "a", "binary", "accuracy", ("no", "yes"))
    >>> alone, both = [{"a": 0.5}, {"a": 0.6}], [{"a": 0.5}, {"a": 0.7}]
    >>> known = Known({"a": a}, curves={("a",): alone, ("a", "b"): both})
    >>> LearningCurves().gain("a", ["b"], known)
    Gain(score=0.15, reason='a would come to 80.0 with b and to 65.0 alone after 4 epochs')
    """

    cost: ClassVar[str] = "a short training of each group and of each task alone"
    least: int = 2

    def __post_init__(self) -> None:
        if type(self.least) is not int or self.least < 2:
            raise ConfigError(f"`least` is a whole number of at least 2; found {self.least!r}")

    def gain(self, task: str, others: Sequence[str], known: Known) -> Gain | None:
        """The value together less that alone, both at the end of a longer training."""
        curves = [self._curve(task, group, known) for group in ([task, *others], [task])]
        shortest = min(map(len, curves))
        if shortest < self.least or not in_points(known.tasks[task].metric):
            return None
        epochs = known.epochs or 2 * shortest
        together, alone = (min(1.0, forecast(curve, epochs)) for curve in curves)
        told = f"{task} would come to {100 * together:.1f} with {', '.join(others)} and to "
        return Gain(
            round(together - alone, 6), f"{told}{100 * alone:.1f} alone after {epochs} epochs"
        )

    def _curve(self, task: str, group: Sequence[str], known: Known) -> list[float]:
        epochs = known.curves.get(tuple(sorted(group)), ())
        return [epoch[task] for epoch in epochs if task in epoch]


def forecast(values: Sequence[float], epochs: int) -> float:
    """What a curve comes to after `epochs`, at least its best so far, which training keeps.

    Least squares of `a - b t^-c` and `a - b r^t` over a few c and r; of equal ones the first.

    Args:
        values: After the first epochs, higher is better; two at least.
        epochs: How many there will be; those that have been count.

    >>> forecast([0.5, 0.7, 0.8, 0.85], 8) > 0.87
    True
    >>> forecast([0.8, 0.7], 9)
    0.8
    """
    seen, height = np.arange(1, len(values) + 1), np.array(values, dtype=float)
    last = float(max(epochs, len(seen)))
    falls: list[tuple[np.ndarray, float]] = [(1.0 / seen**p, 1.0 / last**p) for p in _POWERS]
    falls += [(rate**seen, rate**last) for rate in _DECAYS]
    found = []
    for fall, end in falls:
        basis = np.stack([np.ones(len(seen)), -fall], axis=1)
        fitted, *_ = np.linalg.lstsq(basis, height, rcond=None)
        error = round(float(np.square(basis @ fitted - height).sum()), 12)
        found.append((error, float(fitted[0] - fitted[1] * end)))
    expected = min(found, key=lambda one: one[0])[1]
    return round(max(expected, *values), 9)
