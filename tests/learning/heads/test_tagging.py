from __future__ import annotations

import pytest
import torch

from polytask._errors import ConfigError
from polytask.learning.encoders.encoder import Features
from polytask.learning.heads.tagging import Tagging
from polytask.learning.losses.loss import MISSING


def test_tags_become_numbers_a_token(world) -> None:
    head = Tagging(world.tasks["slots"], 4)
    found = head.encode([["O", "B-place", "I-strange"], None])
    assert found[0].tolist() == [1, 0, MISSING]
    assert found[1].tolist() == []


def test_needs_tokens(world) -> None:
    head = Tagging(world.tasks["slots"], 4)
    with pytest.raises(
        ConfigError, match="'slots' tags tokens; its input must be a list of tokens"
    ):
        head(Features(torch.randn(2, 4)))
