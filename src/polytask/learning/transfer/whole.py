"""Plain fine-tuning: everything that the recipe trains, at one rate, from the first step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from polytask.learning.transfer.transfer import Transfer


@dataclass(frozen=True)
class Whole(Transfer):
    """Train all layers of the recipe at one rate from the first step.

    (Devlin et al., BERT, 2019, arXiv 1810.04805.)

    >>> Whole()
    Whole()
    """

    cost: ClassVar[str] = "nothing"
