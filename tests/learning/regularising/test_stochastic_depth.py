from __future__ import annotations

import pytest
import torch

from polytask.learning.regularising.stochastic_depth import Skipping, StochasticDepth


def test_in_the_mean_a_layer_gives_what_it_gives_whole() -> None:
    torch.manual_seed(0)
    layer = torch.nn.Linear(4, 4).train()
    x = torch.randn(20_000, 1, 4)
    x[:] = x[0]
    whole = layer(x)
    found = Skipping(0.3)(layer, (x,), whole)
    assert torch.allclose(found.mean(0), whole[0], atol=0.05)
    kept = x[0] + (whole[0] - x[0]) / 0.7
    skipped = torch.isclose(found, x).all(-1).flatten()
    assert skipped.float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert torch.allclose(found[~skipped], kept.expand_as(found[~skipped]), atol=1e-5)


def test_prediction_and_fixed_layers_skip_nothing() -> None:
    layer = torch.nn.Linear(4, 4).eval()
    x = torch.randn(5, 1, 4)
    whole = layer(x)
    assert Skipping(0.9)(layer, (x,), whole) is whole


def test_higher_layers_are_skipped_more_and_hooks_do_not_stay(look_at, monkeypatch) -> None:
    look, rates = look_at("intent"), []
    monkeypatch.setattr(
        "polytask.learning.regularising.stochastic_depth.Skipping",
        lambda rate: rates.append(rate) or Skipping(rate),
    )
    StochasticDepth(rate=0.4).answers(look)
    assert rates == pytest.approx([0.2, 0.4])
    plain = look().total()
    assert torch.equal(plain, look().total())


def test_rows_are_skipped_each_for_itself(look_at) -> None:
    look = look_at("intent")
    torch.manual_seed(0)
    plain = look().features[0].vector
    found = StochasticDepth(rate=0.5).answers(look).features[0].vector
    assert found.shape == plain.shape
    assert not torch.allclose(found, plain, atol=1e-3)
