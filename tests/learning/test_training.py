from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from polytask.learning.balancing.aggregators import ConFIG, PCGrad
from polytask.learning.balancing.equal import Equal
from polytask.learning.balancing.grad_norm import GradNorm
from polytask.learning.balancing.nash_mtl import NashMTL
from polytask.learning.balancing.scalarizers import FAMO
from polytask.learning.heads.linear_chain import LinearChain
from polytask.learning.losses.crf import CRF
from polytask.learning.losses.cross_entropy import CrossEntropy
from polytask.learning.losses.focal import Focal
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.sampling.annealed import Annealed
from polytask.learning.sampling.dev_progress import DevProgress
from polytask.learning.training import Run, train

ALL = ("intent", "slots", "score", "about", "grade")


def fresh(world, tiny, names=ALL, seed: int = 0) -> NeuralPart:
    torch.manual_seed(seed)
    tiny.freeze(0)
    heads = {name: head_for(world.tasks[name], tiny.dim) for name in names}
    for name, head in heads.items():
        head.fit(world.fold.train[world.tasks[name].table].targets[name])
    return NeuralPart(tiny, heads)


def settings(**changes) -> FineTune:
    return FineTune(**{"epochs": 2, "batch_size": 16, "dropout": 0.0, **changes})


def test_plain_empirical_risk_to_the_sixth_digit(world, tiny) -> None:
    """Proportional + Equal: the batches of an epoch, weighted by rows, are the risk by formula.

    R = 1/N sum_i sum_{t labelled on i} l_t(i) / log C_t, with the mean over tokens for tags.
    """
    part = fresh(world, tiny, ("intent", "slots", "grade"))
    _, fold = world.pick("intent", "slots", "grade")
    run = Run(part, fold, Context(), settings(temperature=1.0, balancer=Equal()))
    part.encoder.eval()
    rows = sum(len(table) for table in run.tables.values())
    found, seen = 0.0, 0
    with torch.no_grad():
        for batch in run._batches(0):
            losses, shared = run.batch_losses(batch)
            index = batch[0][1]
            found += len(index) / rows * run.weigh(losses, shared=shared).item()
            seen += len(index)
    assert seen == rows
    assert found == pytest.approx(by_formula(part, fold) / rows, rel=1e-6)


def by_formula(part: NeuralPart, fold) -> float:
    """The sum over rows and tasks, one row at a time, in numpy."""
    total = 0.0
    for rows in fold.train.values():
        for i in range(len(rows)):
            scores = part.scores(rows.inputs.take([i]), list(rows.targets))
            for name, targets in rows.targets.items():
                if targets[i] is not None:
                    total += _row(part.tasks[name].labels, scores[name][0], targets[i])
    return total


def _row(labels, scores, target) -> float:
    tags = target if isinstance(target, list) else [target]
    logits = np.atleast_2d(np.asarray(scores, dtype=np.float64))
    high = logits.max(1, keepdims=True)
    log_p = logits - high - np.log(np.exp(logits - high).sum(1, keepdims=True))
    picked = [log_p[j, labels.index(tag)] for j, tag in enumerate(tags)]
    return float(-np.mean(picked) / np.log(len(labels)))


def test_a_sparsely_labelled_task_is_raised_by_smoothing(world, tiny) -> None:
    part = fresh(world, tiny, ("intent", "slots"))
    _, fold = world.pick("intent", "slots")
    run = Run(part, fold, Context(), settings(temperature=2.0))
    assert run.tables["talk"].factors["slots"] == 1.0
    assert run.tables["talk"].factors["intent"] == pytest.approx((90 / 60) ** 0.5)


@pytest.mark.slow
def test_all_kinds_learn_together_across_tables(world, tiny) -> None:
    events = []
    part = fresh(world, tiny)
    long = settings(epochs=25, patience=25, learning_rate=3e-3)
    train(part, world.fold, Context(emit=events.append), long)
    epochs = [event for event in events if event["event"] == "epoch"]
    assert set(epochs[0]["loss"]) == set(epochs[0]["dev"]) == set(ALL)
    assert epochs[0]["epochs"] == 25
    last = epochs[-1]["loss"]
    assert all(last[name] < epochs[0]["loss"][name] for name in ALL)
    best = {name: max(event["dev"][name] for event in epochs) for name in ALL}
    assert best["intent"] > 0.9
    assert best["slots"] > 0.9
    # smoothed: the small table is seen more often than the large one
    assert part.passes["grade"] > part.passes["intent"] > 0


def test_ends_in_the_best_state_on_dev(world, tiny) -> None:
    from polytask.learning.dev import DevRows

    events = []
    part = fresh(world, tiny, ("intent", "slots"))
    _, fold = world.pick("intent", "slots")
    train(part, fold, Context(emit=events.append), settings(epochs=8, learning_rate=0.02))
    means = [np.mean(list(event["dev"].values())) for event in events if event["event"] == "epoch"]
    dev = DevRows(part, fold)
    assert dev.mean(dev.qualities()) == pytest.approx(max(means))


def test_patience_stops_a_run_that_does_not_improve(world, tiny) -> None:
    events = []
    part = fresh(world, tiny, ("intent",))
    _, fold = world.pick("intent")
    tiny_rates = {"learning_rate": 1e-12, "head_learning_rate": 1e-12}
    train(part, fold, Context(emit=events.append), settings(epochs=9, patience=2, **tiny_rates))
    assert [e["epoch"] for e in events if e["event"] == "epoch"] == [1, 2, 3]


def test_an_epoch_that_dev_cannot_judge_is_followed_by_any_that_it_can(world, tiny) -> None:
    _, fold = world.pick("intent")
    run = Run(fresh(world, tiny, ("intent",)), fold, Context(), settings(epochs=9))
    best = []
    for value in (-np.inf, -np.inf, -7.0, -np.inf, -6.0, -8.0):
        run.progress.epoch += 1
        run.step(value)
        best.append(run.progress.best_epoch)
    assert best == [1, 2, 3, 3, 5, 5]


def test_rare_labels_do_not_stop_training_before_one_half_is_reached(world, tiny) -> None:
    """At one half macro-F1 stays 0 for the first epochs, and patience would end the run."""
    events = []
    part = fresh(world, tiny, ("about",))
    torch.nn.init.constant_(part.heads["about"].linear.bias, -4.0)
    _, fold = world.pick("about")
    slow = settings(epochs=12, patience=2, learning_rate=2e-3, head_learning_rate=2e-3)
    train(part, fold, Context(emit=events.append), slow)
    shown = [event["dev"]["about"] for event in events if event["event"] == "epoch"]
    assert len(shown) > 3
    assert shown[0] > 0.0


def test_without_dev_rows_the_last_state_stays(world, tiny) -> None:
    from polytask.tasks.task import Fold

    events = []
    part = fresh(world, tiny, ("intent",))
    _, fold = world.pick("intent")
    train(part, Fold(fold.train, {}), Context(emit=events.append), settings(epochs=3))
    assert [e["dev"] for e in events if e["event"] == "epoch"] == [{}, {}, {}]


def test_the_same_seed_gives_the_same_weights(world) -> None:
    from polytask.learning.encoders.tiny import tiny_text_encoder

    digests = []
    for seed in (5, 5, 6):
        part = fresh(world, tiny_text_encoder(world.texts), ("intent",), seed)
        part.encoder.set_dropout(0.1)
        _, fold = world.pick("intent")
        train(part, fold, Context(seed=seed), settings())
        digests.append(part.encoder.digest())
    assert digests[0] == digests[1] != digests[2]


def test_frozen_layers_and_embeddings_stay_as_they_were(world, tiny) -> None:
    part = fresh(world, tiny, ("intent",))
    tiny.freeze(1)
    before = {name: value.clone() for name, value in tiny.state_dict().items()}
    _, fold = world.pick("intent")
    train(part, fold, Context(), settings())
    moved = {
        name for name, value in tiny.state_dict().items() if not torch.equal(value, before[name])
    }
    assert moved
    assert all("encoder.layer.1." in name for name in moved)


def test_losses_of_the_run_are_those_of_the_heads(world, tiny) -> None:
    part = fresh(world, tiny, ("intent",))
    _, fold = world.pick("intent")
    assert isinstance(Run(part, fold, Context(), settings()).losses["intent"], CrossEntropy)


BALANCERS = [
    PCGrad(),
    PCGrad(per_parameter=True),
    NashMTL(),
    GradNorm(),
    FAMO(),
    ConFIG(),
]


@pytest.mark.parametrize("balancer", BALANCERS, ids=repr)
def test_a_balancer_that_compares_meets_every_table_and_trains(world, tiny, balancer) -> None:
    run = Run(fresh(world, tiny), world.fold, Context(), settings(balancer=balancer))
    batch = run._batches(0)[0]
    assert [table for table, _ in batch] == list(run.tables)
    before = [tensor.detach().clone() for tensor in run.trained]
    losses = run.update(batch, 0)
    assert set(losses) == set(ALL)
    assert all(tensor.isfinite().all() for tensor in run.trained)
    moved = [not torch.equal(old, new) for old, new in zip(before, run.trained, strict=True)]
    assert sum(moved) > len(moved) / 2


def test_tables_that_lag_on_dev_are_seen_more(world, tiny) -> None:
    part = fresh(world, tiny, ("intent", "grade"))
    _, fold = world.pick("intent", "grade")
    run = Run(part, fold, Context(), settings(epochs=3, sampling=DevProgress()))

    def rows(epoch: int) -> int:
        return sum(len(i) for batch in run._batches(epoch) for t, i in batch if t == "notes")

    run.epoch()
    run.step(0.5, {"intent": 0.1, "grade": 0.9})
    assert run._when(1).gaps == [[0.1, 0.9]]
    assert rows(1) > 1.5 * rows(0)
    run.epoch()
    run.step(0.6, {"grade": 0.9})  # dev has no row of the other: it is taken for alike
    assert run._when(2).gaps[1] == [0.9, 0.9]
    run.finish()
    seen = run.part.passes["grade"] * len(run.tables["notes"])
    assert seen == pytest.approx(rows(0) + rows(1), abs=0.5)


def test_a_short_epoch_keeps_to_the_steps_of_the_schedule(world, tiny, monkeypatch) -> None:
    part = fresh(world, tiny, ("intent", "grade"))
    _, fold = world.pick("intent", "grade")
    run = Run(part, fold, Context(), settings(epochs=2, sampling=Annealed(end=9.0)))
    steps = []
    monkeypatch.setattr(run, "update", lambda _, step: steps.append(step) or {})
    run.epoch()
    run.epoch()
    assert steps == sorted(steps)
    assert 2 * run.steps_an_epoch - 2 <= steps[-1] < 2 * run.steps_an_epoch


def test_every_loss_reaches_what_the_tasks_share(world, tiny) -> None:
    run = Run(fresh(world, tiny), world.fold, Context(), settings(balancer=PCGrad()))
    losses, shared = run.batch_losses(run._batches(0)[0])
    for loss in losses.values():
        found = torch.autograd.grad(loss, shared, retain_graph=True, allow_unused=True)
        assert sum(g is not None and g.abs().sum().item() > 0 for g in found) == 1


def test_a_chosen_loss_is_for_tasks_of_its_kind(world, tiny) -> None:
    part = fresh(world, tiny)
    run = Run(part, world.fold, Context(), settings(loss=Focal(gamma=1.0)))
    kinds = {name: type(loss).__name__ for name, loss in run.losses.items()}
    assert kinds["intent"] == kinds["slots"] == kinds["grade"] == "Focal"
    assert (kinds["score"], kinds["about"]) == ("SquaredError", "BinaryCrossEntropy")


def test_a_task_has_a_loss_of_its_own_and_the_head_for_it(world, tiny) -> None:
    tags = replace(world.tasks["slots"], loss="CRF()")
    heads = {"slots": head_for(tags, tiny.dim), "intent": head_for(world.tasks["intent"], tiny.dim)}
    _, fold = world.pick("intent", "slots")
    run = Run(NeuralPart(tiny, heads), fold, Context(), settings())
    assert isinstance(heads["slots"], LinearChain)
    assert {name: type(loss).__name__ for name, loss in run.losses.items()} == {
        "intent": "CrossEntropy",
        "slots": "CRF",
    }


def test_a_loss_brings_the_head_it_needs(world) -> None:
    assert isinstance(head_for(world.tasks["slots"], 8, CRF()), LinearChain)
    assert not isinstance(head_for(world.tasks["intent"], 8, CRF()), LinearChain)
