from __future__ import annotations

import math

import torch

from polytask.learning.losses.binary_cross_entropy import BinaryCrossEntropy


def test_value_is_the_mean_over_labels_in_bits() -> None:
    logits = torch.tensor([[math.log(3.0), 0.0]])  # probabilities 3/4 and 1/2
    found = BinaryCrossEntropy()(logits, torch.tensor([[1.0, 0.0]]))
    assert math.isclose(found.item(), (-math.log2(0.75) + 1.0) / 2, rel_tol=1e-6)
