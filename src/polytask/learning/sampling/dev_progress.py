"""Sampling by dev progress: tables whose tasks lag are seen more often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from polytask._errors import ConfigError
from polytask.learning.sampling.temperature import Temperature

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.sampling.sampling import When


@dataclass(frozen=True)
class DevProgress(Temperature):
    r"""A table of $n$ rows is seen in proportion to $n^{1/T} \cdot g^s$; $g$ tells how it lags.

    $g$ is the mean over the tasks of the table of what each lacks to perfection on dev after the
    epoch before, at least 0.05; before the first epoch, and where dev cannot tell, $g = 1$ for
    all. (Gottumukkala et al.,
    Dynamic Sampling Strategies for Multi-Task Reading Comprehension, 2020. Theirs is the score of
    a single-task model, here it is perfection, which costs no further training.)

    Args:
        temperature: T, at least 1.
        strength: $s$; 0 is `Temperature`.

    Raises:
        ConfigError: A value out of range.

    >>> from polytask.learning.sampling.sampling import When
    >>> DevProgress().quotas([100, 100], When(1, 3, [[0.1, 0.4]]))
    [40, 160]
    """

    temperature: float = 2.0
    strength: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.strength >= 0:
            raise ConfigError(f"`strength` is at least 0; found {self.strength!r}")

    def shares(self, sizes: Sequence[int], when: When) -> np.ndarray:
        """Those of `Temperature`, times what the last judged epoch left to learn."""
        plain = super().shares(sizes, when)
        if not when.gaps:
            return plain
        return plain * np.clip(when.gaps[-1], 0.05, 1.0) ** self.strength
