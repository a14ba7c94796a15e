from __future__ import annotations

import pytest
import torch

from polytask._errors import ConfigError
from polytask.learning.balancing.aggregators import PCGrad
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.transfer.lpft import LPFT


def test_the_encoder_moves_only_after_probing(started) -> None:
    run = started(LPFT(probing=1))
    digest = run.part.encoder.digest()
    head = run.part.heads["intent"].linear.weight.detach().clone()
    run.epoch()
    assert run.part.encoder.digest() == digest
    assert not torch.equal(run.part.heads["intent"].linear.weight, head)
    run.step(1.0)
    run.epoch()
    assert run.part.encoder.digest() != digest


def test_probing_reads_the_features_of_prediction(started) -> None:
    run = started(LPFT(probing=1), dropout=0.5)
    run.part.encoder.train()
    run.course.begin(0)
    assert not run.part.encoder.training
    run.part.encoder.train()
    run.course.begin(1)
    assert run.part.encoder.training


def test_gradients_at_fixed_features_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"LPFT fixes the encoder .* `balancer` PCGrad"):
        FineTune(transfer=LPFT(), balancer=PCGrad())
