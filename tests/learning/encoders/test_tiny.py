from __future__ import annotations

import torch

from polytask.learning.encoders.tiny import tiny_text_encoder


def test_the_seed_decides_the_weights_and_leaves_the_random_state() -> None:
    before = torch.get_rng_state()
    first, second, other = (tiny_text_encoder(["a b"], seed=seed) for seed in (1, 1, 2))
    assert first.digest() == second.digest() != other.digest()
    assert torch.equal(before, torch.get_rng_state())
