from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from polytask.learning.dev import DevRows, findings
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.tasks.task import Fold, Inputs, Rows


def constant(world, tiny, *names: str, label: int = 0) -> tuple[NeuralPart, DevRows]:
    """A part that always answers the same."""
    heads = {name: head_for(world.tasks[name], tiny.dim) for name in names}
    for head in heads.values():
        torch.nn.init.zeros_(head.linear.weight)
        if head.linear.bias is None:  # ordinal
            continue
        torch.nn.init.zeros_(head.linear.bias)
        if len(head.linear.bias) > 1:
            torch.nn.init.constant_(head.linear.bias[label : label + 1], 5.0)
    part = NeuralPart(tiny, heads)
    return part, DevRows(part, world.pick(*names)[1])


def test_metrics_are_those_of_the_labelled_dev_rows(world, tiny) -> None:
    _, dev = constant(world, tiny, "intent", "slots", label=1)
    targets = [t for t in world.fold.dev["talk"].targets["intent"] if t is not None]
    found = dev.qualities()
    assert found["intent"] == pytest.approx(np.mean([t == "table" for t in targets]))
    assert found["slots"] == 0.0
    assert dev.mean(found) == pytest.approx(found["intent"] / 2)
    assert dev.metrics(found) == found


def measured_by(world, name: str, metric: str):
    """The world with another primary metric of one task."""
    task = replace(world.tasks[name], metric=metric)
    return replace(world, tasks={**world.tasks, name: task})


@pytest.mark.parametrize(
    ("name", "metric"), [("score", "mae"), ("score", "rmse"), ("grade", "mae")]
)
def test_errors_are_shown_in_their_unit_and_count_in_deviations(
    world, tiny, name: str, metric: str
) -> None:
    other = measured_by(world, name, metric)
    _, dev = constant(other, tiny, name, "intent")
    targets = world.fold.dev[other.tasks[name].table].targets[name]
    deviation = np.std([float(target) for target in targets])
    assert dev.metrics({name: -3.0}) == {name: 3.0}
    assert dev.mean({name: -3.0, "intent": 0.5}) == pytest.approx((0.5 - 3.0 / deviation) / 2)


def test_labels_count_with_fitted_thresholds(world, tiny, monkeypatch) -> None:
    """Rare labels stay below one half for epochs, though their order is right."""
    part, dev = constant(world, tiny, "about")
    fold = world.pick("about")[1]
    labels, rows = world.tasks["about"].labels, fold.dev["notes"].targets["about"]
    logits = np.array([[-1.0 if label in row else -4.0 for label in labels] for row in rows])

    def scores(prepared, names) -> dict[str, np.ndarray]:
        return {name: np.resize(logits, (len(prepared.items), len(labels))) for name in names}

    monkeypatch.setattr(part, "prepared_scores", scores)
    assert dev.qualities() == {"about": 1.0}
    notes = findings(part, fold, dev, [0.5], 1)
    assert not [note for note in notes if "never predicted" in note]


def test_an_undefined_metric_is_the_worst_and_not_shown(world, tiny) -> None:
    _, dev = constant(measured_by(world, "score", "pearson"), tiny, "score", "intent")
    found = dev.qualities()  # the correlation of a constant answer
    assert found["score"] == -np.inf == dev.mean(found)
    assert list(dev.metrics(found)) == ["intent"]


def test_an_error_that_is_no_number_is_the_worst(world, tiny) -> None:
    part, dev = constant(measured_by(world, "score", "mae"), tiny, "score")
    torch.nn.init.constant_(part.heads["score"].linear.bias, float("nan"))
    assert dev.mean(dev.qualities()) == -np.inf


def test_a_metric_that_no_answer_can_define_is_left_out(world, tiny) -> None:
    part, _ = constant(measured_by(world, "score", "pearson"), tiny, "score", "intent")
    fold = world.pick("score", "intent")[1]
    rows = fold.dev["talk"]
    same = replace(rows, targets={**rows.targets, "score": [1.0] * len(rows)})
    dev = DevRows(part, Fold(fold.train, {"talk": same}))
    found = dev.qualities()
    assert dev.mean(found) == found["intent"]
    assert dev.mean({"score": found["score"]}) is None


def test_no_dev_rows_give_no_mean(world, tiny) -> None:
    _, dev = constant(world, tiny, "intent")
    assert dev.mean({}) is None


def test_classes_that_are_never_predicted_are_named(world, tiny) -> None:
    part, dev = constant(world, tiny, "intent")
    notes = findings(part, world.pick("intent")[1], dev, [0.5], 1)
    silent = [note for note in notes if "never predicted" in note]
    assert silent == ["intent: 2 of 3 classes are never predicted on dev ('rating', 'table')"]


def test_still_improving_is_said_only_when_it_is(world, tiny) -> None:
    part, dev = constant(world, tiny, "slots", label=1)
    fold = world.pick("slots")[1]
    text = "Dev still gained 20.0 points in the last epoch: more epochs may help"
    assert text in findings(part, fold, dev, [0.5, 0.7], 2)
    for history, epochs in (
        ([0.7, 0.7], 2),
        ([0.5, 0.7], 3),
        ([0.5], 1),
        ([0.7, 0.5], 2),
        ([-np.inf, 0.5], 2),
    ):
        assert not [n for n in findings(part, fold, dev, history, epochs) if "gained" in n]


def test_a_train_score_below_the_floor_is_told(world, tiny) -> None:
    part, dev = constant(world, tiny, "score")
    part.heads["score"].mean.fill_(500.0)
    notes = findings(part, world.pick("score")[1], dev, [0.0], 1)
    assert "score: even on training rows r2 is -" in notes[0]
    assert "of an answer that ignores the input" in notes[0]


def test_rows_sorted_by_class_are_judged_by_all_classes(world, tiny) -> None:
    """Of the first 300 rows alone the floor would be right in all of them."""
    part, dev = constant(world, tiny, "intent", label=1)
    column = world.tasks["intent"].inputs[0]
    targets = ["music"] * 301 + ["table"] * 320
    inputs = Inputs((column,), {"tokens": [["play"]] * len(targets)})
    rows = Rows(inputs, {"intent": targets}, np.arange(len(targets)))
    notes = findings(part, Fold({"talk": rows}, {}), dev, [0.5], 1)
    assert not [note for note in notes if "even on training rows" in note]
