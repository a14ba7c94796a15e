"""A tag for every token of the user, which depends on the tag before."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn

from polytask.learning.heads.tagging import Tagging
from polytask.learning.losses.crf import CRF, NEVER, marginals

if TYPE_CHECKING:
    from torch import Tensor

    from polytask.evaluation.prediction import Scores
    from polytask.learning.encoders.encoder import Features
    from polytask.tasks.task import Task


class LinearChain(Tagging):
    """Tags by a linear layer and by what may follow what: a conditional random field.

    Its logits are potentials `(n, t, C, C)`; its scores the log probabilities of each token's tag
    given the whole row, so that decisions and calibration work as for `Tagging`.

    Args:
        task: A tagging task.
        dim: Width of the features.
    """

    cost: ClassVar[str] = "a step of C × C for each token, one token after the other"

    def __init__(self, task: Task, dim: int) -> None:
        super().__init__(task, dim)
        self.start = nn.Parameter(torch.zeros(len(task.labels)))
        self.transitions = nn.Parameter(torch.zeros(len(task.labels), len(task.labels)))

    def forward(self, features: Features) -> Tensor:
        """Potentials `(n, t, C, C)`: tag before, tag here; past the end the tag stays, for 0."""
        tags = super().forward(features)
        first = (tags[:, :1] + self.start)[:, :, None, :].expand(-1, -1, tags.shape[-1], -1)
        potentials = torch.cat([first, tags[:, 1:, None, :] + self.transitions], dim=1)
        if features.mask is None:
            return potentials
        stay = torch.full_like(self.transitions, NEVER).fill_diagonal_(0.0)
        return torch.where(features.mask[:, :, None, None], potentials, stay)

    def loss(self) -> CRF:  # type: ignore[override]
        """The likelihood of the chain."""
        return CRF()

    def scores(self, logits: Tensor, mask: Tensor | None) -> Scores:
        """One array `(t, tags)` a row."""
        return super().scores(marginals(logits.detach()), mask)
