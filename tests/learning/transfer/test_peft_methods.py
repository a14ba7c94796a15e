from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from transformers import MobileNetV2Config, MobileNetV2Model

from polytask._errors import ModelError
from polytask.learning.encoders.image import ImageEncoder
from polytask.learning.encoders.pixels import Pixels
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.transfer.peft_methods import IA3, DoRA, LNTuning, LoRA
from polytask.tasks.task import Column, Task

if TYPE_CHECKING:
    from polytask.learning.encoders.text import TextEncoder

QUERY = "model.encoder.layer.0.attention.self.query"


def adapted(tiny: TextEncoder, method: object) -> tuple[torch.Tensor, torch.nn.Module]:
    """The pretrained weight of a layer and the wrapped layer, its numbers drawn at random."""
    weight = tiny.get_submodule(QUERY).weight.detach().clone()
    method.put(tiny)
    layer = tiny.get_submodule(QUERY).eval()
    with torch.no_grad():
        for number in layer.parameters():
            if number.requires_grad:
                number.normal_()
    return weight, layer


def test_lora_adds_a_product_of_low_rank(tiny) -> None:
    weight, layer = adapted(tiny, LoRA(r=3, lora_alpha=6, target_modules=["query"]))
    a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    assert (a.shape, b.shape) == ((3, 32), (32, 3))
    x = torch.randn(5, 32)
    expected = x @ (weight + 6 / 3 * b @ a).T + layer.base_layer.bias
    assert torch.allclose(layer(x), expected, atol=1e-4)
    names = [n for n, p in tiny.named_parameters() if p.requires_grad]
    assert len(names) == 4  # two matrices in each of two layers
    assert all(".query.lora_" in name for name in names)


def test_dora_gives_each_neuron_the_length_it_was_trained_to(tiny) -> None:
    weight, layer = adapted(tiny, DoRA(r=3, lora_alpha=3))
    a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    length = layer.lora_magnitude_vector["default"].weight
    direction = weight + b @ a
    direction = direction / direction.norm(dim=1, keepdim=True)
    x = torch.randn(5, 32)
    expected = x @ (length[:, None] * direction).T + layer.base_layer.bias
    assert torch.allclose(layer(x), expected, atol=1e-4)


def test_ia3_multiplies_each_output(tiny) -> None:
    weight, layer = adapted(tiny, IA3())
    factor = layer.ia3_l["default"].flatten()
    x = torch.randn(5, 32)
    assert torch.allclose(layer(x), (x @ weight.T + layer.base_layer.bias) * factor, atol=1e-5)


def test_layer_normalisations_alone(tiny) -> None:
    LNTuning().put(tiny)
    found = {n.split(".ln_tuning")[0] for n, p in tiny.named_parameters() if p.requires_grad}
    assert found
    assert all(name.endswith("LayerNorm") for name in found)


def test_convolutions_that_are_linear_layers_are_adapted(tmp_path) -> None:
    model = MobileNetV2Model(MobileNetV2Config(depth_multiplier=0.25, min_depth=4))
    ImageEncoder(model, pixels=Pixels(32)).save(tmp_path / "base")
    encoder = ImageEncoder.load(tmp_path / "base")
    encoder.remember()
    encoder.freeze(encoder.depth - 2)
    LoRA(r=2).put(encoder)
    with torch.no_grad():
        for number in encoder.parameters():
            number.add_(0.1 * number.requires_grad)
    columns = (Column("scan", "image"),)
    task = Task("sick", "scans", columns, "sick", "binary", "accuracy", ("n", "y"))
    pixels = {"pixels": torch.randn(2, 3, 32, 32)}
    part = NeuralPart(encoder, {"sick": head_for(task, encoder.dim)})
    for complete in (True, False):
        part.save(tmp_path / str(complete), complete=complete)
        again = NeuralPart.load(tmp_path / str(complete)).encoder
        with torch.no_grad():
            assert torch.equal(again(pixels).vector, encoder.eval()(pixels).vector)
    sizes = [(tmp_path / name / "changes.safetensors").stat().st_size for name in ("True", "False")]
    assert max(sizes) < (tmp_path / "base" / "model.safetensors").stat().st_size / 2


def test_a_saved_transfer_that_is_unknown_is_refused(tiny, world, tmp_path) -> None:
    LoRA(r=2).put(tiny)
    NeuralPart(tiny, {"grade": head_for(world.tasks["grade"], tiny.dim)}).save(tmp_path)
    path = tmp_path / "part.json"
    path.write_text(path.read_text().replace('"LoRA(', '"NewRA('))
    with pytest.raises(ModelError, match=r"part.json: its `transfer` cannot be read .*'NewRA'"):
        NeuralPart.load(tmp_path)
