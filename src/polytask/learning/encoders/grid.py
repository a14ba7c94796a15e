"""Images for probes: what the last layer says of the whole, and a middle layer of each place."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import torch
from torch.nn import functional

from polytask._errors import ModelError
from polytask.learning.encoders.encoder import Encoder, Features, Prepared
from polytask.learning.encoders.image import ImageEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from torch import Tensor

    from polytask.learning.encoders.encoder import Batch
    from polytask.tasks.task import Inputs

PLACES = 4
"""Places a side of the grid."""
HEIGHT = 0.76
"""Where in the stack the middle layer stands: the first of MobileNetV2 that halves 14 x 14."""


class Grid(Encoder):
    """A frozen image encoder: vector = its own, then a middle layer averaged over a 4 x 4 grid.

    The last layers of an encoder know the photographs it was pretrained on; scans, drawings or
    measurements are told apart better by layers below, and by where something is seen (lung
    slices, folds by blocks of files: 0.83 from the vector, 0.86 from the grid, LOG.md). Source:
    Lazebnik, Schmid & Ponce, "Beyond bags of features: spatial pyramid matching", 2006; middle
    layers: Yosinski et al., "How transferable are features in deep neural networks?", 2014,
    arXiv 1411.1792.

    Args:
        inner: An encoder that runs as a chain of layers.
    """

    cost: ClassVar[str] = "that of the image encoder; its features take a few times the room"

    def __init__(self, inner: ImageEncoder) -> None:
        super().__init__()
        self.inner = inner
        self.depth = inner.depth
        self.source = inner.source
        self.middle = max(1, round(HEIGHT * inner.depth))
        self.dim = self._width()

    @classmethod
    def load(cls, source: str | Path) -> Self:
        """Read the image encoder at `source`.

        Raises:
            ModelError: Weights missing, damaged, or not of a plain chain of layers.
        """
        inner = ImageEncoder.load(source)
        if not inner.depth:
            raise ModelError(f"{source}: has no layers that can be told apart; it has no grid")
        return cls(inner).eval()

    def save(self, folder: Path) -> None:
        """Write the inner encoder."""
        self.inner.save(folder)

    def signature(self) -> str:
        """That of the inner encoder, marked."""
        return f"Grid {PLACES} {self.middle} {self.inner.signature()}"

    def prepare(self, inputs: Inputs) -> Prepared:
        """As the inner encoder."""
        return self.inner.prepare(inputs)

    def collate(
        self, prepared: Prepared, index: Sequence[int], generator: np.random.Generator | None = None
    ) -> dict[str, Tensor]:
        """As the inner encoder."""
        return self.inner.collate(prepared, index, generator)

    def lower(self, batch: Batch) -> Tensor:
        """The pixels: probes train no layer, so that nothing is worth remembering."""
        return batch["pixels"]

    def upper(self, hidden: Tensor, batch: Batch) -> Features:
        """Vectors `(n, d + 16 c)`: d features of the last layer, c a place of the middle one."""
        del batch
        middle = self.inner.between(hidden, 0, self.middle)
        last = self.inner.between(middle, self.middle, self.depth)
        return Features(torch.cat([self.inner.pool(last), _grid(middle)], dim=1))

    def freeze(self, layers: int, *, embeddings: bool = True) -> None:
        """Fix layers of the inner encoder."""
        self.inner.freeze(layers, embeddings=embeddings)
        self.frozen = self.inner.frozen

    def _width(self) -> int:
        size = self.inner.pixels.size
        mode = self.training
        self.eval()
        with torch.no_grad():
            width = self.upper(torch.zeros(1, 3, size, size), {}).vector.shape[1]
        self.train(mode)
        return int(width)


def _grid(hidden: Tensor) -> Tensor:
    """`(n, 16 c)` float32 of a map `(n, c, h, w)` or of a sequence: first token, then patches."""
    if hidden.ndim == 3:
        patches = hidden[:, 1:]
        side = int(patches.shape[1] ** 0.5)
        hidden = patches[:, : side * side].transpose(1, 2).reshape(len(hidden), -1, side, side)
    return functional.adaptive_avg_pool2d(hidden.float(), PLACES).flatten(1)
