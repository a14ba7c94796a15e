from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from polytask.learning.batches import TrainTable, bucketed, epoch_batches, mixed_batches, targets_of
from polytask.learning.encoders.encoder import Prepared
from polytask.learning.sampling.proportional import Proportional
from polytask.learning.sampling.sampling import When
from polytask.learning.sampling.temperature import Temperature


def table(rows: int, seed: int = 0) -> TrainTable:
    lengths = np.random.default_rng(seed).integers(1, 60, rows)
    return TrainTable(Prepared(list(range(rows)), lengths), {}, {})


def seen(tables, sampling, epochs: int, size: int = 8) -> dict[str, Counter]:
    counts: dict[str, Counter] = {name: Counter() for name in tables}
    for epoch in range(epochs):
        for name, index in epoch_batches(tables, sampling, size, seed=3, when=When(epoch)):
            counts[name].update(index.tolist())
    return counts


def test_proportional_sees_every_row_once_an_epoch() -> None:
    counts = seen({"a": table(101), "b": table(7)}, Proportional(), 2)
    assert set(counts["a"].values()) == {2}
    assert len(counts["a"]) == 101
    assert set(counts["b"].values()) == {2}


@given(st.integers(1, 300), st.integers(1, 40), st.integers(1, 5))
def test_smoothed_sampling_sees_the_rows_of_a_table_equally_often(
    large: int, small: int, epochs: int
) -> None:
    tables = {"a": table(large), "b": table(small)}
    counts = seen(tables, Temperature(2.0), epochs)
    for name, rows in tables.items():
        times = [counts[name][i] for i in range(len(rows))]
        assert max(times) - min(times) <= 1


def test_batches_are_by_chance_and_the_same_for_the_same_seed() -> None:
    tables = {"a": table(100)}
    one, two, later, other = (
        [i.tolist() for _, i in epoch_batches(tables, Proportional(), 8, seed=s, when=When(e))]
        for s, e in ((0, 0), (0, 0), (0, 1), (1, 0))
    )
    assert one == two
    assert one != later
    assert one != other


def test_batches_hold_rows_of_like_length() -> None:
    tables = {"a": table(2000)}
    lengths = tables["a"].prepared.lengths
    batches = [i for _, i in epoch_batches(tables, Proportional(), 32, seed=0, when=When(0))]
    padded = sum(len(i) * lengths[i].max() for i in batches)
    assert padded / lengths.sum() < 1.1


@given(st.lists(st.integers(1, 500), max_size=80), st.integers(1, 20))
def test_prediction_batches_hold_every_row_once_within_the_room(lengths: list[int], size: int):
    array = np.array(lengths, dtype=np.int64)
    batches = bucketed(array, size, room=1000)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) <= size
        assert len(batch) == 1 or len(batch) * array[batch].max() <= 1000


def test_targets_of_tokens_are_padded_as_missing() -> None:
    targets = {"tags": [np.array([1, 2]), np.zeros(0, dtype=np.int64), np.array([3])]}
    rows = TrainTable(Prepared([0, 1, 2], np.ones(3)), targets, {})
    found = targets_of(rows, "tags", np.array([2, 0, 1]), 2)
    assert found.tolist() == [[3, -100], [1, 2], [-100, -100]]


@pytest.mark.parametrize(("values", "kind"), [([3, 1], torch.int64), ([0.5, 1.5], torch.float32)])
def test_targets_of_rows_keep_their_type(values: list[float], kind: torch.dtype) -> None:
    arrays = [np.asarray(v, dtype=None if kind == torch.int64 else np.float32) for v in values]
    rows = TrainTable(Prepared([0, 1], np.ones(2)), {"t": arrays}, {})
    found = targets_of(rows, "t", np.array([1, 0]), None)
    assert found.dtype == kind
    assert found.tolist() == values[::-1]


def test_mixed_batches_hold_rows_of_every_table_and_see_each_row_once() -> None:
    tables = {"a": table(60), "b": table(20)}
    batches = mixed_batches(tables, Proportional(), 8, seed=0, when=When(0))
    assert len(batches) == 10
    assert all([name for name, _ in batch] == ["a", "b"] for batch in batches)
    assert all(sum(len(index) for _, index in batch) == 8 for batch in batches)
    for number, name in enumerate(tables):
        seen_rows = sorted(int(i) for batch in batches for i in batch[number][1])
        assert seen_rows == list(range(len(tables[name])))


def test_a_table_with_fewer_rows_than_batches_is_in_some_of_them() -> None:
    tables = {"a": table(60), "b": table(3)}
    batches = mixed_batches(tables, Proportional(), 8, seed=0, when=When(1))
    assert sorted(int(i) for batch in batches for name, i in _rows_of(batch, "b")) == [0, 1, 2]


def _rows_of(batch, wanted: str):
    return [(name, i) for name, index in batch if name == wanted for i in index]


def test_pieces_of_mixed_batches_hold_rows_of_like_length() -> None:
    tables = {"a": table(1000), "b": table(500, seed=1)}
    spread = []
    for batch in mixed_batches(tables, Proportional(), 30, seed=0, when=When(0)):
        for name, index in batch:
            spread.append(np.ptp(tables[name].prepared.lengths[index]))
    assert np.mean(spread) < 5  # of 1 to 59


def test_where_all_rows_are_alike_they_come_as_drawn() -> None:
    alike = TrainTable(Prepared(list(range(40)), np.full(40, 9)), {}, {})
    found = mixed_batches({"a": alike}, Proportional(), 8, seed=0, when=When(0))
    plain = np.random.default_rng((0, 0, 0)).permutation(40)
    assert [int(i) for ((_, index),) in found for i in index] == plain.tolist()
