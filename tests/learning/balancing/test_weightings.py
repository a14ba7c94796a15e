from __future__ import annotations

import pytest
import torch

from polytask.learning.balancing.weightings import LogVariances, Sum


def test_log_variances_follow_the_names_of_the_tasks() -> None:
    weigh = LogVariances(["a", "b"], 0.0)
    with torch.no_grad():
        weigh.log_variances.copy_(torch.tensor([0.0, 100.0]))
    assert weigh({"b": torch.tensor(1.0)}).item() == pytest.approx(50.0)
    assert weigh({"a": torch.tensor(1.0)}).item() == pytest.approx(1.0)


def test_sum_of_one_loss_is_that_loss() -> None:
    assert Sum()({"a": torch.tensor(3.0)}).item() == 3.0
