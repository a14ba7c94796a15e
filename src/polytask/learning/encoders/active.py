"""Word embeddings in training: only the rows that training can reach are parameters.

A vocabulary has tens of thousands of words (hundreds of thousands in many languages) and a training
set a few thousand. An optimiser that carries them all spends a third of its time on rows whose
gradient is zero (LOG.md, "Active word embeddings").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor


class ActiveEmbedding(nn.Module):
    """Looks up like `whole`, but trains only the rows `active`.

    Args:
        whole: The embedding to stand in for; its weight is fixed until `restore`.
        active: Ids whose rows are trained, without repetition.

    >>> table = nn.Embedding(5, 2)
    >>> stand_in = ActiveEmbedding(table, torch.tensor([1, 3]))
    >>> stand_in.rows.shape
    torch.Size([2, 2])
    >>> torch.equal(stand_in(torch.tensor([3, 4])), table(torch.tensor([3, 4])))
    True
    """

    def __init__(self, whole: nn.Embedding, active: Tensor) -> None:
        super().__init__()
        self.fixed = (whole,)  # in a tuple: its weight is no parameter of this module
        self.active = active
        self.rows = nn.Parameter(whole.weight.detach()[active].clone())
        place = torch.full((whole.num_embeddings,), -1, dtype=torch.long, device=active.device)
        place[active] = torch.arange(len(active), device=active.device)
        self.place = place

    def forward(self, ids: Tensor) -> Tensor:
        """Rows of `ids`: the trained ones, or those of the whole table where they are not."""
        place = self.place[ids]
        found = functional.embedding(place.clamp(min=0), self.rows)
        if bool((place >= 0).all()):
            return found
        whole = functional.embedding(ids, self.fixed[0].weight.detach())
        return torch.where((place >= 0)[..., None], found, whole)

    def restore(self) -> nn.Embedding:
        """The whole embedding with the trained rows written into it."""
        whole = self.fixed[0]
        with torch.no_grad():
            whole.weight[self.active] = self.rows.detach()
        return whole
