from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from polytask.learning.dev import DevRows, findings
from polytask.learning.neural_part import NeuralPart, head_for


def constant(world, tiny, *names: str, label: int = 0) -> tuple[NeuralPart, DevRows]:
    """A part that always answers the same."""
    heads = {name: head_for(world.tasks[name], tiny.dim) for name in names}
    for head in heads.values():
        torch.nn.init.zeros_(head.linear.weight)
        torch.nn.init.zeros_(head.linear.bias)
        if len(head.linear.bias) > 1:
            torch.nn.init.constant_(head.linear.bias[label : label + 1], 5.0)
    part = NeuralPart(tiny, heads)
    return part, DevRows(part, world.pick(*names)[1])


def test_metrics_are_those_of_the_labelled_dev_rows(world, tiny) -> None:
    _, dev = constant(world, tiny, "intent", "slots", label=1)
    targets = [t for t in world.fold.dev["talk"].targets["intent"] if t is not None]
    found = dev.metrics()
    assert found["intent"] == pytest.approx(np.mean([t == "table" for t in targets]))
    assert found["slots"] == 0.0
    assert dev.mean(found) == pytest.approx(found["intent"] / 2)


def test_errors_count_as_negative(world, tiny) -> None:
    _, dev = constant(world, tiny, "score")
    dev.part.heads["score"].task = replace(world.tasks["score"], metric="mae")
    assert dev.mean({"score": 3.0}) == -3.0


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
    for history, epochs in (([0.7, 0.7], 2), ([0.5, 0.7], 3), ([0.5], 1), ([0.7, 0.5], 2)):
        assert not [n for n in findings(part, fold, dev, history, epochs) if "gained" in n]


def test_a_train_score_below_the_floor_is_told(world, tiny) -> None:
    part, dev = constant(world, tiny, "score")
    part.heads["score"].mean.fill_(500.0)
    notes = findings(part, world.pick("score")[1], dev, [0.0], 1)
    assert "score: even on training rows r2 is -" in notes[0]
    assert "of an answer that ignores the input" in notes[0]
