from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from polytask.learning import checkpoints
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.observing.drop_task import DropTask
from polytask.learning.observing.observer import Change, Observer, Seen
from polytask.learning.observing.thaw import Thaw
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.training import Run

if TYPE_CHECKING:
    from pathlib import Path

TASKS = ("intent", "slots", "about", "grade")


class Told(Observer):
    """Makes the same change after a certain epoch, whatever it sees."""

    def __init__(self, change: Change, epoch: int = 1) -> None:
        self.change, self.epoch = change, epoch

    def look(self, seen: Seen) -> Change | None:
        return self.change if seen.epoch == self.epoch else None

    def __repr__(self) -> str:
        return f"Told({self.epoch})"


def recipe(observer: Observer | None, **changes: Any) -> FineTune:
    given = {"epochs": 4, "batch_size": 16, "patience": 4, "learning_rate": 1e-2, "dropout": 0.0}
    return FineTune(**{**given, "observer": observer, **changes})


def fit(world, observer: Observer | None, folder: str, **context: Any) -> Any:
    events: list[Any] = []
    tasks, fold = world.pick(*TASKS)
    told = Context(seed=3, encoder=folder, threads=1, emit=events.append, **context)
    return recipe(observer).fit(tasks, fold, told), events


def run(world, tiny, observer: Observer) -> Run:
    torch.manual_seed(0)
    tiny.freeze(0)
    heads = {name: head_for(world.tasks[name], tiny.dim) for name in TASKS}
    for name, head in heads.items():
        head.fit(world.fold.train[world.tasks[name].table].targets[name])
    _, fold = world.pick(*TASKS)
    return Run(NeuralPart(tiny, heads), fold, Context(), recipe(observer))


def epoch(one: Run, mean: float) -> None:
    """One epoch that dev is made to say `mean` of."""
    losses = one.epoch()
    one.step(mean, dict.fromkeys(TASKS, 1 - mean))
    one.progress.lines.append({"event": "epoch", "loss": losses})
    one.adapting.look()


def test_a_stop_ends_the_training_and_is_told_with_its_reason(world, tiny_folder) -> None:
    part, events = fit(world, Told(Change("dev says 1: stopped", stop=True), 2), tiny_folder)
    assert [event["epoch"] for event in events if event["event"] == "epoch"] == [1, 2]
    notes = [event["text"] for event in events if event["event"] == "note"]
    assert "After epoch 2: dev says 1: stopped" in notes
    assert part.passes["intent"] > 0


@pytest.mark.slow
def test_an_observer_that_changes_nothing_changes_nothing(world, tiny_folder) -> None:
    quiet, _ = fit(world, Told(Change(""), 99), tiny_folder)
    plain, _ = fit(world, None, tiny_folder)
    assert quiet.encoder.digest() == plain.encoder.digest()


def test_rates_are_lowered(world, tiny) -> None:
    one = run(world, tiny, Told(Change("1", rate=0.25)))
    epoch(one, 0.5)
    one.update(one._batches(1)[0], one.steps_an_epoch)
    steps = one.settings.epochs * one.steps_an_epoch
    expected = 0.25 * one.settings.rate(one.steps_an_epoch, steps)
    for group in one.optimiser.param_groups:
        assert group["lr"] == pytest.approx(group["highest"] * expected)


def test_a_loss_counts_for_more(world, tiny) -> None:
    one = run(world, tiny, Told(Change("1", weights={"grade": 2.0})))
    one.part.encoder.eval()
    batch = next(b for b in one._batches(0) if b[0][0] == "notes")
    before = one.batch_losses(batch)[0]
    one.adapting.changes.append((0, Change("1", weights={"grade": 2.0})))
    after = one.batch_losses(batch)[0]
    assert after["grade"].item() == pytest.approx(2 * before["grade"].item())
    assert after["about"].item() == before["about"].item()


@pytest.mark.slow
def test_a_table_whose_tasks_are_all_dropped_is_read_no_more(world, tiny) -> None:
    one = run(world, tiny, Told(Change("1", weights={"grade": 0.0, "about": 0.0})))
    rows = sum(len(rows) for batch in one._batches(0) for table, rows in batch if table == "notes")
    epoch(one, 0.5)
    assert {table for batch in one._batches(1) for table, _ in batch} == {"talk"}
    epoch(one, 0.6)
    one.finish()
    assert one.part.passes["grade"] == pytest.approx(rows / len(one.tables["notes"]), abs=0.01)


def test_going_back_takes_the_best_numbers_and_fresh_moments(world, tiny) -> None:
    one = run(world, tiny, Told(Change("1", back=True), 2))
    epoch(one, 0.9)
    best = [tensor.clone() for tensor in one.kept]
    epoch(one, 0.1)
    assert all(torch.equal(old, new) for old, new in zip(best, one.kept, strict=True))
    assert not one.optimiser.state


def test_thaw_opens_layers_as_dev_stands_still(world, tiny) -> None:
    one = run(world, tiny, Thaw(first=1, layers=1, gain=0.01))

    def open_layers() -> int:
        return sum(any(p.requires_grad for p in s.parameters()) for s in tiny.strata())

    epoch(one, 0.5)
    assert open_layers() == 1
    epoch(one, 0.5)
    epoch(one, 0.5)
    assert open_layers() == 2


OBSERVERS = [
    Told(Change("1", rate=0.3, weights={"grade": 2.0})),
    Told(Change("1", rate=0.3, back=True), 2),
    DropTask(patience=1),
    Thaw(first=1, layers=1, gain=0.5),
]


class Killed(Exception):  # noqa: N818 — no error: it stands for a kill
    """The process is gone."""


@pytest.mark.slow
@pytest.mark.parametrize("observer", OBSERVERS, ids=repr)
def test_a_resumed_training_takes_the_same_turns(
    world, tiny_folder, tmp_path: Path, observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    whole, events = fit(world, observer, tiny_folder)
    tasks, fold = world.pick(*TASKS)

    def dying(event: Any) -> None:
        if event["event"] == "epoch" and event["epoch"] == 4:
            raise Killed

    given: dict[str, Any] = {"seed": 3, "encoder": tiny_folder, "threads": 1}
    with pytest.raises(Killed):
        recipe(observer).fit(tasks, fold, Context(**given, checkpoint=tmp_path, emit=dying))
    resumed, later = fit(world, observer, tiny_folder, checkpoint=tmp_path)
    assert any(event.pop("again", False) for event in later)
    assert [{k: v for k, v in event.items() if k != "again"} for event in later] == events
    assert resumed.encoder.digest() == whole.encoder.digest()
    assert any(event.get("text", "").startswith("After epoch") for event in events)
