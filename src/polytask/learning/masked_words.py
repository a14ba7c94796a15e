"""Masked words: an encoder says which sub-words stood where some are hidden."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import nn
from torch.nn import functional

from polytask._errors import ConfigError
from polytask.learning.encoders.causal import CausalEncoder
from polytask.learning.encoders.text import TextEncoder
from polytask.learning.encoders.words import vocabulary
from polytask.learning.self_supervised import Objective

if TYPE_CHECKING:
    from torch import Tensor

    from polytask.learning.encoders.encoder import Encoder
    from polytask.tasks.task import Fold, Task

HIDDEN, KEPT = 0.8, 0.1
"""Shares of the chosen places that show the mask, and that show what stands there."""


class MaskedWords(Objective):
    r"""Logits over the sub-words that the training rows hold, at the places that were chosen.

    $z = E \, \mathrm{LN}(\mathrm{gelu}(W h + a)) + b$ with the row $E_v$ of each sub-word and h
    what the encoder gives at the place; the loss is the mean cross-entropy divided by that of a
    guess among all.

    Args:
        task: Any task of the encoder.
        encoder: A text encoder whose tokenizer has a mask.
        words: Ids of the sub-words to choose among, ascending.
        share: Share of the sub-words that are chosen.
        tied: Whether E is the embedding of the encoder as it is; else it is learned.

    Raises:
        ConfigError: The tokenizer has no mask, or no words are left.
    """

    told: ClassVar[str] = "masked tokens"
    special: Tensor
    words: Tensor
    table: Tensor

    def __init__(
        self, task: Task, encoder: TextEncoder, words: Tensor, *, share: float, tied: bool
    ) -> None:
        super().__init__(task, encoder.dim)
        self.mask = _mask(encoder.tokenizer)
        self.share = share
        self.register_buffer("special", torch.tensor(encoder.tokenizer.all_special_ids))
        self.register_buffer("words", words[~torch.isin(words, self.special)])
        if not len(self.words):
            raise ConfigError("MaskedTokens found no sub-word that it could hide in these rows")
        found: Any = encoder.model.get_input_embeddings()
        table = found.weight.detach()[self.words]
        width = table.shape[1]
        self.above = nn.Sequential(nn.Linear(self.dim, width), nn.GELU(), nn.LayerNorm(width))
        self.bias = nn.Parameter(torch.zeros(len(table)))
        if tied:
            self.register_buffer("table", table.clone())
        else:
            self.table = nn.Parameter(torch.empty_like(table).normal_(std=0.02))

    def price(self, encoder: Encoder, batch: dict[str, Tensor]) -> Tensor:
        """Hide some sub-words, and judge what the encoder makes of their places."""
        ids = batch["input_ids"]
        readable = batch["attention_mask"].bool() & ~torch.isin(ids, self.special)
        shown, chosen = masked(ids, readable, self.share, self.mask, self.words)
        places = chosen.flatten().nonzero().T  # (1, m): as one row whose tokens are the places
        asked = {"input_ids": shown, "places": places, "places_mask": places >= 0}
        found = encoder({**batch, **asked}).tokens
        assert found is not None
        logits = functional.linear(self.above(found[0]), self.table, self.bias).float()
        truth = torch.searchsorted(self.words, ids[chosen])
        costs = functional.cross_entropy(logits, truth, reduction="sum")
        return costs / (max(1, len(truth)) * math.log(max(2, len(self.words))))


def masked(
    ids: Tensor, readable: Tensor, share: float, mask: int, words: Tensor
) -> tuple[Tensor, Tensor]:
    """Choose places at random: eight in ten show the mask, one another sub-word, one itself.

    (Devlin et al., BERT, 2019, arXiv 1810.04805.)

    Args:
        ids: Sub-words, `(s, t)`.
        readable: Which may be chosen, `(s, t)` bool.
        share: The chance of each.
        mask: Id of the mask.
        words: Ids of the sub-words that may stand instead.

    Returns:
        The sub-words to show, and which places were chosen, both `(s, t)`.
    """
    chosen = readable & (torch.rand(ids.shape, device=ids.device) < share)
    way = torch.rand(ids.shape, device=ids.device)
    others = words[torch.randint(len(words), ids.shape, device=ids.device)]
    instead = torch.where(way < HIDDEN, mask, torch.where(way < HIDDEN + KEPT, ids, others))
    return torch.where(chosen, instead, ids), chosen


def objective(task: Task, encoder: Encoder, fold: Fold, *, share: float, tied: bool) -> MaskedWords:
    """The objective of `encoder` for the sub-words that the training rows of `fold` hold.

    Raises:
        ConfigError: An encoder without a mask or without words to read.
    """
    if not isinstance(encoder, TextEncoder) or isinstance(encoder, CausalEncoder):
        raise ConfigError(
            "MaskedTokens hides sub-words of a text encoder that sees both sides of a gap; found "
            f"{type(encoder).__name__}"
        )
    prepared = [encoder.prepare(rows.inputs) for rows in fold.train.values()]
    words = torch.tensor(vocabulary(prepared), dtype=torch.long, device=encoder.device)
    return MaskedWords(task, encoder, words, share=share, tied=tied)


def _mask(tokenizer: Any) -> int:
    if tokenizer.mask_token_id is None:
        raise ConfigError(
            "MaskedTokens needs an encoder whose tokenizer has a mask, and this one has none: use "
            "SimCSE() or an encoder such as 'minilm' or 'e5'"
        )
    return int(tokenizer.mask_token_id)
