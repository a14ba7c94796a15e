from __future__ import annotations

import numpy as np
import pytest
import torch

from polytask.learning.heads.regression import Regression


def test_targets_are_standardised_and_scores_come_back_in_their_unit(world) -> None:
    head = Regression(world.tasks["score"], 4)
    head.fit([100.0, 300.0, None])
    assert [float(value) for value in head.encode([100.0, 300.0])] == [-1.0, 1.0]
    assert np.isnan(head.encode([None])[0])
    assert head.scores(torch.tensor([-1.0, 0.0, 2.0]), None).tolist() == [100.0, 200.0, 400.0]


def test_a_constant_target_does_not_divide_by_zero(world) -> None:
    head = Regression(world.tasks["score"], 4)
    head.fit([5.0, 5.0])
    assert head.scores(torch.tensor([0.0]), None).tolist() == pytest.approx([5.0])
    assert float(head.encode([5.0])[0]) == 0.0
