from __future__ import annotations

import os

import numpy as np
import pytest

from polytask.learning import features as store
from polytask.learning import neural_part
from polytask.learning.encoders.marks import WINDOWED
from polytask.learning.features import features
from polytask.learning.part_files import read_tensors, write_tensors
from polytask.tasks.task import Column, Inputs


@pytest.fixture
def inputs(world):
    return world.fold.dev["talk"].inputs


@pytest.fixture
def computed(monkeypatch) -> list[int]:
    """How many rows each call of the encoder was given."""
    calls: list[int] = []
    encode = neural_part.encode

    def counted(encoder, inputs, **options):
        calls.append(len(inputs))
        return encode(encoder, inputs, **options)

    monkeypatch.setattr(neural_part, "encode", counted)
    return calls


def get(tiny, inputs, cache, **options):
    return features(tiny, inputs, cache=cache, dtype="float32", **options)


def test_a_row_is_computed_once(tiny, inputs, computed, tmp_path) -> None:
    first = get(tiny, inputs.take(range(20)), tmp_path)
    both = get(tiny, inputs, tmp_path)
    again = get(tiny, inputs, tmp_path)
    assert sum(computed) == len(set(inputs.keys()))
    assert np.array_equal(both.vectors[:20], first.vectors)
    assert np.array_equal(both.vectors, again.vectors)
    assert again.tokens is None


def test_stored_and_fresh_features_are_equal(tiny, inputs, tmp_path) -> None:
    fresh = get(tiny, inputs, None, tokens=True)
    get(tiny, inputs, tmp_path, tokens=True)
    stored = get(tiny, inputs, tmp_path, tokens=True)
    assert np.array_equal(fresh.vectors, stored.vectors)
    assert [line.shape for line in stored.tokens] == [
        (len(row), tiny.dim) for row in inputs.values["tokens"]
    ]
    assert all(np.array_equal(a, b) for a, b in zip(fresh.tokens, stored.tokens, strict=True))


def test_marks_are_stored_with_the_features(tiny, tmp_path) -> None:
    words = [["play"] * 200, ["rome"], ["book"] * 100]
    inputs = Inputs((Column("tokens", tokens=True),), {"tokens": words})
    for _ in range(2):
        found = get(tiny, inputs, tmp_path)
        assert found.marks.tolist() == [WINDOWED, 0, WINDOWED]
    assert found.take([1, 2]).marks.tolist() == [0, WINDOWED]


def test_a_store_from_before_marks_is_computed_again(tiny, inputs, computed, tmp_path) -> None:
    before = get(tiny, inputs, tmp_path)
    (path,) = tmp_path.glob("*/*.safetensors")
    tensors = read_tensors(path)
    write_tensors(path, {name: value for name, value in tensors.items() if name != "marks"})
    after = get(tiny, inputs, tmp_path)
    assert len(computed) == 2
    assert np.array_equal(before.vectors, after.vectors)


def test_other_weights_have_a_store_of_their_own(tiny, inputs, computed, tmp_path) -> None:
    get(tiny, inputs, tmp_path)
    next(tiny.parameters()).data.add_(0.5)
    get(tiny, inputs, tmp_path)
    assert len(computed) == 2
    assert computed[0] == computed[1]


def test_a_damaged_file_is_computed_again(tiny, inputs, computed, tmp_path) -> None:
    before = get(tiny, inputs, tmp_path)
    (path,) = tmp_path.glob("*/*.safetensors")
    path.write_bytes(path.read_bytes()[:100])
    after = get(tiny, inputs, tmp_path)
    assert len(computed) == 2
    assert np.array_equal(before.vectors, after.vectors)


def test_the_oldest_files_go_when_the_store_is_full(tiny, inputs, tmp_path, monkeypatch) -> None:
    get(tiny, inputs.take([0, 1]), tmp_path)
    (old,) = tmp_path.glob("*/*.safetensors")
    os.utime(old, (1, 1))
    monkeypatch.setattr(store, "LIMIT", old.stat().st_size + 10)
    known = set(inputs.take([0, 1]).keys())
    fresh = [i for i, key in enumerate(inputs.keys()) if key not in known]
    get(tiny, inputs.take(fresh[:2]), tmp_path)
    (left,) = tmp_path.glob("*/*.safetensors")
    assert left != old


def test_a_full_disk_costs_only_the_store(tiny, inputs, tmp_path, monkeypatch) -> None:
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_tensors", full)
    found = get(tiny, inputs, tmp_path)
    assert np.array_equal(found.vectors, get(tiny, inputs, None).vectors)


def test_no_rows_give_no_features(tiny, inputs, tmp_path) -> None:
    assert get(tiny, inputs.take([]), tmp_path).vectors.shape == (0, tiny.dim)
