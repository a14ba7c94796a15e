from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from polytask.learning import checkpoints
from polytask.learning.balancing.grad_norm import GradNorm
from polytask.learning.balancing.scalarizers import DWA, FAMO
from polytask.learning.balancing.uncertainty import Uncertainty
from polytask.learning.encoders.text import TextEncoder
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.recipes.top_layers import TopLayers
from polytask.learning.sampling.annealed import Annealed
from polytask.learning.sampling.autosem import AutoSeM
from polytask.learning.sampling.curriculum import Curriculum
from polytask.learning.sampling.dev_progress import DevProgress
from polytask.learning.sampling.uniform import Uniform
from polytask.learning.transfer.adalora import AdaLoRA
from polytask.learning.transfer.averaging import Averaging
from polytask.learning.transfer.bottleneck import Bottleneck
from polytask.learning.transfer.gradual_unfreezing import GradualUnfreezing
from polytask.learning.transfer.lpft import LPFT
from polytask.learning.transfer.peft_methods import LoRA
from polytask.tasks.task import Column, Fold, Inputs, Rows, Task

if TYPE_CHECKING:
    from pathlib import Path

RECIPES = [
    FineTune(
        epochs=4,
        batch_size=16,
        patience=4,
        balancer=Uncertainty(),
        learning_rate=1e-3,
        embeddings=True,
    ),
    FineTune(epochs=4, batch_size=16, patience=4, transfer=Averaging(start=0.3)),
    FineTune(epochs=4, batch_size=16, patience=4, transfer=LoRA(r=2)),
    TopLayers(layers=1, epochs=4, batch_size=16, patience=4, learning_rate=1e-3),
    FineTune(epochs=4, batch_size=16, patience=4, sampling=DevProgress(), optimiser="adafactor"),
    FineTune(
        epochs=4,
        batch_size=16,
        patience=4,
        sampling=Curriculum(),
        optimiser="sgd",
        schedule="cosine",
        learning_rate=1e-2,
    ),
    FineTune(epochs=4, batch_size=16, patience=4, sampling=Annealed(), optimiser="radam"),
    FineTune(epochs=4, batch_size=16, patience=4, sampling=AutoSeM(main="intent", decay=0.3)),
    TopLayers(layers=1, epochs=4, batch_size=16, patience=4, sampling=Uniform(), optimiser="nadam"),
]
REMEMBERING = [
    {"balancer": GradNorm()},
    {"transfer": GradualUnfreezing(layers=1)},
    {"transfer": LPFT(probing=2)},
    {"transfer": Bottleneck(width=4)},
    {"transfer": AdaLoRA(target_r=1, init_r=3, every=2)},
]


@pytest.fixture(autouse=True)
def after_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)


class Killed(Exception):  # noqa: N818 — no error: it stands for a kill
    """The process is gone."""


def fit(
    world, recipe, folder: str, checkpoint: Path | None, *, die_after: int = 99, dtype="float32"
) -> Any:
    """Fit joint tasks; dies before the checkpoint of the epoch after `die_after`."""
    events: list[Any] = []
    tasks, fold = world.pick("intent", "slots", "about", "grade")

    def emit(event) -> None:
        events.append(event)
        if event["event"] == "epoch" and event["epoch"] == die_after + 1:
            raise Killed

    context = Context(
        seed=3, encoder=folder, threads=1, dtype=dtype, checkpoint=checkpoint, emit=emit
    )
    return recipe.fit(tasks, fold, context), events


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES, ids=str)
@pytest.mark.parametrize(("dtype", "die_after"), [("float32", 1), ("bfloat16", 3)])
def test_a_resumed_run_ends_equal_to_the_last_bit(
    world, tiny_folder, tmp_path: Path, recipe, dtype: str, die_after: int
) -> None:
    whole, events = fit(world, recipe, tiny_folder, None, dtype=dtype)
    resumed, later = killed(world, recipe, tiny_folder, tmp_path, die_after, dtype)
    fresh = [e for e in later if not e.pop("again", False)]
    assert next(e["epoch"] for e in fresh if e["event"] == "epoch") == die_after + 1
    assert later == events  # the epochs before the kill are told again
    assert_alike(resumed, whole)


@pytest.mark.slow
@pytest.mark.parametrize("given", REMEMBERING, ids=str)
@pytest.mark.parametrize("die_after", [1, 3])
def test_what_a_method_remembers_is_resumed(
    world, tiny_folder, tmp_path: Path, given: Any, die_after: int
) -> None:
    recipe = FineTune(epochs=4, batch_size=16, patience=4, learning_rate=1e-2, **given)
    whole, events = fit(world, recipe, tiny_folder, None)
    resumed, later = killed(world, recipe, tiny_folder, tmp_path, die_after)
    assert sum(event.pop("again", False) for event in later) == die_after
    assert later == events
    assert_alike(resumed, whole)


@pytest.mark.slow
def test_what_frozen_layers_gave_is_resumed_where_it_depends_on_the_rows_beside(
    world, tiny_folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on processors whose kernels go by the shape of a batch, but in more than last digits."""
    lower = TextEncoder.lower

    def uneven(self: TextEncoder, batch: Any) -> Any:
        found = lower(self, batch)
        return found + 1e-2 * found.shape[1] if self.frozen else found

    monkeypatch.setattr(TextEncoder, "lower", uneven)
    whole, events = fit(world, RECIPES[3], tiny_folder, None)
    resumed, later = killed(world, RECIPES[3], tiny_folder, tmp_path, 2)
    assert sum(event.pop("again", False) for event in later) == 2
    assert later == events
    assert_alike(resumed, whole)


@pytest.mark.slow
@pytest.mark.parametrize("balancer", [FAMO(), DWA()], ids=str)
def test_what_cannot_be_resumed_begins_anew_and_ends_alike(
    world, tiny_folder, tmp_path: Path, balancer: Any
) -> None:
    recipe = FineTune(epochs=3, batch_size=16, patience=3, balancer=balancer)
    whole, events = fit(world, recipe, tiny_folder, None)
    resumed, later = killed(world, recipe, tiny_folder, tmp_path, 1)
    assert later == events
    assert_alike(resumed, whole)


def killed(world, recipe, folder: str, checkpoint: Path, die_after: int, dtype="float32") -> Any:
    """Fit joint tasks, dying once on the way."""
    with pytest.raises(Killed):
        fit(world, recipe, folder, checkpoint, die_after=die_after, dtype=dtype)
    return fit(world, recipe, folder, checkpoint, dtype=dtype)


def assert_alike(resumed: Any, whole: Any) -> None:
    """Two parts are equal to the last bit."""
    assert resumed.encoder.digest() == whole.encoder.digest()
    for name, head in whole.heads.items():
        for key, value in head.state_dict().items():
            assert value.equal(resumed.heads[name].state_dict()[key])
    assert resumed.passes == whole.passes
    assert resumed.moved == whole.moved


@pytest.mark.slow
def test_a_finished_run_is_not_trained_again(world, tiny_folder, tmp_path: Path) -> None:
    whole, _ = fit(world, RECIPES[0], tiny_folder, tmp_path)
    again, events = fit(world, RECIPES[0], tiny_folder, tmp_path)
    assert all(e["again"] for e in events if e["event"] == "epoch")
    assert again.encoder.digest() == whole.encoder.digest()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:999])


def _foreign(path: Path) -> None:
    path.write_bytes(b"not a checkpoint")


def _unmarked(path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(1)}, path)


@pytest.mark.slow
@pytest.mark.parametrize("spoil", [_cut, _foreign, _unmarked])
def test_a_damaged_checkpoint_is_left_aside_with_a_note(
    world, tiny_folder, tmp_path: Path, spoil: Any
) -> None:
    whole, _ = fit(world, RECIPES[0], tiny_folder, tmp_path)
    spoil(tmp_path / checkpoints.FILE)
    again, events = fit(world, RECIPES[0], tiny_folder, tmp_path)
    assert "is damaged or of another run; training begins anew" in events[0]["text"]
    assert again.encoder.digest() == whole.encoder.digest()


@pytest.mark.slow
def test_a_checkpoint_of_other_settings_is_not_used(world, tiny_folder, tmp_path: Path) -> None:
    fit(world, RECIPES[0], tiny_folder, tmp_path)
    other = FineTune(epochs=4, batch_size=16, learning_rate=2e-3)
    _, events = fit(world, other, tiny_folder, tmp_path)
    assert events[0]["event"] == "note"
    assert next(e["epoch"] for e in events if e["event"] == "epoch") == 1


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["FineTune", "TopLayers"])
def test_batch_statistics_are_resumed_too(tmp_path: Path, recipe: str) -> None:
    from polytask.learning.heads.classification import Classification
    from polytask.learning.recipes import RECIPES as KNOWN

    task, fold, folder = _scans(tmp_path)
    built = KNOWN.load(recipe)(epochs=3, batch_size=8, patience=3)

    def run(checkpoint: Path | None, die_after: int = 99) -> Any:
        def emit(event) -> None:
            if event["event"] == "epoch" and event["epoch"] == die_after + 1:
                raise Killed

        return built.fit(
            [task],
            fold,
            Context(
                image_encoder=folder, threads=1, dtype="float32", checkpoint=checkpoint, emit=emit
            ),
        )

    whole = run(None)
    with pytest.raises(Killed):
        run(tmp_path / "checkpoint", die_after=1)
    resumed = run(tmp_path / "checkpoint")
    assert isinstance(whole.heads["side"], Classification)
    assert resumed.encoder.digest() == whole.encoder.digest() != whole.encoder.base_digest
    (tmp_path / "part").mkdir()
    whole.save(tmp_path / "part", complete=False)
    assert type(whole).load(tmp_path / "part").encoder.digest() == whole.encoder.digest()


def _scans(tmp_path: Path) -> tuple[Task, Fold, str]:
    """Bright and dark images, and a tiny encoder with batch normalisation."""
    import io

    import numpy as np
    import torch
    from PIL import Image
    from transformers import MobileNetV2Config, MobileNetV2Model

    from polytask.learning.encoders.image import ImageEncoder
    from polytask.learning.encoders.pixels import Pixels

    def rows(count: int) -> Rows:
        sides = ["dark" if i % 2 else "bright" for i in range(count)]
        images = []
        for i, side in enumerate(sides):
            stream = io.BytesIO()
            Image.new("L", (32, 32), 20 + i if side == "dark" else 200 + i).save(stream, "PNG")
            images.append(stream.getvalue())
        return Rows(Inputs((column,), {"scan": images}), {"side": sides}, np.arange(count))

    column = Column("scan", "image")
    torch.manual_seed(0)
    model = MobileNetV2Model(MobileNetV2Config(depth_multiplier=0.25, min_depth=4))
    ImageEncoder(model, pixels=Pixels(64)).save(tmp_path)
    task = Task("side", "t", (column,), "side", "binary", "accuracy", ("bright", "dark"))
    return task, Fold({"t": rows(24)}, {"t": rows(8)}), str(tmp_path)


def test_what_cannot_be_written_down_begins_anew(world, tiny_folder, tmp_path) -> None:
    recipe = FineTune(epochs=1, batch_size=16, balancer=DWA())
    fit(world, recipe, tiny_folder, tmp_path / "here")
    assert not (tmp_path / "here").exists()
