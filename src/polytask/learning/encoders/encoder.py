"""The base of encoders: one question, `forward`: a batch of inputs to features.

An encoder is a stack of layers. `freeze(k)` fixes the embeddings and the lowest `k` layers; their
output, `lower(batch)`, is then a constant that training computes once, and `upper` is the rest.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import torch
from torch import nn

from polytask._errors import ConfigError
from polytask.learning.encoders.holding import Holding
from polytask.learning.encoders.marks import blank

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from torch import Tensor

    from polytask.tasks.task import Inputs

Batch: TypeAlias = "Mapping[str, Tensor]"
"""What `collate` makes of some rows; only the encoder itself knows the names in it."""


@dataclass(frozen=True)
class Features:
    """What an encoder says of n rows.

    Args:
        vector: One vector a row, `(n, d)` float32.
        tokens: One vector a token of the user, `(n, t, d)` float32, or `None` where the input is
            not a list of tokens.
        mask: Which places of `tokens` hold a token, `(n, t)` bool.
    """

    vector: Tensor
    tokens: Tensor | None = None
    mask: Tensor | None = None


@dataclass(frozen=True)
class Prepared:
    """Rows ready to be put into batches; holds no tensors.

    Args:
        items: One value a row (token ids, image bytes), known to the encoder alone.
        lengths: The cost of each row, `(n,)` int: rows of like length share a batch.
        marks: Which rows are not read as they are (`encoders.marks`), `(n,)`; `None` for none.
    """

    items: Sequence[Any]
    lengths: np.ndarray
    marks: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.items)

    @property
    def marked(self) -> np.ndarray:
        """A mark a row, `(n,)` uint8."""
        return blank(len(self)) if self.marks is None else self.marks


class Encoder(Holding, ABC):
    """Turns rows of inputs into features.

    Attributes:
        dim: Width of the features.
        depth: How many layers `freeze` can fix; 0 where the encoder cannot be split.
        frozen: How many of the lowest layers are fixed.
        mixes: Whether in training the rows of a batch change each other's features (batch
            normalisation); a batch then holds rows of every table.
        source: Where the weights came from (name, folder or hub id); "" if made at random, or
            trained before.
        image_size: What `resize` was called with; `None` where images have the size of pretraining.
    """

    dim: int
    depth: int = 0
    frozen: int = 0
    mixes: bool = False
    source: str = ""
    image_size: int | None = None

    @abstractmethod
    def prepare(self, inputs: Inputs) -> Prepared:
        """Do once all that needs no gradient and no tensor: tokenise, find files, align."""

    @abstractmethod
    def collate(
        self, prepared: Prepared, index: Sequence[int], generator: np.random.Generator | None = None
    ) -> dict[str, Tensor]:
        """Make a batch of the rows at `index`.

        Args:
            prepared: What `prepare` gave.
            index: Rows of the batch, in order.
            generator: Source of random augmentation; `None` for none (always in prediction).
        """

    @abstractmethod
    def lower(self, batch: Batch) -> Tensor:
        """Output of the embeddings and the `frozen` lowest layers, `(s, …)`, one entry a sequence.

        Needs no gradient. Rows may be padded at the end of the second axis.
        """

    @abstractmethod
    def upper(self, hidden: Tensor, batch: Batch) -> Features:
        """Features from what `lower` gave for the same batch."""

    def embedded(self, hidden: Tensor, batch: Batch) -> Tensor:
        """The embedded words `(s, t, d)`, for `upper` to read, of what `lower` gave.

        Raises:
            ConfigError: There are none, or fixed layers stand over them.
        """
        del hidden, batch
        raise ConfigError(f"{type(self).__name__} embeds no words that could be moved")

    def forward(self, batch: Batch) -> Features:
        """Features of a batch."""
        return self.upper(self.lower(batch), batch)

    def together(self, hidden: Sequence[Tensor], batches: Sequence[Batch]) -> list[Features]:
        """`upper` of several batches of one step; one pass for all where the encoder mixes rows."""
        return [self.upper(part, batch) for part, batch in zip(hidden, batches, strict=True)]

    def strata(self) -> list[nn.Module]:
        """The layers from bottom to top, together all; one where the encoder cannot be split."""
        return [self]

    def blocks(self) -> list[nn.Module]:
        """The layers from bottom to top that each give `(s, t, dim)`; none where they do not."""
        return []

    def statistics(self) -> list[Tensor]:
        """Numbers that training changes though no gradient does, such as running means."""
        return []

    def lengths(self, batch: Batch) -> list[int] | None:
        """Entries of `lower(batch)` that are no padding, a sequence each; `None` where all are."""
        del batch
        return None

    @abstractmethod
    def freeze(self, layers: int, *, embeddings: bool = True) -> None:
        """Fix the lowest `layers` layers (all of them: `depth`) and, unless told, the embeddings.

        Raises:
            ConfigError: The encoder cannot be split, or has fewer layers.
        """

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write a folder that `load` reads: `config.json`, weights as safetensors, tokenizer."""

    @classmethod
    @abstractmethod
    def load(cls, source: str | Path) -> Self:
        """Read an encoder from a folder; runs no code from it.

        Raises:
            ModelError: Weights missing, damaged or of another kind.
        """

    def set_dropout(self, rate: float) -> None:
        """Set every dropout inside the encoder to `rate`."""
        for module in self.modules():
            if isinstance(module, nn.Dropout):
                module.p = rate

    def narrow(self, prepared: Sequence[Prepared]) -> None:
        """Before training: train only what the rows `prepared` can reach; nothing by default."""
        del prepared

    def widen(self) -> None:
        """After training: undo `narrow`, with all that was trained in its place."""

    def shorten(self, layers: int) -> None:
        """Leave out the top `layers` layers from now on; to be called before `freeze`.

        Raises:
            ConfigError: The encoder cannot be split, or has no more layers than that.
        """
        raise ConfigError(f"The encoder has no layers that can be left out; asked for {layers}")

    def resize(self, size: int) -> None:
        """Read images at `size` pixels a side from now on.

        Raises:
            ConfigError: The encoder reads no images, or none of that size.
        """
        raise ConfigError(f"`image_size` is for images, and this encoder reads none; found {size}")

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device
