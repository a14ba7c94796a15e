"""Curriculum: short rows first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polytask._errors import ConfigError
from polytask.learning.sampling.temperature import Temperature

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.sampling.sampling import When
    from polytask.tasks.task import Task


@dataclass(frozen=True)
class Curriculum(Temperature):
    r"""An epoch takes its rows from the shortest ones, more of them each time, at last from all.

    The share of the rows of each table that may come up is the competence $\sqrt{c^2 + (1 - c^2)
    t}$, with $t$ from 0 in the first epoch to 1 in the last; tables as in `Temperature`, and with
    T = 1 the last epoch takes every row once. Short rows also cost less. (Platanios et al.,
    Competence-based Curriculum Learning for Neural Machine Translation, 2019, arXiv 1903.09848;
    Bengio et al., Curriculum Learning, 2009.)

    Args:
        temperature: T, at least 1.
        start: $c$, the share in the first epoch.

    Raises:
        ConfigError: A value out of range.

    >>> from polytask.learning.sampling.sampling import When
    >>> [round(Curriculum().pool(When(epoch, 3)), 2) for epoch in range(3)]
    [0.3, 0.74, 1.0]
    """

    temperature: float = 1.0
    start: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.start <= 1:
            raise ConfigError(f"`start` is above 0 and at most 1; found {self.start!r}")

    def pool(self, when: When) -> float:
        """The competence."""
        return math.sqrt(self.start**2 + (1 - self.start**2) * when.progress)

    def suits(self, tasks: Sequence[Task]) -> None:
        """Refuse images, which are all alike.

        Raises:
            ConfigError: Images.
        """
        images = [task.name for task in tasks if task.inputs[0].modality == "image"]
        if images:
            raise ConfigError(
                f"`sampling` Curriculum takes short rows first, and images have no length; found "
                f"{', '.join(images)} on image. Take another, as Uniform()"
            )
