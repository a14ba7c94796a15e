"""What projected gradients foretell, held against the same reckoned in full."""

import pytest
import torch

from polytask.learning.linearised import Projection


def rows(numbers=30_000):
    """Gradients of two batches of three tasks; `b` lies near `a`, and `c` against it."""
    chance = torch.Generator().manual_seed(3)
    base, noise = torch.randn(numbers, generator=chance), 0.2
    signs = {"a": 1.0, "b": 1.0, "c": -1.0}
    return {
        task: [sign * base + noise * torch.randn(numbers, generator=chance) for _ in range(2)]
        for task, sign in signs.items()
    }


def filled(width, found):
    projection = Projection(width=width)
    for task, gradients in found.items():
        for gradient in gradients:
            projection.add(task, gradient, 1.0)
    return projection


def test_inner_products_stay_about_the_same():
    found = rows()
    short = filled(4093, found)
    for one, two in (("a", "b"), ("a", "c"), ("b", "c")):
        full = float(torch.cosine_similarity(found[one][0], found[two][0], dim=0))
        cut = float(torch.cosine_similarity(short.rows[one][0], short.rows[two][0], dim=0))
        assert cut == pytest.approx(full, abs=0.05)


def test_gains_are_those_of_the_gradients_in_full():
    found = rows(400)
    full, again = filled(401, found), filled(401, found)
    assert full.gains() == again.gains(), "no chance in it"
    assert full.rows["a"][0].tolist() == [*found["a"][0].tolist(), 0.0], "one piece, with its sign"
    gains = full.gains()
    assert gains["a"]["b"] > gains["a"]["c"]
    assert gains["a"]["c"] < 0 and gains["c"]["a"] < 0


def test_a_step_of_second_order_by_hand():
    one = Projection(width=2)
    one.add("a", torch.tensor([2.0, 0.0]), 1.0)
    one.add("b", torch.tensor([0.0, 2.0]), 4.0)
    # alone: F + λ = 4 + 4, step 2/8, taken 2 · 2/8 = 0.5; both: λ = 4, the same for a.
    assert one.gains() == {"a": {"b": 0.0}, "b": {"a": 0.0}}
    two = Projection(width=2)
    two.add("a", torch.tensor([2.0, 0.0]), 1.0)
    two.add("b", torch.tensor([-2.0, 0.0]), 1.0)
    assert two.gains() == {"a": {"b": -0.5}, "b": {"a": -0.5}}, "the sum of both is no step"


def test_gradients_and_losses_that_vanish_tell_nothing():
    still = Projection(width=2)
    still.add("a", torch.zeros(3), 1.0)
    still.add("b", torch.zeros(3), 1.0)
    still.add("c", torch.ones(3), 0.0)
    assert still.gains() == {"a": {"b": 0.0}, "b": {"a": 0.0}}
    assert Projection().gains() == {}


def test_chance_of_a_training_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    filled(8, rows(40))
    assert torch.equal(torch.rand(1), expected)
