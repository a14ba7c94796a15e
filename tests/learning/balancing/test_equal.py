from __future__ import annotations

import torch

from polytask.learning.balancing.equal import Equal


def test_is_the_sum_and_has_no_state() -> None:
    balance = Equal().start(["a", "b"])
    assert balance({"a": torch.tensor(0.25), "b": torch.tensor(2.0)}).item() == 2.25
    assert list(balance.parameters()) == []
