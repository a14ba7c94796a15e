from __future__ import annotations

import torch

from polytask.learning.losses.huber import Huber
from polytask.learning.losses.squared_error import SquaredError


def test_it_is_squared_error_in_the_middle_and_a_line_outside() -> None:
    target = torch.zeros(3)
    inner = torch.tensor([-0.9, 0.1, 0.7])
    assert torch.allclose(Huber()(inner, target), SquaredError()(inner, target))
    outer = Huber(delta=2.0)(torch.tensor([3.0, 4.0, 5.0]), target)
    assert outer.diff().tolist() == [4.0, 4.0]  # a slope of 2 delta
