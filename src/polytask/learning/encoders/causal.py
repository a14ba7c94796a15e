"""Text read by a language model: a decoder that sees, at each word, only the words before it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import torch

from polytask._errors import ConfigError, ModelError
from polytask.learning.encoders.text import LONGEST, TextEncoder, kept_settings, pool
from polytask.learning.encoders.transformer import is_causal, load_transformer
from polytask.learning.encoders.words import tokenize

if TYPE_CHECKING:
    from torch import Tensor

    from polytask.learning.encoders.encoder import Batch, Features, Prepared
    from polytask.tasks.task import Inputs

POOLINGS = ("mean", "last")
"""How the vector of a row comes about, the default first; LOG.md, "A language model as encoder"."""


class CausalEncoder(TextEncoder):
    """A transformers decoder (Llama, Qwen, SmolLM, …) as an encoder, without its word predictions.

    Every row begins with one special token: decoders put there what they attend to when nothing
    else matters, with numbers so large that they would drown the mean; it counts in no vector. A
    token of the user has the vector of its last sub-word: at the others the model has not yet read
    the whole of it.

    Args:
        model: A `transformers` model that gives `last_hidden_state`.
        tokenizer: Its (fast) tokenizer.
        max_length: Longest input in sub-words, the special one included.
        prefix: Text put before every first text.
        source: Where the weights came from.
        pooling: "mean" over the sub-words, or the "last" one, which has seen the whole row.

    Raises:
        ConfigError: Another `pooling`.
        ModelError: A tokenizer without a special token to begin with.
    """

    cost: ClassVar[str] = "that of a language model a row: many times that of a small encoder"

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        max_length: int = LONGEST,
        prefix: str = "",
        source: str = "",
        pooling: str = POOLINGS[0],
    ) -> None:
        if pooling not in POOLINGS:
            raise ConfigError(f"`pooling` is {' or '.join(POOLINGS)}; found {pooling!r}")
        _begin(tokenizer, source)
        super().__init__(model, tokenizer, max_length=max_length, prefix=prefix, source=source)
        self.pooling = pooling
        model.config.use_cache = False  # a past is for writing; halves have none

    @classmethod
    def load(cls, source: str | Path, *, max_length: int = LONGEST) -> Self:
        """As `TextEncoder.load`; `polytask.json` in the folder may also say `pooling`."""
        model, tokenizer = load_transformer(source)
        kept = kept_settings(Path(source))
        return cls(
            model,
            tokenizer,
            max_length=int(kept.get("max_length", max_length)),
            prefix=str(kept.get("prefix", "")),
            source=str(source),
            pooling=str(kept.get("pooling", POOLINGS[0])),
        )

    def kept(self) -> dict[str, Any]:
        """What `polytask.json` holds."""
        return {**super().kept(), "pooling": self.pooling}

    def signature(self) -> str:
        """Kind, pooling, and what counts for every text encoder."""
        return f"CausalEncoder {self.pooling} {super().signature()}"

    def prepare(self, inputs: Inputs) -> Prepared:
        """As `TextEncoder.prepare`, with the places of last sub-words."""
        return tokenize(self.tokenizer, inputs, self.max_length, self.prefix, causal=True)

    def pool(self, hidden: Tensor, batch: Batch) -> Features:
        """The vector of each row, and those of the user's tokens."""
        mask = batch["attention_mask"]
        if self.pooling == "last":
            found = pool(hidden, batch)
            return replace(found, vector=_last(hidden, batch))
        counted = mask.clone()
        counted[:, 0] = (mask.sum(1) == 1).to(mask.dtype)  # a row of no words has nothing else
        return pool(hidden, {**batch, "attention_mask": counted})


def text_encoder(source: str | Path) -> TextEncoder:
    """The encoder of texts at `source`: a folder or a hub id, a language model or none.

    Raises:
        ModelError: Weights missing, damaged or not of a text encoder.
    """
    return (CausalEncoder if is_causal(source) else TextEncoder).load(source)


def _last(hidden: Tensor, batch: Batch) -> Tensor:
    """What stands at the last sub-word of each row, padding aside; of windows that of the last."""
    ends = batch["attention_mask"].sum(1) - 1
    found = hidden[torch.arange(len(hidden), device=hidden.device), ends]
    if "owner" not in batch:
        return found
    return found[batch["owner"].bincount().cumsum(0) - 1]


def _begin(tokenizer: Any, source: str) -> None:
    """Let every sequence begin with a special token, and a pair be divided by one."""
    from tokenizers.processors import TemplateProcessing

    first = tokenizer.bos_token or tokenizer.eos_token or tokenizer.pad_token
    if first is None:
        raise ModelError(
            f"{source or 'The tokenizer'}: knows no special token (bos, eos or pad) that a row "
            "could begin with; state one in tokenizer_config.json"
        )
    between = tokenizer.eos_token or first
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{first} $A",
        pair=f"{first} $A {between} $B",
        special_tokens=[(one, tokenizer.convert_tokens_to_ids(one)) for one in {first, between}],
    )
