"""What every head keeps: shapes, a loss that trains it, scores in the form `Scores` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from polytask.learning.encoders.encoder import Features
from polytask.learning.heads import BY_KIND
from polytask.learning.neural_part import head_for, linear_head
from polytask.tasks.task import KINDS

if TYPE_CHECKING:
    from polytask.learning.heads.head import Head

NAMES = ["intent", "slots", "score", "about", "grade"]


def features(rows: int = 3, tokens: int = 4, dim: int = 8) -> Features:
    mask = torch.arange(tokens)[None, :] < torch.tensor([[4], [2], [1]])[:rows]
    return Features(torch.randn(rows, dim), torch.randn(rows, tokens, dim), mask)


def made(world, name: str) -> Head:
    head = head_for(world.tasks[name], 8)
    head.fit(world.fold.train[world.tasks[name].table].targets[name])
    return head.eval()


def test_every_kind_has_a_head() -> None:
    assert set(BY_KIND) == set(KINDS)


@pytest.mark.parametrize("name", NAMES)
def test_scores_have_one_entry_a_row(world, name: str) -> None:
    head, given = made(world, name), features()
    scores = head.scores(head(given), given.mask)
    assert len(scores) == 3
    if name == "slots":
        assert [row.shape for row in scores] == [(4, 2), (2, 2), (1, 2)]
    elif name == "score":
        assert scores.shape == (3,)
    else:
        assert scores.shape == (3, len(world.tasks[name].labels))


@pytest.mark.parametrize("name", NAMES)
def test_its_loss_learns_a_few_rows_by_heart(world, name: str) -> None:
    head, given = made(world, name), features()
    rows = world.fold.train[world.tasks[name].table].targets[name]
    targets = [t for t in rows if t is not None][:3]
    encoded = head.encode(targets)
    if name == "slots":
        target = torch.full((3, 4), -100)
        for i, tags in enumerate(encoded):
            target[i, : min(4, len(tags))] = torch.as_tensor(tags[:4])
    else:
        target = torch.as_tensor(np.stack(encoded))
    optimiser = torch.optim.Adam(head.parameters(), lr=0.1)
    first = head.loss()(head(given), target).mean().item()
    for _ in range(60):
        optimiser.zero_grad()
        loss = head.loss()(head(given), target).mean()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.6 * first


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_target_is_skipped_by_the_loss(world, name: str) -> None:
    head, given = made(world, name), features(rows=1)
    (encoded,) = head.encode([None])
    if name == "slots":
        encoded = np.full(4, -100)
    assert head.loss()(head(given), torch.as_tensor(encoded)[None]).item() == 0.0


@pytest.mark.parametrize("name", NAMES)
def test_linear_head_computes_weight_times_features_plus_bias(world, name: str) -> None:
    task = world.tasks[name]
    out = max(1, len(task.labels))
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(out, 8)), rng.normal(size=out)
    head, given = linear_head(task, weight, bias), features()
    scores = head.scores(head(given), given.mask)
    if name == "slots":
        expected = given.tokens[1, :2].numpy() @ weight.T + bias
        assert np.allclose(scores[1], expected, atol=1e-5)
    else:
        expected = given.vector.numpy() @ weight.T + bias
        assert np.allclose(scores, expected[:, 0] if name == "score" else expected, atol=1e-5)
