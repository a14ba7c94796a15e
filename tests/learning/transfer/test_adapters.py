from __future__ import annotations

import math

import pytest
import torch

from polytask.learning.transfer.adapters import Adapter, Adapters, Fusion


class Doubled(Adapter):
    """Adds a given multiple of its input."""

    def __init__(self, times: float) -> None:
        super().__init__(2, 1)
        self.times = times

    def added(self, x: torch.Tensor) -> torch.Tensor:
        return self.times * x


def test_attention_over_two_adapters_by_hand() -> None:
    fusion = Fusion(2, [Doubled(1.0), Doubled(-1.0)])
    with torch.no_grad():
        for layer in (fusion.query, fusion.key):
            torch.nn.init.eye_(layer.weight)
            layer.bias.zero_()
        fusion.value.weight.copy_(torch.tensor([[0.0, 2.0], [1.0, 0.0]]))
    x = torch.tensor([[0.6, 0.8]])  # of length 1: likeness 1 and -1
    share = math.exp(1) / (math.exp(1) + math.exp(-1))
    mixed = share - (1 - share)
    expected = [0.6 + 2 * mixed * 0.8, 0.8 + mixed * 0.6]
    assert fusion(x)[0].tolist() == pytest.approx(expected, rel=1e-5)


def test_one_adapter_alone_says_what_it_says_at_first() -> None:
    adapter = Adapter(4, 2)
    torch.nn.init.normal_(adapter.up.weight)
    x = torch.randn(3, 5, 4)
    assert torch.allclose(Fusion(4, [adapter])(x), adapter(x), atol=1e-6)


def test_the_adapters_are_none_of_its_numbers() -> None:
    fusion = Fusion(4, [Adapter(4, 2), Adapter(4, 2)])
    assert {name for name, _ in fusion.named_parameters()} == {
        *("query.weight", "query.bias", "key.weight", "key.bias", "value.weight")
    }


def test_released_sets_no_longer_follow_their_layers() -> None:
    layer = torch.nn.Linear(2, 2)
    adapters = Adapters([layer], ["a.b", "c"], lambda _: Doubled(1.0))
    x = torch.ones(1, 2)
    plain = layer(x)
    adapters.task = "a.b"
    assert torch.equal(layer(x), 2 * plain)
    found = adapters.released()
    assert list(found) == ["a.b", "c"]
    assert torch.equal(layer(x), plain)
