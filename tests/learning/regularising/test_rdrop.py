from __future__ import annotations

import pytest
import torch

from polytask._errors import ConfigError
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.regularising.divergence import symmetric
from polytask.learning.regularising.rdrop import RDrop


def test_two_equal_passes_cost_what_one_costs(look_at) -> None:
    look = look_at()
    found, plain = RDrop(alpha=5.0).answers(look), look()
    for task, rows in plain.losses.items():
        assert torch.allclose(found.losses[task], rows, atol=1e-6)


def test_it_is_the_mean_loss_and_the_disagreement_of_two_passes(look_at) -> None:
    look = look_at(dropout=0.3)
    torch.manual_seed(1)
    found = RDrop(alpha=3.0).answers(look)
    torch.manual_seed(1)
    one, two = look(), look()
    for task, target in one.targets.items():
        apart = symmetric(one.logits[task], two.logits[task], target)
        expected = (one.losses[task] + two.losses[task]) / 2 + 1.5 * apart
        assert torch.allclose(found.losses[task], expected)
        assert apart.sum() > 0


def test_without_dropout_it_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"RDrop holds two passes .* `dropout` 0"):
        FineTune(dropout=0.0, regulariser=RDrop())
