from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from polytask._errors import ConfigError
from polytask.evaluation.decisions import decide
from polytask.evaluation.metrics import score
from polytask.learning.encoders.grid import Grid
from polytask.learning.model import Model
from polytask.learning.neural_part import merge
from polytask.learning.part_files import load_part
from polytask.learning.recipes import kernel_probe
from polytask.learning.recipes.kernel_probe import KernelProbe
from polytask.learning.recipes.probe import Probe
from polytask.learning.recipes.recipe import Context
from polytask.tasks.task import Column, Fold, Inputs, Rows, Task

SCAN = (Column("scan", "image"),)
SIDE = Task("side", "scans", SCAN, "side", "binary", "accuracy", ("left", "right"))


def scan(side: str, random: np.random.Generator) -> bytes:
    array = random.integers(0, 60, (32, 32), dtype=np.uint8)
    start = 2 if side == "left" else 20
    array[10:22, start : start + 10] = 230
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "PNG")
    return stream.getvalue()


def rows(count: int, seed: int) -> Rows:
    random = np.random.default_rng(seed)
    sides = [SIDE.labels[i % 2] for i in range(count)]
    images = [scan(side, random) for side in sides]
    return Rows(Inputs(SCAN, {"scan": images}), {"side": sides}, np.arange(count))


@pytest.fixture
def fold() -> Fold:
    return Fold({"scans": rows(40, 1)}, {"scans": rows(20, 2)})


@pytest.fixture
def context(tmp_path) -> Context:
    from transformers import MobileNetV2Config, MobileNetV2Model

    from polytask.learning.encoders.image import ImageEncoder
    from polytask.learning.encoders.pixels import Pixels

    torch.manual_seed(0)
    model = MobileNetV2Model(MobileNetV2Config(depth_multiplier=0.25, min_depth=4))
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
    ImageEncoder(model, pixels=Pixels(128)).save(tmp_path)
    return Context(image_encoder=str(tmp_path), dtype="float32", threads=1)


def test_it_learns_from_few_images_and_reads_them_with_a_grid(fold, context) -> None:
    part = KernelProbe().fit([SIDE], fold, context)
    new = rows(20, 3)
    answers = decide(SIDE, part.scores(new.inputs, ["side"])["side"])
    assert score(SIDE, new.targets["side"], answers) >= 0.9
    assert isinstance(part.encoder, Grid)


def test_saved_and_loaded_it_answers_the_same(fold, context, tmp_path) -> None:
    part = KernelProbe(penalty=1e-3).fit([SIDE], fold, context)
    inputs = fold.dev["scans"].inputs
    expected = part.scores(inputs, ["side"])["side"]
    (tmp_path / "part").mkdir()
    part.save(tmp_path / "part", complete=False)
    assert np.array_equal(load_part(tmp_path / "part").scores(inputs, ["side"])["side"], expected)
    Model({"p": part}, {"side": "p"}, {}, {"side": SIDE}).save(tmp_path / "model")
    loaded = Model.load(tmp_path / "model")
    assert np.allclose(loaded.scores(inputs, ["side"])["side"], expected, atol=1e-5)


def test_with_a_plain_probe_it_is_one_part(fold, context) -> None:
    other = Task("other", "scans", SCAN, "side", "binary", "accuracy", ("left", "right"))
    both = Fold(
        *(
            {"scans": Rows(r.inputs, {"other": r.targets["side"]}, r.positions)}
            for r in (fold.train["scans"], fold.dev["scans"])
        )
    )
    merged = merge([KernelProbe().fit([SIDE], fold, context), Probe().fit([other], both, context)])
    assert [sorted(part.heads) for part in merged] == [["other", "side"]]


def test_without_dev_rows_it_takes_a_usual_penalty(fold, context) -> None:
    part = KernelProbe().fit([SIDE], Fold(fold.train, {}), context)
    assert len(part.scores(fold.dev["scans"].inputs, ["side"])["side"]) == 20


def test_of_more_rows_than_it_learns_from_it_takes_some_of_every_class(
    fold, context, monkeypatch
) -> None:
    monkeypatch.setattr(kernel_probe, "_LEARNED", 20)
    train = fold.train["scans"]
    order = np.argsort(train.targets["side"], kind="stable")  # a folder a class
    sides = [train.targets["side"][i] for i in order]
    by_class = Rows(train.inputs.take(order), {"side": sides}, train.positions)
    part = KernelProbe().fit([SIDE], Fold({"scans": by_class}, fold.dev), context)
    new = rows(20, 3)
    answers = decide(SIDE, part.scores(new.inputs, ["side"])["side"])
    assert score(SIDE, new.targets["side"], answers) >= 0.9


def test_it_refuses_tasks_that_are_not_about_classes(world, context) -> None:
    tasks, fold = world.pick("score")
    with pytest.raises(ConfigError, match=r"'score' is regression: use Probe\(\)"):
        KernelProbe().fit(tasks, fold, context)


@pytest.mark.parametrize(("name", "value"), [("width", 0.0), ("penalty", -1.0)])
def test_impossible_numbers_are_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"`{name}` is above 0"):
        KernelProbe(**{name: value})
