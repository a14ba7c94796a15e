from __future__ import annotations

import numpy as np
import pytest

from polytask._errors import ConfigError
from polytask.learning.encoders.marks import TRUNCATED
from polytask.learning.encoders.siamese import Siamese
from polytask.learning.neural_part import encode
from polytask.tasks.task import Column, Inputs


def pair(first: list[str], second: list[str]) -> Inputs:
    return Inputs((Column("a"), Column("b")), {"a": first, "b": second})


def test_the_vector_compares_the_texts_encoded_alone(world, tiny) -> None:
    first, second = world.texts[:5], world.texts[5:10]
    u, v = (encode(tiny, Inputs((Column("a"),), {"a": texts})).vectors for texts in (first, second))
    found = encode(Siamese(tiny), pair(first, second)).vectors
    assert found.shape == (5, 4 * tiny.dim)
    assert np.allclose(found, np.hstack([u, v, np.abs(u - v), u * v]), atol=1e-5)


def test_equal_texts_differ_in_nothing(world, tiny) -> None:
    found = encode(Siamese(tiny), pair(world.texts[:3], world.texts[:3])).vectors
    assert np.allclose(found[:, 2 * tiny.dim : 3 * tiny.dim], 0, atol=1e-6)


def test_saved_and_loaded_it_gives_the_same(tiny, tiny_folder, tmp_path) -> None:
    encoder = Siamese(tiny)
    encoder.save(tmp_path)
    again = Siamese.load(tmp_path)
    assert again.digest() == encoder.digest()
    assert Siamese.load(tiny_folder).digest() == encoder.digest()
    assert encoder.digest() != tiny.digest()


def test_layers_are_fixed_inside(tiny) -> None:
    encoder = Siamese(tiny)
    encoder.freeze(1)
    assert (encoder.frozen, tiny.frozen) == (1, 1)


def test_anything_but_a_pair_is_refused(tiny) -> None:
    with pytest.raises(ConfigError, match=r"two text columns.*found a"):
        Siamese(tiny).prepare(Inputs((Column("a"),), {"a": ["x"]}))


def test_a_pair_with_one_text_cut_is_marked_once(tiny) -> None:
    long = "book " * 200
    prepared = Siamese(tiny).prepare(pair(["x", long, long], ["y", "y", long]))
    assert prepared.marked.tolist() == [0, TRUNCATED, TRUNCATED]
