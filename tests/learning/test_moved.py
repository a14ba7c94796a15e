"""What moved between tasks: gradients against autograd by hand, and no trace on the training."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from polytask.learning import training
from polytask.learning.moved import LOOKS, Start, pulls
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.training import Run, train
from polytask.learning.transfer.bottleneck import Bottleneck

SETTINGS = FineTune(epochs=1, batch_size=16)


def fresh(world, tiny, *names: str) -> NeuralPart:
    torch.manual_seed(0)
    tiny.freeze(0)
    heads = {name: head_for(world.tasks[name], tiny.dim) for name in names}
    for name, head in heads.items():
        head.fit(world.fold.train[world.tasks[name].table].targets[name])
    return NeuralPart(tiny, heads)


def test_cosines_and_lengths_are_those_of_the_gradients(world, tiny):
    part = fresh(world, tiny, "intent", "score")
    run = Run(part, world.pick("intent", "score")[1], Context(), SETTINGS)
    batches = run._batches(0)
    found = pulls(run, batches)
    shared = [number for number in part.encoder.parameters() if number.requires_grad]
    sums = {"intent": 0, "score": 0}
    for [(table, index)] in batches[:LOOKS]:
        features = part.encoder(run.collated(table, index))
        for task, head in part.heads.items():
            given = world.fold.train[table].targets[task]
            target = torch.as_tensor(np.stack(head.encode([given[i] for i in index])))
            loss = run.losses[task](head(features), target).mean()
            grads = torch.autograd.grad(loss, shared, retain_graph=True, allow_unused=True)
            flat = [torch.zeros_like(p) if g is None else g for g, p in zip(grads, shared)]  # noqa: B905
            sums[task] = sums[task] + torch.cat([each.flatten() for each in flat])
    cosine = torch.cosine_similarity(sums["intent"], sums["score"], dim=0).item()
    assert found["cosines"] == {"intent": {"score": pytest.approx(cosine, abs=0.02)}}
    assert found["norms"]["intent"] == pytest.approx(sums["intent"].norm().item(), rel=0.02)


def test_the_first_batches_of_every_table_are_looked_at(world, tiny):
    names = ("intent", "slots", "grade")
    run = Run(fresh(world, tiny, *names), world.pick(*names)[1], Context(), SETTINGS)
    assert set(pulls(run, run._batches(0))["norms"]) == set(names)


def test_tasks_that_share_no_trained_number_do_not_pull(world, tiny):
    part = fresh(world, tiny, "intent", "score")
    part.encoder.requires_grad_(False)
    fold = world.pick("intent", "score")[1]
    run = Run(part, fold, Context(), SETTINGS)
    assert pulls(run, run._batches(0)) == {}
    part.encoder.requires_grad_(True)
    Bottleneck(width=4).put(part.encoder, ["intent", "score"])
    run = Run(part, fold, Context(), FineTune(transfer=Bottleneck(width=4)))
    assert pulls(run, run._batches(0)) == {}


def test_training_notes_what_moved_and_ends_as_without(world, tiny, monkeypatch):
    other = copy.deepcopy(tiny)
    part = fresh(world, tiny, "intent", "score")
    before = Start(part.encoder)
    fold = world.pick("intent", "score")[1]
    train(part, fold, Context(), SETTINGS)
    assert part.moved["layers"] == before.changes()
    embeddings, *layers = part.moved["layers"]
    assert embeddings == 0 < min(layers), "the recipe leaves the embeddings as they are"
    monkeypatch.setattr(training, "pulls", lambda *_: {})
    plain = fresh(world, other, "intent", "score")
    train(plain, fold, Context(), SETTINGS)
    assert set(plain.moved) == {"layers"}
    for (name, one), two in zip(
        part.encoder.state_dict().items(), plain.encoder.state_dict().values(), strict=True
    ):
        assert torch.equal(one, two), name


def test_a_task_alone_has_no_company(world, tiny):
    part = fresh(world, tiny, "intent")
    train(part, world.pick("intent")[1], Context(), SETTINGS)
    assert part.moved == {}
