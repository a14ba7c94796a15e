"""What moved between tasks: gradients against autograd by hand, and no trace on the training."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from polytask.learning import moved, training
from polytask.learning.moved import LOOKS, Gradients, Start, foretell, pulls
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


def flat_losses(run, batch) -> tuple[dict, dict]:
    """By task the gradient at the shared numbers of its mean loss on `batch`, and that loss."""
    part = run.part
    shared = [number for number in part.encoder.parameters() if number.requires_grad]
    gradients, losses = {}, {}
    for module in (part.encoder, *part.heads.values()):
        module.eval()
    for table, index in batch:
        features = part.encoder(run.collated(table, index))
        for task in run.tables[table].factors:
            targets = run.tables[table].targets[task]
            target = torch.as_tensor(np.stack([targets[i] for i in index]))
            loss = run.losses[task](part.heads[task](features), target).mean()
            found = torch.autograd.grad(loss, shared, retain_graph=True, allow_unused=True)
            flat = [torch.zeros_like(p) if g is None else g for g, p in zip(found, shared)]  # noqa: B905
            gradients[task] = torch.cat([each.flatten() for each in flat])
            losses[task] = float(loss.detach())
    return gradients, losses


def test_affinity_is_the_share_of_a_loss_that_a_small_step_takes(world, tiny):
    """Held against the step itself: a plain gradient step along the loss of the one task."""
    part = fresh(world, tiny, "intent", "score")
    rate = 1e-3
    run = Run(part, world.pick("intent", "score")[1], Context(), FineTune(learning_rate=rate))
    batch = run._batches(0)[0]
    foretell(run, [batch])
    (told,) = run.progress.looks
    gradients, losses = flat_losses(run, batch)
    for one, two in (("intent", "score"), ("score", "intent")):
        by_hand = rate * float(gradients[one] @ gradients[two]) / losses[two]
        assert told[one][two] == pytest.approx(by_hand, rel=0.03, abs=1e-7)
    shared = [number for number in part.encoder.parameters() if number.requires_grad]
    with torch.no_grad():
        vector = torch.nn.utils.parameters_to_vector(shared)
        torch.nn.utils.vector_to_parameters(vector - rate * gradients["intent"], shared)
    after = flat_losses(run, batch)[1]
    assert told["intent"]["score"] == pytest.approx(1 - after["score"] / losses["score"], rel=0.1)


def test_batches_count_as_their_mean_and_losses_that_vanish_tell_nothing():
    found = Gradients()
    for _ in range(2):
        found.add("a", torch.tensor([2.0, 0.0]), 1.0)
    found.add("b", torch.tensor([-1.0, 8.0]), 4.0)
    found.add("c", torch.tensor([1.0, 1.0]), 0.0)
    assert found.affinities(0.5) == {
        "a": {"b": 0.5 * -2 / 4},
        "b": {"a": 0.5 * -2 / 1},
        "c": {"a": 0.5 * 2 / 1, "b": 0.5 * 7 / 4},
    }
    assert found.norms()["a"] == 4.0
    assert found.cosines()["a"]["b"] == pytest.approx(-4 / (4 * 65**0.5), abs=1e-4)
    assert Gradients().affinities(1.0) == Gradients().cosines() == {}


def test_long_gradients_are_multiplied_piece_by_piece(monkeypatch):
    monkeypatch.setattr(moved, "_PIECE", 2)
    found = Gradients()
    found.add("a", torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]), 1.0)
    found.add("b", torch.tensor([1.0, 1.0, 1.0, 1.0, -1.0]), 2.0)
    assert found.affinities(1.0) == {"a": {"b": 2.5}, "b": {"a": 5.0}}


def test_looks_are_taken_during_training_and_never_more_than_their_number(world, tiny, monkeypatch):
    counts = []
    taken = moved._gradients
    monkeypatch.setattr(
        moved, "_gradients", lambda run, b, n, *short: counts.append(n) or taken(run, b, n, *short)
    )
    part = fresh(world, tiny, "intent", "score")
    fold = world.pick("intent", "score")[1]
    train(part, fold, Context(), FineTune(epochs=6, batch_size=16, patience=6))
    assert counts == [1, 1, 1, 1]
    counts.clear()
    train(fresh(world, tiny, "intent", "score"), fold, Context(), FineTune(epochs=2, batch_size=16))
    assert counts == [1, LOOKS - 1]
    for told in ("affinity", "projected"):
        assert {one: set(others) for one, others in part.moved[told].items()} == {
            "intent": {"score"},
            "score": {"intent"},
        }


def test_looks_change_nothing_of_a_training(world, tiny, monkeypatch):
    settings = FineTune(epochs=3, batch_size=16, patience=3)
    names = ("intent", "slots", "grade")
    other = copy.deepcopy(tiny)
    part = fresh(world, tiny, *names)
    train(part, world.pick(*names)[1], Context(), settings)
    monkeypatch.setattr(training, "foretell", lambda *_: None)
    monkeypatch.setattr(training, "pulls", lambda *_: {})
    plain = fresh(world, other, *names)
    train(plain, world.pick(*names)[1], Context(), settings)
    for (name, one), two in zip(
        part.encoder.state_dict().items(), plain.encoder.state_dict().values(), strict=True
    ):
        assert torch.equal(one, two), name
    assert set(part.moved["affinity"]) == set(names)
