"""Size-smoothed sampling."""

from __future__ import annotations

import math
from dataclasses import dataclass

from polytask._errors import ConfigError
from polytask.learning.sampling.sampling import Sampling


@dataclass(frozen=True)
class Temperature(Sampling):
    r"""A table of $n$ rows is seen in proportion to $n^{1/T}$.

    T = 1 is proportional sampling, a large T visits all tables equally often. (Devlin et al.'s
    multilingual BERT; MaChAmp, van der Goot et al., 2021, arXiv 2005.14672.)

    Args:
        temperature: T, at least 1.

    >>> Temperature(2.0).quotas([900, 100])
    [750, 250]
    """

    temperature: float = 2.0

    def __post_init__(self) -> None:
        if not self.temperature >= 1:
            raise ConfigError(f"`temperature` is at least 1; found {self.temperature!r}")

    def size(self, rows: int) -> float:
        """`rows` to the power 1/T."""
        return math.pow(rows, 1.0 / self.temperature)
