"""The output of frozen layers, computed once a row and kept in memory within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.utils.rnn import pad_sequence

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from polytask.learning.encoders.encoder import Batch, Encoder

ROOM = 1 << 30
"""Most bytes kept; rows beyond are computed each time."""


class Lowered:
    """`encoder.lower(batch)`, remembered by row where layers are frozen.

    Kept as float16 under bfloat16 (finer than bfloat16 itself over the range of a normalised
    layer), else as float32.

    Args:
        encoder: An encoder whose `freeze` was called.
        dtype: How the encoder computes.
        room: Most bytes to keep.
    """

    def __init__(self, encoder: Encoder, dtype: str, room: int = ROOM) -> None:
        self.encoder = encoder
        self.kind = torch.float16 if dtype == "bfloat16" else torch.float32
        self.room = room
        self.rows: dict[tuple[str, int], list[Tensor]] = {}

    def __call__(self, table: str, index: np.ndarray, batch: Batch) -> Tensor:
        """Output of the lower layers for the rows `index` of `table`, whose batch is `batch`."""
        if self.encoder.frozen == 0:
            return self.encoder.lower(batch)
        keys = [(table, int(i)) for i in index]
        if all(key in self.rows for key in keys):
            sequences = [sequence for key in keys for sequence in self.rows[key]]
            return pad_sequence(sequences, batch_first=True).float()
        hidden = self.encoder.lower(batch)
        self._keep(keys, hidden, batch)
        return hidden.to(self.kind).float()  # as when it comes from memory: training is the same

    def _keep(self, keys: list[tuple[str, int]], hidden: Tensor, batch: Batch) -> None:
        owners = batch["owner"].tolist() if "owner" in batch else list(range(len(keys)))
        lengths = self.encoder.lengths(batch) or [hidden.shape[1]] * len(owners)
        rows: list[list[Tensor]] = [[] for _ in keys]  # a batch may hold a row twice
        for row, owner, length in zip(hidden.to(self.kind), owners, lengths, strict=True):
            rows[owner].append(row[:length].clone())
        new = dict(zip(keys, rows, strict=True))
        size = sum(t.numel() * t.element_size() for rows in new.values() for t in rows)
        if size <= self.room:
            self.room -= size
            self.rows.update(new)
