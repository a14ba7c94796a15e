from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import torch

from polytask.learning import speed as speeds
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.speed import START, TYPICAL, Speed, doubt, measure, seconds, speed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def nothing_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path))
    for name in ("_MEASURED", "_COST"):
        monkeypatch.setattr(speeds, name, {})
    monkeypatch.setattr(speeds, "_DOUBTED", set())


def test_measuring_leaves_weights_gradients_and_random_state_alone(world, tiny) -> None:
    before, digest = torch.get_rng_state(), tiny.digest()
    found = measure(tiny, world.fold.train["talk"].inputs, "float32")
    assert found.train > found.forward > 0
    assert found.depth == 2
    assert tiny.digest() == digest
    assert torch.equal(before, torch.get_rng_state())
    assert all(value.grad is None for value in tiny.parameters())


def test_a_measurement_is_taken_once_a_process(world, tiny_folder, monkeypatch) -> None:
    tasks, fold = world.pick("intent")
    context = Context(encoder=tiny_folder, threads=1)
    first = speed(tasks, fold, context)
    assert first.train > 0
    monkeypatch.setattr(speeds, "measure", None)  # would fail if asked again
    assert speed(tasks, fold, context) == first


def test_other_work_beside_one_pass_changes_nothing(tiny, monkeypatch) -> None:
    taken = iter([9.0, 9.0, 2.0, 1.0, 0.1, 7.0, 0.3, 0.8])  # warm, then three passes of two steps
    monkeypatch.setattr(speeds, "ENOUGH", 100.0)
    monkeypatch.setattr(speeds, "_step", lambda *_, **__: next(taken))
    assert speeds._timed(tiny, ["short", "long"], "float32", learn=True) == pytest.approx(0.9)
    assert next(taken, None) is None


def test_long_steps_are_timed_once(tiny, monkeypatch) -> None:
    taken = iter([9.0, 9.0, 2.0, 1.0])
    monkeypatch.setattr(speeds, "_step", lambda *_, **__: next(taken))
    assert speeds._timed(tiny, ["short", "long"], "float32", learn=False) == 3.0


def test_a_speed_that_is_doubted_is_measured_again_if_there_is_time(world, monkeypatch) -> None:
    tasks, fold = world.pick("intent")
    found = [Speed(0.4, 0.1, 2, 1.0), Speed(0.1, 0.02, 2, 1.0)]
    taken = iter(found)
    monkeypatch.setattr(speeds, "_measured", lambda *_: next(taken))
    monkeypatch.setattr(
        speeds, "time", SimpleNamespace(monotonic=iter([0.0, 3.0, 9.0, 9.5]).__next__)
    )
    assert speed(tasks, fold, Context()) == found[0]
    doubt(2.0)  # it took 3
    assert speed(tasks, fold, Context()) == found[0]
    doubt(3.0)
    assert speed(tasks, fold, Context()) == speed(tasks, fold, Context()) == found[1]


def test_without_weights_typical_figures_are_taken(world) -> None:
    tasks, fold = world.pick("intent")
    assert speed(tasks, fold, Context()) == TYPICAL["text"]


def test_seconds_add_up(world, monkeypatch) -> None:
    tasks, fold = world.pick("intent", "grade")
    known = Speed(train=0.1, forward=0.02, depth=4, length=speeds._size(fold))
    monkeypatch.setattr(speeds, "speed", lambda *_: known)
    rows, dev, settings = 130, 50, FineTune(epochs=3)
    whole = seconds(tasks, fold, Context(), settings)
    assert whole == pytest.approx(START + 3 * (rows * 0.1 + dev * 0.02))
    upper = seconds(tasks, fold, Context(), settings, layers=1)
    once = rows * 0.02 * 0.75
    assert upper == pytest.approx(START + once + 3 * (rows * 0.025 + dev * 0.02))


def test_measuring_leaves_batch_statistics_alone() -> None:
    import io

    from PIL import Image
    from transformers import MobileNetV2Config, MobileNetV2Model

    from polytask.learning.encoders.image import ImageEncoder
    from polytask.learning.encoders.pixels import Pixels
    from polytask.tasks.task import Column, Inputs

    stream = io.BytesIO()
    Image.new("L", (32, 32), 90).save(stream, "PNG")
    model = MobileNetV2Model(MobileNetV2Config(depth_multiplier=0.25, min_depth=4))
    encoder = ImageEncoder(model, pixels=Pixels(32))
    before = encoder.digest()
    measure(
        encoder, Inputs((Column("scan", "image"),), {"scan": [stream.getvalue()] * 8}), "float32"
    )
    assert encoder.digest() == before
