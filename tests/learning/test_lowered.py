from __future__ import annotations

import numpy as np
import pytest
import torch

from polytask.learning.encoders.marks import WINDOWED
from polytask.learning.lowered import Lowered
from polytask.tasks.task import Column, Inputs


@pytest.fixture
def rows(tiny):
    words = [["play", "rome"], ["book"] * 90, ["rate"], ["good", "oslo"]]
    prepared = tiny.prepare(Inputs((Column("tokens", tokens=True),), {"tokens": words}))
    assert prepared.marked.tolist().count(WINDOWED) == 1
    return prepared


@pytest.fixture
def counted(tiny, monkeypatch):
    calls = []
    lower = tiny.lower
    monkeypatch.setattr(tiny, "lower", lambda batch: calls.append(1) or lower(batch))
    return calls


def test_a_row_is_computed_once_in_whatever_company(tiny, rows, counted) -> None:
    tiny.freeze(1)
    tiny.eval()
    lowered = Lowered(tiny, "float32")
    for index in ([0, 1], [2, 3]):
        lowered("t", np.array(index), tiny.collate(rows, index))
    assert len(counted) == 2
    batch = tiny.collate(rows, [3, 1, 0])
    hidden = lowered("t", np.array([3, 1, 0]), batch)
    assert len(counted) == 2
    found = tiny.upper(hidden, batch)
    expected = tiny(batch)
    assert torch.allclose(found.vector, expected.vector, atol=1e-5)
    assert torch.allclose(found.tokens[found.mask], expected.tokens[found.mask], atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_first_and_later_answers_are_the_same_bits(tiny, rows, dtype: str) -> None:
    tiny.freeze(2)
    lowered = Lowered(tiny, dtype)
    index = np.array([0, 2, 0])
    batch = tiny.collate(rows, index.tolist())
    first = lowered("t", index, batch)
    mask = batch["attention_mask"].bool()
    assert torch.equal(first[mask], lowered("t", index, batch)[mask])


def test_tables_do_not_mix(tiny, rows) -> None:
    tiny.freeze(1)
    lowered = Lowered(tiny, "float32")
    lowered("a", np.array([0]), tiny.collate(rows, [0]))
    assert set(lowered.rows) == {("a", 0)}


def test_rows_beyond_the_room_are_computed_each_time(tiny, rows, counted) -> None:
    tiny.freeze(1)
    lowered = Lowered(tiny, "float32", room=4 * 32 * 4)  # one row of four sub-words
    for _ in range(2):
        for i in (0, 3):
            lowered("t", np.array([i]), tiny.collate(rows, [i]))
    assert len(counted) == 3
    assert lowered.room == 0


def test_nothing_is_kept_where_nothing_is_frozen(tiny, rows) -> None:
    tiny.freeze(0)
    lowered = Lowered(tiny, "float32")
    lowered("t", np.array([0]), tiny.collate(rows, [0]))
    assert lowered.rows == {}
