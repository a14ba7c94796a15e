from __future__ import annotations

import numpy as np
import pytest
import torch

from polytask.learning.encoders.encoder import Features
from polytask.learning.heads.kernel import Kernel
from polytask.learning.kernel import kernel_path


@pytest.fixture
def model():
    features = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)
    truth = np.arange(30) % 3
    return next(kernel_path(features, truth, 3, (1e-3,)))


def test_it_answers_as_the_model_it_was_made_of(world, model) -> None:
    head = Kernel.of(world.tasks["intent"], model)
    rows = np.random.default_rng(1).normal(size=(7, 5)).astype(np.float32)
    assert np.allclose(head(Features(torch.from_numpy(rows))).numpy(), model(rows), atol=1e-4)


def test_another_head_takes_its_sizes_from_the_tensors(world, model) -> None:
    head, again = (Kernel.of(world.tasks["intent"], model), Kernel(world.tasks["intent"], 5))
    again.load_state_dict(head.state_dict())
    given = Features(torch.randn(4, 5))
    assert torch.equal(again(given), head(given))


def test_tensors_that_do_not_fit_each_other_are_refused(world, model) -> None:
    state = Kernel.of(world.tasks["intent"], model).state_dict()
    state["weight"] = state["weight"][:-1]
    with pytest.raises(RuntimeError, match="size mismatch"):
        Kernel(world.tasks["intent"], 5).load_state_dict(state)


def test_before_it_is_filled_every_logit_is_zero(world) -> None:
    head = Kernel(world.tasks["intent"], 5)
    assert torch.equal(head(Features(torch.randn(4, 5))), torch.zeros(4, 3))
