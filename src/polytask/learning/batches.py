"""Batches: which rows stand together, how often each is seen, and their labels as tensors.

A batch comes from one table; rows of like length share a batch, so that little is padded. The
batches of an epoch depend on seed and epoch number alone, so that training can be resumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from polytask.learning.losses.loss import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from polytask.learning.encoders.encoder import Encoder, Prepared
    from polytask.learning.heads.head import Head
    from polytask.learning.sampling.sampling import Sampling, When
    from polytask.tasks.task import Rows

POOL = 50
"""Batches are cut from sorted pools of this many batches: like lengths, yet still by chance."""


@dataclass(frozen=True)
class TrainTable:
    """The training rows of one table.

    Args:
        prepared: The inputs, prepared by the encoder.
        targets: By task one array a row for the loss.
        factors: By task its weight beside the others of the table (see `Sampling.factor`).
    """

    prepared: Prepared
    targets: Mapping[str, Sequence[np.ndarray]]
    factors: Mapping[str, float]

    def __len__(self) -> int:
        return len(self.prepared)


def train_table(
    rows: Rows, encoder: Encoder, heads: Mapping[str, Head], sampling: Sampling
) -> TrainTable:
    """Prepare the rows of a table, and the targets of those of its tasks that have a head."""
    names = [name for name in rows.targets if name in heads]
    labelled = {name: sum(t is not None for t in rows.targets[name]) for name in names}
    return TrainTable(
        encoder.prepare(rows.inputs),
        {name: heads[name].encode(rows.targets[name]) for name in names},
        {name: sampling.factor(labelled[name], len(rows)) for name in names},
    )


def epoch_batches(
    tables: Mapping[str, TrainTable], sampling: Sampling, size: int, *, seed: int, when: When
) -> list[tuple[str, np.ndarray]]:
    """The batches of an epoch: a table and rows of it each, in order.

    Args:
        tables: Training tables by name.
        sampling: How many rows of each an epoch takes; rows come in turn, so that over the epochs
            every row of a table is seen equally often (to within one), unless the sampling holds
            some back.
        size: Rows a batch.
        seed: Seed of all that is left to chance.
        when: The epoch.
    """
    batches: list[tuple[str, np.ndarray]] = []
    for name, rows in drawn(tables, sampling, seed=seed, when=when).items():
        batches += [(name, batch) for batch in _pooled(rows, tables[name].prepared.lengths, size)]
    order = np.random.default_rng((seed, when.epoch, 7)).permutation(len(batches))
    return [batches[i] for i in order]


def mixed_batches(
    tables: Mapping[str, TrainTable], sampling: Sampling, size: int, *, seed: int, when: When
) -> list[list[tuple[str, np.ndarray]]]:
    """The batches of an epoch, each with rows of every table in the proportion of their quotas.

    For encoders that mix the rows of a batch, and for balancers that hold tasks against each
    other; arguments as in `epoch_batches`.
    """
    found = drawn(tables, sampling, seed=seed, when=when)
    steps = -(-sum(len(rows) for rows in found.values()) // size)
    batches: list[list[tuple[str, np.ndarray]]] = [[] for _ in range(steps)]
    for number, (name, rows) in enumerate(found.items()):
        lengths = tables[name].prepared.lengths
        for batch, piece in zip(
            batches, _dealt(rows, lengths, steps, (seed, when.epoch, number)), strict=True
        ):
            if len(piece):
                batch.append((name, piece))
    return [batch for batch in batches if batch]


def drawn(
    tables: Mapping[str, TrainTable], sampling: Sampling, *, seed: int, when: When
) -> dict[str, np.ndarray]:
    """By table the rows that an epoch takes, in the order drawn; arguments as `epoch_batches`."""
    sizes = [len(table) for table in tables.values()]
    quotas = sampling.quotas(sizes, when)
    before = taken(sizes, sampling, when)
    share, found = sampling.pool(when), {}
    for number, (name, quota) in enumerate(zip(tables, quotas, strict=True)):
        if share < 1:
            shortest = np.argsort(tables[name].prepared.lengths, kind="stable")
            pool = shortest[: max(1, round(share * len(shortest)))]
            found[name] = pool[_rows(len(pool), quota, 0, (seed, number, when.epoch))]
        else:
            found[name] = _rows(sizes[number], quota, int(before[number]), (seed, number))
    return found


def taken(sizes: Sequence[int], sampling: Sampling, when: When) -> np.ndarray:
    """By table how many rows the epochs before `when` took, `(tables,)`."""
    return sum(
        (np.array(sampling.quotas(sizes, earlier)) for earlier in when.before()),
        start=np.zeros(len(sizes), dtype=np.int64),
    )


def bucketed(lengths: np.ndarray, size: int, room: int = 1 << 14) -> list[np.ndarray]:
    """All rows in batches of like length, for prediction.

    Args:
        lengths: Cost of each row.
        size: Most rows a batch.
        room: Most rows times longest row a batch, which bounds its memory.

    >>> [batch.tolist() for batch in bucketed(np.array([5, 1, 4, 2]), 2)]
    [[1, 3], [2, 0]]
    """
    order = np.argsort(lengths, kind="stable")
    batches, start = [], 0
    while start < len(order):
        stop = min(start + size, len(order))
        while stop > start + 1 and int(lengths[order[stop - 1]]) * (stop - start) > room:
            stop -= 1
        batches.append(order[start:stop])
        start = stop
    return batches


def targets_of(table: TrainTable, task: str, index: np.ndarray, width: int | None) -> Tensor:
    """Targets of some rows as a tensor; those of token tasks are padded to `width` tokens."""
    arrays = [table.targets[task][i] for i in index]
    if arrays[0].ndim == 0 or width is None:
        return torch.as_tensor(np.stack(arrays))
    padded = np.full((len(arrays), width), MISSING, dtype=np.int64)
    for row, array in zip(padded, arrays, strict=True):
        row[: len(array)] = array[:width]
    return torch.as_tensor(padded)


def _rows(count: int, quota: int, first: int, seed: tuple[int, ...]) -> np.ndarray:
    """Rows `first` and on of an endless run of permutations of `count` rows."""
    passes = range(first // count, (first + quota - 1) // count + 1)
    run = np.concatenate(
        [np.random.default_rng((*seed, number)).permutation(count) for number in passes]
    )
    return run[first - passes[0] * count :][:quota]


def _dealt(
    rows: np.ndarray, lengths: np.ndarray, steps: int, seed: tuple[int, ...]
) -> list[np.ndarray]:
    """`rows` in `steps` pieces, each of rows of like length; as they come where all are alike."""
    pieces = np.array_split(rows, steps)
    if len(rows) == 0 or np.ptp(lengths[rows]) == 0:
        return pieces
    found: list[np.ndarray] = []
    for start in range(0, steps, POOL):
        pool = pieces[start : start + POOL]
        joined = np.concatenate(pool)
        joined = joined[np.argsort(lengths[joined], kind="stable")]
        cut = np.split(joined, np.cumsum([len(piece) for piece in pool])[:-1])
        order = np.random.default_rng((*seed, start)).permutation(len(cut))
        found += [cut[i] for i in order]
    return found


def _pooled(rows: np.ndarray, lengths: np.ndarray, size: int) -> list[np.ndarray]:
    batches = []
    for start in range(0, len(rows), size * POOL):
        pool = rows[start : start + size * POOL]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [pool[i : i + size] for i in range(0, len(pool), size)]
    return batches
