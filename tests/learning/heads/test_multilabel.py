from __future__ import annotations

import numpy as np
import torch

from polytask.learning.heads.multilabel import Multilabel


def test_encodes_indicators_in_the_order_of_the_labels(world) -> None:
    head = Multilabel(world.tasks["about"], 4)
    found = head.encode([["good", "rome"], []])
    assert [row.tolist() for row in found] == [[1, 0, 0, 1], [0, 0, 0, 0]]
    assert np.isnan(head.encode([None])[0]).all()


def test_biases_start_at_the_log_odds_of_the_labels(world) -> None:
    head = Multilabel(world.tasks["about"], 4)
    head.fit([["rome"], ["rome"], ["paris"], None])
    rates = torch.sigmoid(head.linear.bias).tolist()
    assert np.allclose(rates, [2.5 / 4, 1.5 / 4, 0.5 / 4, 0.5 / 4])
