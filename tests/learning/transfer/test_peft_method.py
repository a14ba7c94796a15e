from __future__ import annotations

import pytest
import torch
from torch import nn

from polytask._catalogue import parse
from polytask._errors import ConfigError
from polytask.learning.encoders.encoder import Encoder, Features
from polytask.learning.transfer import TRANSFERS

METHODS = ("LoHa()", "LoKr()", "OFT(oft_block_size=8)", "HRA()", "IA3()", "VeRA(r=4)", "RandLoRA()")
METHODS += ("FourierFT(n_frequency=20)", "DeLoRA()", "MiSS(r=4)", "GraLoRA(r=4)")
METHODS += ("LoRA()", "DoRA()")


class Layers(Encoder):
    """Two linear layers, the first of them wider than it is tall."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(16, 32), nn.Tanh(), nn.Linear(32, 16))

    def prepare(self, inputs):
        raise NotImplementedError

    def collate(self, prepared, index, generator=None):
        raise NotImplementedError

    def lower(self, batch):
        return batch["x"]

    def upper(self, hidden, batch):
        del batch
        return Features(self.model(hidden))

    def freeze(self, layers, *, embeddings=True):
        raise NotImplementedError

    def save(self, folder):
        raise NotImplementedError

    @classmethod
    def load(cls, source):
        raise NotImplementedError


def vector(encoder: Layers) -> torch.Tensor:
    x = torch.linspace(-1, 1, 48).view(3, 16)
    with torch.no_grad():
        return encoder.eval()({"x": x}).vector


def test_text_and_added_numbers_are_all_of_a_method() -> None:
    """Put in anew from its text form, with the saved numbers, it answers to the last bit."""
    plain = vector(Layers())
    for text in METHODS:
        first, second = Layers(), Layers()
        TRANSFERS.build(parse(text)).put(first)
        assert torch.allclose(vector(first), plain, atol=1e-5), text
        trained = {n: p for n, p in first.named_parameters() if p.requires_grad}
        assert trained.keys() <= first.added().keys(), text
        with torch.no_grad():
            for number in trained.values():
                number.add_(0.1 * torch.randn(number.shape))
        assert not torch.allclose(vector(first), plain, atol=1e-4), text
        TRANSFERS.build(parse(first.transfer)).put(second)
        kept = second.load_state_dict(first.added(), strict=False)
        assert not kept.unexpected_keys, text
        assert torch.equal(vector(second), vector(first)), text
        assert second.digest() == first.digest(), text
        found = first.pretrained("model")
        assert found is not None
        assert found.keys() == Layers().model.state_dict().keys(), text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("LoRA(r=0)", "`r` of LoRA is a whole number of at least 1; found 0"),
        ("LoRA(r=True)", "`r` of LoRA is a whole number of at least 1; found True"),
        ("LoRA(lora_alpha=0)", "`lora_alpha` of LoRA is above 0; found 0"),
        ("DoRA(lora_dropout=1)", "`lora_dropout` of DoRA is at least 0 and below 1; found 1"),
        ("LoRA(use_rslora=2)", "`use_rslora` of LoRA is True or False; found 2"),
        ("LoRA(target_modules=[])", "`target_modules` of LoRA is a list of one or more names"),
        ("IA3(target_modules='query')", "`target_modules` of IA3 is a list of .*found 'query'"),
        ("AdaLoRA(target_modules=[''])", "`target_modules` of AdaLoRA is a list"),
        ("AdaLoRA(lora_alpha=-1)", "`lora_alpha` of AdaLoRA is above 0; found -1"),
        ("LoKr(decompose_factor=0)", "`decompose_factor` of LoKr is .*at least 1, or -1; found 0"),
        ("OFT(oft_block_size=0)", "`oft_block_size` of OFT is a whole number of at least 1"),
        ("FourierFT(scaling='big')", "`scaling` of FourierFT is above 0; found 'big'"),
        ("VeRA(projection_prng_key=-1)", "`projection_prng_key` of VeRA is a whole number"),
        ("HRA(r=3)", "`r` of HRA is even; found 3"),
        ("GraLoRA(r=5)", "`r` of GraLoRA is a multiple of `gralora_k`; found 5 and 2"),
    ],
)
def test_values_that_no_layer_could_have_are_refused_before_there_is_one(text, told) -> None:
    with pytest.raises(ConfigError, match=told):
        TRANSFERS.build(parse(text))
