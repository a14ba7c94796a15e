from __future__ import annotations

import pytest
import torch

from polytask._errors import ConfigError
from polytask.learning.encoders.tiny import tiny_text_encoder


class Wrapped(torch.nn.Module):
    """A layer of which a transfer took hold."""

    def __init__(self, base_layer: torch.nn.Module) -> None:
        super().__init__()
        self.base_layer = base_layer
        self.extra = torch.nn.Parameter(torch.ones(1))


def test_what_was_put_in_is_told_from_what_was_there() -> None:
    encoder = tiny_text_encoder(["a b"])
    before = dict(encoder.model.state_dict())
    assert encoder.pretrained("model") is None
    assert encoder.added() == {}
    encoder.grows("Method()")
    layer = encoder.blocks()[0].attention.output
    layer.dense = Wrapped(layer.dense)
    (added,) = encoder.added()
    assert added.endswith("layer.0.attention.output.dense.extra")
    kept = encoder.pretrained("model")
    assert kept is not None
    assert kept.keys() == before.keys()
    assert all(torch.equal(kept[name], value) for name, value in before.items())
    with pytest.raises(ConfigError, match=r"holds Method\(\) already; found Other\(\)"):
        encoder.grows("Other()")


def test_one_pass_answers_all_tasks_unless_each_has_numbers_of_its_own() -> None:
    encoder = tiny_text_encoder(["a b"])
    assert encoder.voices(["x", "y"]) == [["x", "y"]]
    assert encoder.own("x") == {}
    plain = encoder.digest()
    encoder.transfer = "Method()"
    assert encoder.digest() != plain  # the text form decides what the numbers mean
